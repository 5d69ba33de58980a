"""Lets the tests of this folder, and of tests/pipeline, share the small plant."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

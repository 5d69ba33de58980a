"""Numba's cache looks at the date of one file; this law makes the other files change it too."""

import hashlib
import subprocess
import sys
from pathlib import Path

from twin.core import kernel_numba

LOADED = """
import sys, twin.core.kernel_numba
print(*sorted(m.__file__ for n, m in sys.modules.items() if n.startswith('twin.core.')))
"""


def test_the_kernel_knows_the_files_it_is_compiled_from():
    """To mend: write the digest it wants into kernel_numba.SOURCES."""
    loaded = subprocess.run(
        [sys.executable, "-c", LOADED], capture_output=True, text=True, check=True
    ).stdout.split()
    others = [Path(f) for f in loaded if not f.endswith("kernel_numba.py")]
    assert len(others) > 5
    digest = hashlib.sha256(b"".join(f.read_bytes() for f in others)).hexdigest()[:16]
    assert digest == kernel_numba.SOURCES

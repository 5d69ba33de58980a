"""Settings of all tests."""

import os

# As the command does it: matrices here are small, and threads inside a product wait for each other
# wherever a computer has more to do. Read when numpy is first imported, which is later.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from hypothesis import settings

# How long an example takes is the machine's affair: `make bench` measures, tests judge.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

"""Settings of all tests."""

from hypothesis import settings

# How long an example takes is the machine's affair: `make bench` measures, tests judge.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

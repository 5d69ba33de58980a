"""A child process that ends with its parent.

By itself, so that a solver's process need not load a store's client to say so.
"""

import ctypes
import signal
import sys

__all__ = ["die_with_parent"]

PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
"""Loaded now: nothing may be loaded between fork and exec."""


def die_with_parent() -> None:
    """For a child before exec: end with SIGTERM when the parent does, however it ends (Linux)."""
    if _LIBC is not None:
        _LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)

"""How often a password may be guessed: counted a name and an address, and an address alone.

Kept in this process: a restart forgets, and with w web processes a guesser has w times as many.
Source: OWASP ASVS 4.0.3, 2.2.1 (at most 100 failed attempts an hour on one account).
"""

import threading
import time
from collections.abc import Callable
from math import ceil

__all__ = ["Attempts"]

WINDOW_S = 300.0
MOST = 5
"""Failures of one name from one address within the window: 60 an hour."""
MOST_OF_ADDRESS = 50
KEYS_MOST = 10_000


class Attempts:
    """Failures of the last minutes by key; memory stays bounded."""

    def __init__(self, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._clock_s = clock_s
        self._lock = threading.Lock()
        self._failed: dict[tuple[str, ...], list[float]] = {}

    def wait_s(self, name: str, address: str) -> int:
        """Seconds until another attempt is allowed; 0: now."""
        limits = {(name, address): MOST, (address,): MOST_OF_ADDRESS}
        with self._lock:
            return max(self._wait_s(key, most) for key, most in limits.items())

    def fail(self, name: str, address: str) -> None:
        """Note a failure."""
        now_s = self._clock_s()
        with self._lock:
            if len(self._failed) >= KEYS_MOST:
                self._failed = {k: v for k, v in self._failed.items() if now_s - v[-1] < WINDOW_S}
            while len(self._failed) >= KEYS_MOST:
                self._failed.pop(next(iter(self._failed)))
            for key in ((name, address), (address,)):
                self._failed.setdefault(key, []).append(now_s)
                del self._failed[key][:-MOST_OF_ADDRESS]

    def succeed(self, name: str, address: str) -> None:
        """Forget the failures of whoever has signed in."""
        with self._lock:
            self._failed.pop((name, address), None)

    def _wait_s(self, key: tuple[str, ...], most: int) -> int:
        since_s = self._clock_s() - WINDOW_S
        recent = [at_s for at_s in self._failed.get(key, ()) if at_s > since_s]
        return ceil(recent[-most] - since_s) if len(recent) >= most else 0

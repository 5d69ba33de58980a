"""Who is let in: nobody, everybody on this computer, or those who have signed in.

Users are read at most once a second for all requests of this process, so that a user removed or a
password changed ends sessions within that second; a store that is silent changes nothing.
"""

import threading
import time
from collections.abc import Callable, Mapping
from typing import Literal
from urllib.parse import urlsplit

from flask import Request

from twin.config import LOOPBACK
from twin.errors import StoreError
from twin.pipeline.people import User, list_users, user_key
from twin.stores.base import Store

__all__ = ["Door", "Mode"]

FRESH_S = 1.0
FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host")
"""Their presence shows a proxy: whoever asks need not be on this computer."""

Mode = Literal["open", "closed", "sign-in"]


class Door:
    """What the store says about users, and what follows for a request."""

    def __init__(
        self, store: Store, is_local: bool, clock_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._store, self._is_local, self._clock_s = store, is_local, clock_s
        self._lock = threading.Lock()
        self._users: Mapping[str, User] | None = None
        self._read_s = -FRESH_S

    def users(self) -> Mapping[str, User]:
        """Everybody who may sign in, at most a second old. Raises StoreError before it ever was
        read. One request waits for a store that is slow; all others take what is known."""
        known = self._users
        if not self._lock.acquire(blocking=known is None):
            return known or {}
        try:
            if self._users is None or self._clock_s() - self._read_s >= FRESH_S:
                self._read()
            return self._users or {}
        finally:
            self._lock.release()

    def mode(self, asked: Request) -> Mode:
        """Without users only those at this very computer come in. Raises StoreError."""
        if self.users():
            return "sign-in"
        return "open" if self._is_local and _is_here(asked) else "closed"

    def user_of(self, session_id: str | None) -> User | None:
        """The user of a session that has not ended. Raises StoreError."""
        key, _, generation = (session_id or "").rpartition(":")
        user = self.users().get(key)
        return user if user is not None and str(user.generation) == generation else None

    def forget(self) -> None:
        """Read anew with the next question."""
        with self._lock:
            self._read_s = -FRESH_S

    def _read(self) -> None:
        try:
            self._users = {user_key(user.name): user for user in list_users(self._store)}
        except StoreError:
            if self._users is None:
                raise
        self._read_s = self._clock_s()


def _is_here(asked: Request) -> bool:
    """Asked for under a loopback name, and not by way of a proxy."""
    name = urlsplit(f"//{asked.host}").hostname
    return name in LOOPBACK and not any(header in asked.headers for header in FORWARDED)

"""Links of wall displays: signed, read-only, revocable, good for as long as the store's secret.

A link names a display and a generation. What the store holds is read at most once a second for
all displays of this process; a store that does not answer revokes nothing.
"""

import logging
import threading
import time
from collections.abc import Callable
from typing import NamedTuple

from itsdangerous import BadData, URLSafeSerializer

from dashboard.access.secret import secret_key
from twin.errors import SchemaError, StoreError
from twin.kiosk import KIND, Kiosk, kiosk_of
from twin.stores.base import Store

__all__ = ["Kiosks", "Opened"]

FRESH_S = 1.0
SEEN_KIND = "kiosks_seen"
SEEN_EVERY_S = 30.0

log = logging.getLogger(__name__)


class Opened(NamedTuple):
    """What a link leads to. kiosk None: to nothing; is_revoked: to something once."""

    kiosk: Kiosk | None
    is_revoked: bool = False


class Kiosks:
    """The displays of a store, and the links that open them."""

    def __init__(self, store: Store, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._store, self._clock_s = store, clock_s
        self._lock = threading.Lock()
        self._signer: URLSafeSerializer | None = None
        self._known: dict[str, Kiosk] | None = None
        self._read_s = -FRESH_S
        self._noted_s: dict[str, float] = {}

    def all(self) -> dict[str, Kiosk]:
        """Every display by id, at most a second old. Raises StoreError.

        One request waits for a store that is slow; once they are known, all others take that.
        """
        known = self._known
        if not self._lock.acquire(blocking=known is None):
            return known or {}
        try:
            if self._clock_s() - self._read_s >= FRESH_S:
                self._read_s = self._clock_s()  # a silent store is asked no more often either
                self._known = self._read()
            if self._known is None:
                raise StoreError("store: displays could not be read yet")
            return self._known
        finally:
            self._lock.release()

    def _read(self) -> dict[str, Kiosk]:
        found = {}
        for name, text in self._store.documents(KIND).items():
            try:
                found[name] = kiosk_of(text)
            except SchemaError as error:
                log.warning("display %s is left out: %s", name, error)
        return found

    def token(self, kiosk: Kiosk) -> str:
        """The secret part of the display's address. Raises StoreError."""
        return str(self._signing().dumps([kiosk.id, kiosk.generation]))

    def open(self, token: str) -> Opened:
        """What a link leads to now. Raises StoreError."""
        try:
            kiosk_id, generation = self._signing().loads(token)
        except (BadData, TypeError, ValueError):
            return Opened(None)
        opened = _judged(self.all().get(kiosk_id), generation)
        if opened.is_revoked:  # a link made a moment ago is not known yet
            with self._lock:
                self._read_s = self._clock_s() - FRESH_S
            opened = _judged(self.all().get(kiosk_id), generation)
        return opened

    def is_open(self, token: str) -> bool:
        """Whether a display that is running may go on; while the store is silent, it may."""
        try:
            opened = self.open(token)
        except StoreError:
            return True
        return opened.kiosk is not None and not opened.is_revoked

    def note_seen(self, kiosk_id: str, wall_us: int) -> None:
        """Remember that the display shows something now; written twice a minute at most."""
        now_s = self._clock_s()
        if now_s - self._noted_s.get(kiosk_id, -SEEN_EVERY_S) < SEEN_EVERY_S:
            return
        self._noted_s[kiosk_id] = now_s
        try:
            self._store.set_documents(SEEN_KIND, {kiosk_id: str(wall_us).encode()})
        except StoreError as error:
            log.warning("display %s: when it was seen is not kept: %s", kiosk_id, error)

    def seen(self) -> dict[str, int]:
        """Display id → when it last showed something, µs UTC. Raises StoreError."""
        return {name: int(text) for name, text in self._store.documents(SEEN_KIND).items()}

    def _signing(self) -> URLSafeSerializer:
        if self._signer is None:
            self._signer = URLSafeSerializer(secret_key(self._store), salt="kiosk")
        return self._signer


def _judged(kiosk: Kiosk | None, generation: int) -> Opened:
    is_old = kiosk is None or kiosk.is_revoked or kiosk.generation != generation
    return Opened(kiosk, is_revoked=is_old)

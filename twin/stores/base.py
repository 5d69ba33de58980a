"""What the twin asks of a store, in plain verbs, and the records that cross this edge.

Synchronous. Every backend keeps the same laws (tests/contract). Stream ids are bytes b"ms-seq" in
the order of appending; `stream_id` makes them comparable. A store that cannot be reached, is of
another format or no longer leased to the caller answers with StoreError.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from twin.errors import StoreError
from twin.types import Clock, Event

__all__ = [
    "ACTIONS_MAX",
    "EVENTS_MAX",
    "FIRST_ID",
    "FORECASTS_MAX",
    "FORMAT_VERSION",
    "KPIS_MAX",
    "OVERVIEW_CHUNKS",
    "READ_MAX",
    "REJECTED_MAX",
    "Checkpoint",
    "Chunk",
    "Commit",
    "DeskCommit",
    "Documents",
    "Entry",
    "Info",
    "Lag",
    "Lease",
    "LeaseLostError",
    "Run",
    "Seal",
    "Span",
    "StaleError",
    "Store",
    "WireEntry",
    "check_format",
    "format_text",
    "stream_id",
]

FORMAT_VERSION = 1
READ_MAX = 1000
"""Entries a read returns at most: larger replies cost the server more than they save."""
FIRST_ID = b"0-0"
EVENTS_MAX = 100_000
REJECTED_MAX = 10_000
OVERVIEW_CHUNKS = 256
"""Chunks whose overviews are kept and dropped as one block."""
KPIS_MAX = 10_080
"""A week of minutes."""
ACTIONS_MAX = 1_000_000
FORECASTS_MAX = 100_000
"""Records kept a partition."""

WireEntry = Sequence[bytes]
"""Fields of a stream entry, flat: name, value, name, value, …"""
Entry = tuple[bytes, list[bytes] | None]
"""Stream id and flat fields; None where the entry was trimmed after it had been delivered."""


class LeaseLostError(StoreError):
    """Another worker owns the partition now: what this one has computed must not be written."""


class StaleError(StoreError):
    """Somebody else wrote meanwhile: what was worked out from the old state was not written."""


class Lease(NamedTuple):
    """Ownership of a partition; the token is unique to each time it was taken."""

    partition: int
    token: str


class Run(NamedTuple):
    """Bytes to be written at an offset of a class's packed rows; whole: they replace all."""

    class_id: str
    offset: int
    data: bytes | memoryview
    whole: bool = False


class Commit(NamedTuple):
    """One batch's outcome, written all or not at all."""

    last_id: bytes
    meta: Mapping[str, str]
    """Catalogue version, model versions, formats: text, merged into the checkpoint's."""
    state: Sequence[Run]
    view: Sequence[Run]
    events: Sequence[Event] = ()
    forecasts: Sequence[bytes] = ()
    counters: Mapping[str, int] = {}
    rejects: Sequence[Mapping[str, bytes]] = ()


Documents = Mapping[str, bytes | None]
"""Name → JSON; None: gone."""


class DeskCommit(NamedTuple):
    """What follows from actions and events, written all or not at all."""

    documents: Mapping[str, Documents]
    """Kind → documents that changed."""
    expected: tuple[str, str, bytes | None]
    """Kind and name of the document that holds the position, and its text when this was begun."""
    events: Sequence[Event] = ()
    entries: Mapping[int, Sequence[WireEntry]] = {}
    """For partitions' streams: machines that begin anew."""


class Checkpoint(NamedTuple):
    """Beliefs (packed rows a class) and the last stream id that they include."""

    last_id: bytes
    meta: dict[str, str]
    state: dict[str, bytes]
    view: dict[str, bytes]


class Span(NamedTuple):
    """When a chunk's rows were: µs, inclusive."""

    number: int
    start: int
    end: int


class Chunk(NamedTuple):
    """A piece of a machine's history: times of its rows (µs, inclusive) and its packed columns."""

    machine_id: str
    number: int
    start: int
    end: int
    blob: bytes
    overview: bytes = b""
    """Summary of its rows (overviewcodec), appended to what is kept for wide views."""


class Seal(NamedTuple):
    """History up to last_id is in chunks; state holds the beliefs as of it, packed, a class."""

    last_id: bytes
    meta: dict[str, str]
    state: dict[str, bytes]


class Lag(NamedTuple):
    """How far the worker of a partition is behind its stream."""

    entries: int
    """Not yet applied."""
    length: int
    """Held by the stream, applied or not."""
    age_ms: int
    """Of the oldest entry not yet applied, by the store's clock; 0 if none."""


class Info(NamedTuple):
    server: str
    version: str
    memory_bytes: int
    memory_max_bytes: int
    """0: no limit."""
    persistent: bool
    time_us: int
    """The server's wall clock."""


class Store(Protocol):
    """All that is kept of a plant. `p` numbers a partition; `c` is a class id."""

    partitions: int

    # --- readings -------------------------------------------------------------------------
    def append(
        self,
        entries: Mapping[int, Sequence[WireEntry]],
        position: tuple[str, bytes] | None = None,
        counters: Mapping[str, int] | None = None,
        rejects: Sequence[Mapping[str, bytes]] = (),
        events: Sequence[Event] = (),
        state: bytes | None = None,
    ) -> None:
        """Add entries to partitions' streams; with them, at once, the source's position
        (source id, how far it was read), counts (`accepted:{source}`, …), rejects and events.
        state: what resuming takes besides, kept as the position of `{source id}.state`."""

    def position(self, source_id: str) -> bytes | None: ...

    def lease(self, p: int, owner: str, ttl_ms: int) -> Lease | None:
        """Take the partition; None while somebody else holds it."""

    def renew(self, lease: Lease, ttl_ms: int) -> None:
        """Hold on to it. Raises LeaseLostError."""

    def release(self, lease: Lease) -> None:
        """Give it back; nothing happens if it is somebody else's by now."""

    def claim(self, lease: Lease, consumer: str) -> int:
        """Take over what was delivered to dead peers and not acknowledged; how many."""

    def read_pending(self, p: int, consumer: str, after: bytes, count: int) -> list[Entry]:
        """Entries delivered to this consumer and not acknowledged, ids > after, oldest first."""

    def read_new(self, p: int, consumer: str, count: int, block_ms: int) -> list[Entry]:
        """Entries never delivered, oldest first; waits up to block_ms for the first (0: no)."""

    def ack(self, p: int, ids: Sequence[bytes]) -> None: ...

    def entries(self, p: int, after: bytes, until: bytes | None, count: int) -> list[Entry]:
        """Entries with after < id ≤ until as they lie in the stream, whoever has read them."""

    def lag(self, p: int) -> Lag: ...

    # --- what the worker keeps --------------------------------------------------------------
    def commit(self, lease: Lease, commit: Commit) -> None:
        """Write a batch's outcome in one transaction. Raises LeaseLostError: nothing is written."""

    def load_checkpoint(self, p: int) -> Checkpoint | None: ...

    def views(self, p: Sequence[int], c: Sequence[str]) -> dict[tuple[int, str], bytes]:
        """Packed view rows of every partition and class asked for, in one round trip."""

    def forecasts(self, p: int, after: bytes, count: int) -> list[tuple[bytes, bytes]]: ...

    # --- history ------------------------------------------------------------------------------
    def seal(
        self,
        lease: Lease,
        seal: Seal,
        chunks: Sequence[Chunk],
        keep_us: int,
        keep_overview_us: int | None = None,
    ) -> None:
        """Write chunks and seal, drop chunks that end before keep_us and blocks of overviews that
        end before keep_overview_us (None: keep_us), trim the stream up to the seal: one
        transaction. Raises LeaseLostError."""

    def load_seal(self, p: int) -> Seal | None: ...

    def seal_id(self, p: int) -> bytes | None:
        """Stream id up to which history is sealed, without the beliefs."""

    def chunks(self, machine_id: str, start: int, end: int) -> list[Chunk]:
        """Chunks that overlap [start, end] µs, by number."""

    def spans(self, machine_id: str) -> list[Span]:
        """Times of all chunks held, by number."""

    def numbered(self, machine_id: str, wanted: Sequence[Span]) -> list[Chunk]:
        """Chunks of these numbers, as far as they are still held, in the order asked for."""

    def overviews(self, machine_id: str, after: int = -1) -> dict[int, bytes]:
        """Joined overviews of OVERVIEW_CHUNKS chunks each, by number of the block, above `after`;
        all but the last are complete."""

    # --- the plant ----------------------------------------------------------------------------
    def clock(self) -> Clock: ...
    def set_clock(self, clock: Clock) -> None: ...
    def catalogue(self) -> bytes | None: ...

    def set_catalogue(self, text: bytes, notice: WireEntry | None = None) -> None:
        """Replace the catalogue; with it, at once, tell every partition's stream."""

    def model(self, c: str) -> bytes | None: ...
    def set_model(self, c: str, text: bytes, notice: WireEntry | None = None) -> None: ...
    def plan(self) -> bytes | None: ...
    def set_plan(self, text: bytes) -> None: ...
    def kpis(self, count: int) -> list[tuple[bytes, bytes]]: ...
    def add_kpi(self, text: bytes) -> None: ...

    # --- what happened ------------------------------------------------------------------------
    def add_events(self, events: Sequence[Event]) -> None: ...

    def events(self, after: bytes, count: int) -> list[tuple[bytes, Event]]:
        """Oldest first, ids > after."""

    def last_events(self, count: int) -> list[tuple[bytes, Event]]:
        """Newest first."""

    def rejected(self, count: int) -> list[tuple[bytes, dict[str, bytes]]]:
        """Newest first."""

    # --- what people do, and what follows from it ----------------------------------------------
    def add_action(self, text: bytes) -> bytes:
        """Keep an action (twin.actions); its id."""

    def actions(self, after: bytes, count: int) -> list[tuple[bytes, bytes]]:
        """Oldest first, ids > after."""

    def documents(self, kind: str) -> dict[str, bytes]:
        """All documents of a kind, by name."""

    def document(self, kind: str, name: str) -> bytes | None:
        """One of them; None: there is none such."""

    def set_documents(self, kind: str, changes: Documents) -> None:
        """Write or remove some documents of a kind, together."""

    def commit_desk(self, commit: DeskCommit) -> None:
        """Write a step of the desk in one transaction. Raises StaleError: nothing is written."""

    def counters(self) -> dict[str, int]: ...
    def heartbeat(self, part: str, text: bytes) -> None: ...
    def heartbeats(self) -> dict[str, bytes]: ...

    # --- the store itself ---------------------------------------------------------------------
    def info(self) -> Info: ...
    def close(self) -> None: ...


def stream_id(text: bytes) -> tuple[int, int]:
    """b"ms-seq" as numbers, which compare in stream order."""
    ms, _, seq = text.partition(b"-")
    return int(ms), int(seq or 0)


def format_text(partitions: int) -> str:
    """What the FORMAT key holds."""
    return f"{FORMAT_VERSION}:{partitions}"


def check_format(got: str, partitions: int) -> None:
    """Raise StoreError, saying what to do, unless the store was laid out as we are."""
    version, _, count = got.partition(":")
    if version != str(FORMAT_VERSION):
        raise StoreError(
            f"store: got format version {version!r}, want {FORMAT_VERSION}: "
            "back it up with the release that wrote it, or use another store"
        )
    if count != str(partitions):
        raise StoreError(
            f"store: holds {count} partitions, got TWIN_PARTITIONS={partitions}: "
            f"the number is fixed once a store holds data; set TWIN_PARTITIONS={count}"
        )

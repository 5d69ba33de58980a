"""The one place that spells a key. `p` is a partition's number, `c` a class id."""

__all__ = [
    "ACTIONS",
    "CATALOGUE",
    "CLOCK",
    "COUNTERS",
    "EVENTS",
    "FORMAT",
    "HEARTBEATS",
    "KPIS",
    "PLAN",
    "REJECTED",
    "checkpoint",
    "chunk",
    "chunks",
    "documents",
    "forecast",
    "model",
    "overview",
    "overviews",
    "owner",
    "readings",
    "seal",
    "source",
    "state",
    "view",
]

FORMAT = "twin:format"
"""Version of this layout and the number of partitions, written with the first use of a store."""
CATALOGUE = "twin:catalogue"
CLOCK = "twin:clock"
"""The plant's clock: real, or running from a moment at a speed."""
EVENTS = "twin:events"
ACTIONS = "twin:actions"
"""Stream of what people did."""
REJECTED = "twin:rejected"
COUNTERS = "twin:counters"
"""Hash: `rejected:{source}:{reason}`, `accepted:{source}`, … → count."""
HEARTBEATS = "twin:heartbeats"
"""Hash: part → JSON of its state, written every few seconds."""
PLAN = "twin:plan"
"""Work list with costs, JSON, written by the planner."""
KPIS = "twin:kpis"
"""Capped stream of the plant's key figures, one entry a minute, for their trends."""


def documents(kind: str) -> str:
    """Hash: name → JSON; kinds: desk, users, kiosks, scenarios, record, …"""
    return f"twin:documents:{kind}"


def readings(p: int) -> str:
    """Stream of a partition: entries of rows, in the order in which they are applied."""
    return f"twin:readings:{p}"


def checkpoint(p: int) -> str:
    """Hash: last stream id applied, classes, and of each its model and lane list in force."""
    return f"twin:checkpoint:{p}"


def state(p: int, c: str) -> str:
    """Packed beliefs of a class's machines in a partition, as of the checkpoint."""
    return f"twin:state:{p}:{c}"


def view(p: int, c: str) -> str:
    """Packed view rows of a class's machines in a partition."""
    return f"twin:view:{p}:{c}"


def seal(p: int) -> str:
    """Hash: stream id up to which history is sealed, and the beliefs as of it, a class a field."""
    return f"twin:seal:{p}"


def chunks(machine_id: str) -> str:
    """Sorted set of a machine's sealed chunks: member "number:start", score its end, µs."""
    return f"twin:chunks:{machine_id}"


def chunk(machine_id: str, number: int) -> str:
    """One sealed chunk of a machine's history."""
    return f"twin:chunk:{machine_id}:{number}"


def overviews(machine_id: str) -> str:
    """Sorted set of a machine's blocks of overviews: member its number, score its end, µs."""
    return f"twin:overviews:{machine_id}"


def overview(machine_id: str, block: int) -> str:
    """Joined overviews of a block of a machine's chunks."""
    return f"twin:overview:{machine_id}:{block}"


def model(c: str) -> str:
    """Fitted model of a class, JSON."""
    return f"twin:model:{c}"


def forecast(p: int) -> str:
    """Stream of forecasts issued, to be scored when their horizon passes."""
    return f"twin:forecasts:{p}"


def owner(p: int) -> str:
    """Lease of the worker that owns a partition."""
    return f"twin:owner:{p}"


def source(source_id: str) -> str:
    """How far a source has been read, for those that resume."""
    return f"twin:source:{source_id}"

"""What reports that come late change of the time that is accounted for already.

A start or an end may be told minutes or hours after it was: at the end of an operation, at the end
of a shift, when a network is back. What was counted of a machine until then is counted again by
what is known now, quarter by quarter, and the difference is added.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from twin.pipeline.production.ran import Run

__all__ = ["Accounted", "Corrections", "accounted_of", "corrections", "with_span"]

Span = tuple[int, int]


class Accounted(NamedTuple):
    """Of one machine, times µs UTC."""

    spans: tuple[Span, ...] = ()
    """When it was to produce and did not stand failed, as far as that is accounted for."""
    runs: tuple[Run, ...] = ()
    """What it ran, as it was known then."""

    def document(self) -> dict[str, Any]:
        """As it is stored."""
        return {"spans": self.spans, "runs": [list(run) for run in self.runs]}


class Corrections(NamedTuple):
    """Seconds more, or less, than was counted."""

    produced: Mapping[int, float]
    """By quarter."""
    worked: Mapping[str, float]
    """By operation."""


def accounted_of(document: Mapping[str, Any]) -> Accounted:
    """What `document` gave. Raises KeyError, TypeError, ValueError."""
    spans = tuple((int(a), int(b)) for a, b in document["spans"])
    return Accounted(spans, tuple(Run(*run) for run in document["runs"]))


def with_span(known: Accounted, runs: Sequence[Run], span: Span | None, since_us: int) -> Accounted:
    """What is accounted for with one span more (None: it was not to produce), by these runs;
    nothing is kept of the time before since_us."""
    spans = [(max(a, since_us), b) for a, b in known.spans if b > since_us]
    if span is not None:
        start, end = max(span[0], spans[-1][1]) if spans else span[0], span[1]
        if spans and spans[-1][1] == start:
            spans[-1] = (spans[-1][0], max(start, end))
        elif end > start:
            spans.append((start, end))
    recent = [run for run in runs if run.end is None or run.end > since_us]
    return Accounted(tuple(spans), tuple(recent))


def corrections(
    known: Accounted, runs: Sequence[Run], bucket_us: int
) -> tuple[tuple[Run, ...], Corrections]:
    """All runs that are known of now, and what they change of the spans accounted for. An operation
    that is named no more, because its order is forgotten or it went on elsewhere, stays counted."""
    since, until = (known.spans[0][0], known.spans[-1][1]) if known.spans else (0, 0)
    before = {run.key: run for run in known.runs}
    gone = {key: run._replace(end=run.end or until) for key, run in before.items()}
    after = gone | {
        run.key: run for run in runs if run.key in before or run.end is None or run.end > since
    }
    changed = [key for key, run in after.items() if _times(before.get(key)) != _times(run)]
    if not changed or not known.spans:
        return tuple(after.values()), Corrections({}, {})
    was = _produced(known.spans, before.values(), bucket_us)
    is_ = _produced(known.spans, after.values(), bucket_us)
    more = {q: is_[q] - was[q] for q in is_.keys() | was.keys() if is_[q] != was[q]}
    worked = {key: _worked(known, after[key]) - _worked(known, before.get(key)) for key in changed}
    return tuple(after.values()), Corrections(more, worked)


def _times(run: Run | None) -> tuple[int, int | None] | None:
    return None if run is None else (run.start, run.end)


def _worked(known: Accounted, run: Run | None) -> float:
    """Seconds of a run in the spans accounted for."""
    found = [] if run is None else list(_parts(known.spans, run))
    return sum(b - a for a, b in found) / 1e6


def _produced(spans: Sequence[Span], runs: Iterable[Run], bucket_us: int) -> Counter[int]:
    """Seconds by quarter; never more than there were, though operations be told to overlap."""
    found: Counter[int] = Counter()
    for run in runs:
        for part in _parts(spans, run):
            found.update(_by_bucket(part, bucket_us))
    most: Counter[int] = Counter()
    for span in spans:
        most.update(_by_bucket(span, bucket_us))
    return Counter({bucket: min(s, most[bucket]) for bucket, s in found.items()})


def _parts(spans: Sequence[Span], run: Run) -> Iterator[Span]:
    """Where a run and the spans overlap; one that has no end lasts."""
    for a, b in spans:
        start, end = max(a, run.start), b if run.end is None else min(b, run.end)
        if end > start:
            yield start, end


def _by_bucket(span: Span, bucket_us: int) -> dict[int, float]:
    start, end = span
    return {
        n: (min(end, (n + 1) * bucket_us) - max(start, n * bucket_us)) / 1e6
        for n in range(start // bucket_us, -(-end // bucket_us))
    }

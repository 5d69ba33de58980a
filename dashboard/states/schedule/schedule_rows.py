"""Rows of the Gantt chart, in no language: machines by line, crews, and when each is closed."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from dashboard.states.tiles import lines_of
from twin.plant import Plant, crew_spans, line_spans

__all__ = ["Span", "closed_spans", "gantt_rows", "seconds"]

Span = tuple[int, int]
"""[start, end), µs UTC."""


class _Calendars(NamedTuple):
    """Closed times, each list of them once: many rows share one."""

    known: dict[tuple[Span, ...], int]

    def place(self, spans: Sequence[Span]) -> int:
        return self.known.setdefault(tuple(spans), len(self.known))


def gantt_rows(
    plant: Plant, plan: Mapping[str, Any], span: Span
) -> tuple[list[dict[str, Any]], list[list[list[int]]]]:
    """Rows in the order they are drawn, and their calendars of closed times.

    A machine or crew that the plan names and the plant file no longer has gets a row at the end.
    Closed times are seconds from span[0].
    """
    calendars = _Calendars({})
    rows = [*_machine_rows(plant, plan, span, calendars), *_crew_rows(plant, plan, span, calendars)]
    closed = [[list(seconds(s, span[0])) for s in spans] for spans in calendars.known]
    return rows, closed


def _machine_rows(
    plant: Plant, plan: Mapping[str, Any], span: Span, calendars: _Calendars
) -> list[dict[str, Any]]:
    rows = []
    for line in lines_of(plant):
        place = calendars.place(closed_spans(line_spans(plant, line["id"], *span), span))
        rows += [
            _row("machine", m["id"], m["name"], line["id"], place) | {"class": g["id"]}
            for g in line["groups"]
            for m in g["machines"]
        ]
    named = {o["machine"] for o in plan["operations"]} | {s["machine"] for s in plan["services"]}
    gone = sorted(named - {row["id"] for row in rows})
    return rows + [_row("machine", m, m, "", calendars.place(())) for m in gone]


def _crew_rows(
    plant: Plant, plan: Mapping[str, Any], span: Span, calendars: _Calendars
) -> list[dict[str, Any]]:
    rows = []
    for crew in plant.crews:
        place = calendars.place(closed_spans(crew_spans(plant, crew, *span), span))
        rows.append(_row("crew", crew.id, crew.name or crew.id, "", place))
    named = {s["crew"] for s in plan["services"] if s.get("crew")}
    gone = sorted(named - {row["id"] for row in rows})
    return rows + [_row("crew", c, c, "", calendars.place(())) for c in gone]


def _row(kind: str, row_id: str, name: Any, line: str, calendar: int) -> dict[str, Any]:
    return {"kind": kind, "id": row_id, "name": name, "line": line, "calendar": calendar}


def closed_spans(spans: Iterable[Span], within: Span) -> list[Span]:
    """What of `within` the spans leave out, in order.

    >>> closed_spans([(2, 4), (3, 6), (9, 12)], (0, 10))
    [(0, 2), (6, 9)]
    """
    found, at = [], within[0]
    for start, end in sorted(spans):
        if start > at:
            found.append((at, min(start, within[1])))
        at = max(at, end)
        if at >= within[1]:
            return found
    return [*found, (at, within[1])] if at < within[1] else found


def seconds(span: Span, since: int) -> tuple[int, int]:
    """Whole seconds since a time, µs UTC."""
    return (span[0] - since) // 1_000_000, (span[1] - since) // 1_000_000

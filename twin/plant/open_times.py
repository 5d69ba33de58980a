"""When lines are open, crews are there, and the plant stands: shifts, pauses and closures as one.

Whoever plans, simulates, counts or draws asks here, so that all mean the same.
"""

from collections.abc import Callable, Sequence

from twin.plant.closures import Closure, Span, joined, span_of, without
from twin.plant.plant import Line, Plant
from twin.plant.resources import Crew
from twin.plant.working import Weekly, covers, pauses_between

__all__ = ["crew_is_there", "crew_spans", "line_spans", "plant_stands", "stands_between"]


def line_spans(plant: Plant, line_id: str, start_us: int, end_us: int) -> list[Span]:
    """When a line is open within [start_us, end_us), µs UTC: its shifts, without pauses and
    closures."""
    shifts = [shift for shift in plant.shifts if line_id in shift.lines]
    return without(
        _weekly(shifts, plant, start_us, end_us), stands_between(plant, start_us, end_us, line_id)
    )


def crew_spans(plant: Plant, crew: Crew, start_us: int, end_us: int) -> list[Span]:
    """When a crew is there within [start_us, end_us): its shifts, pauses of production included,
    without the closures that are of it."""
    return without(
        _weekly(crew.shifts, plant, start_us, end_us), _crew_closures(plant, crew, start_us, end_us)
    )


def crew_is_there(plant: Plant, crew: Crew, start_us: int, end_us: int) -> bool:
    """Whether a crew is there for all of [start_us, end_us)."""
    is_off = bool(_crew_closures(plant, crew, start_us, end_us))
    return not is_off and covers(crew.shifts, plant.zone, start_us, end_us)


def stands_between(
    plant: Plant, start_us: int, end_us: int, line_id: str | None = None
) -> list[Span]:
    """Pauses and closures of a line, or of all lines, that overlap [start_us, end_us), unclipped,
    in order of their beginnings."""
    lines = [line for line in plant.lines if line_id in {None, line.id}]
    closed = _closures(plant, start_us, end_us, lambda c: all(_is_of(c, line) for line in lines))
    return sorted([*pauses_between(plant.plant.pauses, plant.zone, start_us, end_us), *closed])


def plant_stands(plant: Plant, time_us: int, line_id: str | None = None) -> bool:
    """Whether nobody plans to produce at a time, µs UTC: on a line, or on any."""
    return bool(stands_between(plant, time_us, time_us + 1, line_id))


def _weekly(weekly: Sequence[Weekly], plant: Plant, start_us: int, end_us: int) -> list[Span]:
    """Times of the week within [start_us, end_us), joined where they touch; without any: always."""
    if not weekly:
        return [(start_us, end_us)]
    found = pauses_between(weekly, plant.zone, start_us, end_us)
    return joined((max(start, start_us), min(end, end_us)) for start, end in found)


def _crew_closures(plant: Plant, crew: Crew, start_us: int, end_us: int) -> list[Span]:
    sites = set(crew.sites) or {site.id for site in plant.sites}

    def is_off(closure: Closure) -> bool:
        is_everywhere = bool(sites) and sites <= set(closure.sites)
        is_shut = (closure.is_of_all or is_everywhere) and not crew.in_closures
        return crew.id in closure.crews or is_shut

    return _closures(plant, start_us, end_us, is_off)


def _closures(
    plant: Plant, start_us: int, end_us: int, is_of: Callable[[Closure], bool]
) -> list[Span]:
    found = [span_of(closure, plant.zone) for closure in plant.closures if is_of(closure)]
    return [(a, b) for a, b in found if a < end_us and b > start_us]


def _is_of(closure: Closure, line: Line) -> bool:
    return closure.is_of_all or line.id in closure.lines or line.site in closure.sites

"""When a service can be: its machine at no other, and who can do it, by skill, site and shift, with
nothing else to do then."""

from collections.abc import Iterable, Sequence

from twin.pipeline.desk.schedule_documents import Record
from twin.plant import Plant, crew_is_there

__all__ = ["crew_fault", "crew_for", "overlaps"]

HOUR_US = 3_600_000_000


def crew_for(
    plant: Plant, service: Record, services: Sequence[Record], named: str | None
) -> tuple[str | None, str]:
    """Who does a service at a time that is not the suggested one, and why nobody can, a code.

    The crew that is named; else the suggested one if it is there, or any other that is. A plant
    file without crews leaves it to somebody from outside.
    """
    if named is not None:
        return named, crew_fault(plant, {**service, "crew": named}, services)
    ids = sorted((crew.id for crew in plant.crews), key=lambda i: i != service["crew"])
    able = (i for i in ids if not crew_fault(plant, {**service, "crew": i}, services))
    found = next(able, None)
    return found, "no_crew_then" if ids and found is None else ""


def crew_fault(plant: Plant, service: Record, services: Iterable[Record]) -> str:
    """Why the crew that a person chose cannot do a service then, a code; "" if it can.

    service: machine, crew, start (µs UTC), duration_h. What the planner chose it has seen to.
    """
    crew = next((c for c in plant.crews if c.id == service["crew"]), None)
    machine = next((m for m in plant.machines if m.id == service["machine"]), None)
    if crew is None or machine is None:
        return "unknown_crew" if crew is None else "unknown_machine"
    skill = plant.class_of(machine).service.skill
    if skill is not None and skill not in crew.skills:
        return "crew_lacks_skill"
    site = next(line.site for line in plant.lines if line.id == machine.line)
    if crew.sites and site not in {None, *crew.sites}:
        return "crew_elsewhere"
    if not crew_is_there(plant, crew, *_span(service)):
        return "crew_off_shift"
    own = [s for s in services if s.get("crew") == crew.id]
    return "crew_busy" if _meets(service, own) else ""


def overlaps(service: Record, services: Iterable[Record]) -> bool:
    """Whether another service of the same machine is planned for some of its time."""
    return _meets(service, (s for s in services if s["machine"] == service["machine"]))


def _meets(service: Record, services: Iterable[Record]) -> bool:
    (start, end), own = _span(service), service.get("id")
    others = (s for s in services if s["state"] == "planned" and (own is None or s["id"] != own))
    return any(a < end and start < b for a, b in map(_span, others))


def _span(service: Record) -> tuple[int, int]:
    start = int(service["start"])
    return start, start + round(service["duration_h"] * HOUR_US)

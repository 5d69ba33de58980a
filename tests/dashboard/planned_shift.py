"""A snapshot with a small plan in force, written by hand: known operations, services, orders."""

from dashboard.snapshot import Snapshot
from dashboard.states.shift_plan import shift_span

__all__ = ["HOUR", "planned"]

HOUR = 3_600_000_000


def planned(snapshot: Snapshot) -> Snapshot:
    """In the shift under way: two operations of order A (one done, one late), one of B that runs
    on into the next shift, an accepted service; in the next shift one of B and a suggestion."""
    start, end = shift_span(snapshot.plant, snapshot.plant_us)
    crew = snapshot.plant.crews[0].id
    operations = [
        _operation("A", 0, "mill-01", start, start + HOUR),
        _operation("A", 1, "press-02", start + 2 * HOUR, start + 4 * HOUR, late=True),
        _operation("B", 0, "mill-01", end - HOUR, end + HOUR),
        _operation("B", 1, "press-02", end + 2 * HOUR, end + 3 * HOUR),
    ]
    services = [
        _service("s1", "mill-02", start + 5 * HOUR, start + 7 * HOUR, crew, pin="accepted"),
        _service("s2", "press-02", end + 5 * HOUR, end + 7 * HOUR, crew, pin=None),
    ]
    orders = {
        "A": _order("A", 120, end + HOUR, ["done", "running"]),
        "B": _order("B", 40, end + 9 * HOUR, ["waiting", "waiting"]),
    }
    plan = {"version": 7, "made": start, "start": start, "end": end + 100 * HOUR}
    in_force = plan | {"operations": operations, "services": services}
    return snapshot._replace(schedule={"in_force": in_force}, orders=orders)


def _operation(
    order: str, step: int, machine: str, start: int, end: int, late: bool = False
) -> dict:
    times = {"setup_start": start - HOUR // 4, "start": start, "end": end}
    return times | {"order": order, "step": step, "machine": machine, "late": late, "pin": None}


def _service(name: str, machine: str, start: int, end: int, crew: str, pin: str | None) -> dict:
    where = {"id": name, "machine": machine, "start": start, "end": end}
    return where | {"crew": crew, "part": None, "skill": None, "pin": pin}


def _order(name: str, quantity: int, due: int, states: list[str]) -> dict:
    steps = [{"state": s, "machine": None, "start": None, "end": None} for s in states]
    return {"id": name, "product": "bracket", "quantity": quantity, "due": due, "steps": steps}

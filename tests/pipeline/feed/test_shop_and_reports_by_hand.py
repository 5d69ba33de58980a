"""The simulated shop floor beside operations that others report of its machines."""

from itertools import pairwise

import pytest
from shop_bench import MIDNIGHT, MINUTE, Office, run, shop_at, times

from twin.types import Event

KINDS = ("operation_start", "operation_end")


def told(kind: str, minute: int, step: int, machine: str, order: str = "a") -> Event:
    detail = {"order": order, "step": step, "machine": machine, "quantity": 20}
    return Event(MIDNIGHT + minute * MINUTE, kind, machine, detail)


def spans(events: list[Event], machine: str) -> list[tuple[int, int]]:
    starts, ends = (
        {(e.detail["order"], e.detail["step"]): e.time for e in events if e.kind == kind}
        for kind in KINDS
    )
    on = {
        (e.detail["order"], e.detail["step"])
        for e in events
        if e.kind == KINDS[0] and e.machine_id == machine
    }
    return sorted((starts[key], ends[key]) for key in on if key in ends)


def office_of(n: int = 3) -> Office:
    return Office(*((name, "shaft", 20, 0, 900) for name in "abc"[:n]))


@pytest.mark.parametrize("machine", ["mill-01", "mill-02"])
def test_what_others_began_on_a_simulated_machine_is_finished_there_and_alone(machine: str) -> None:
    office = office_of()
    begun = told("operation_start", 1, 0, machine)
    office.fold([begun])
    shop = shop_at(office, 1)
    events = [begun, *run(shop, office, 1440)]
    assert set(times(events, "operation_end")) == {(o, n) for o in "abc" for n in range(3)}
    starts = [(e.detail["order"], e.detail["step"]) for e in events if e.kind == KINDS[0]]
    assert len(starts) == len(set(starts)), "nothing is begun twice"
    for name in ("mill-01", "mill-02", "press-01", "press-02"):
        for (_, end), (start, _) in pairwise(spans(events, name)):
            assert end <= start, f"{name} is at one thing at a time"


def test_what_others_say_has_ended_frees_the_machine_at_once() -> None:
    office = office_of(1)
    shop = shop_at(office)
    run(shop, office, 5)
    (machine,) = shop.held
    office.fold([told("operation_end", 5, 0, machine)])
    shop.read(office.board())
    assert machine not in shop.held
    events = run(shop, office, 1440)
    assert ("a", 0) not in times(events, "operation_end")
    assert set(times(events, "operation_end")) == {("a", 1), ("a", 2)}


def test_what_others_began_elsewhere_is_set_up_for_no_longer() -> None:
    office = office_of(1)
    shop = shop_at(office)
    shop.family["mill-01"] = shop.family["mill-02"] = "pans"  # half an hour of setting up
    run(shop, office, 5)
    (machine,) = shop.held
    other = {"mill-01": "mill-02", "mill-02": "mill-01"}[machine]
    office.fold([told("operation_start", 5, 0, other)])
    shop.read(office.board())
    events = run(shop, office, 1440)
    assert machine not in {e.machine_id for e in events if e.detail["step"] == 0}
    assert ("a", 2) in times(events, "operation_end")

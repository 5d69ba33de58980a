"""A machine that is being serviced: silent for a known reason, and nobody's to call off."""

import numpy as np
import pytest

from dashboard.access.machine_checks import can_cancel, can_move
from dashboard.snapshot import Snapshot, machine_of
from dashboard.states.alarms.alarm_journal import journal_lines
from dashboard.states.at_service import serviced_until, services_begun, undo_fault
from dashboard.states.machine.machine_state import machine_state
from dashboard.states.machine.sensor_quality import quality_counts
from dashboard.states.plant.key_figures import key_figures
from dashboard.states.schedule.schedule_suggestions import suggestion_states
from dashboard.states.tiles import tile_codes
from twin.types import Event

HOUR = 3_600_000_000


def service(snapshot: Snapshot, start_h: float, state: str = "planned") -> dict:
    start = snapshot.plant_us + round(start_h * HOUR)
    return {"id": "s", "machine": "mill-01", "start": start, "duration_h": 4.0, "state": state}


class Accepted:
    """A planner whose suggestion became the service."""

    def suggestions(self) -> list[dict]:
        return [
            {
                "id": "g",
                "kind": "service",
                "machine": "mill-01",
                "start": 0,
                "end": 1,
                "state": "open",
            }
        ]

    def decisions(self) -> dict:
        said = {"suggestion": "g", "service": "s", "who": "Late Shift", "time": 0}
        return {"accepted": [said], "vetoes": [], "locks": []}


def with_service(snapshot: Snapshot, start_h: float, state: str = "planned") -> Snapshot:
    note = {"service": "s"}
    line = {"id": "7-0", "n": 1, "time": 0, "who": "Late Shift", "verb": "suggestion.accept"}
    line |= {"machine": "mill-01", "note": note, "can_undo": True, "undone": None}
    desk = {"services": [service(snapshot, start_h, state)], "journal": [line]}
    return snapshot._replace(desk=desk, events=[])


def hushed(snapshot: Snapshot) -> Snapshot:
    """No mill has sent for an hour."""
    views = {c: np.array(rows) for c, rows in snapshot.views.items()}
    views["mill"]["time"] -= HOUR
    return snapshot._replace(views=views)


def told(snapshot: Snapshot, *kinds: str) -> Snapshot:
    """Events a minute apart, the last of them now."""
    detail = {"service": "s", "until": snapshot.plant_us + 3 * HOUR}
    times = range(snapshot.plant_us, 0, -60_000_000)
    newest = zip(times, reversed(kinds), strict=False)
    return snapshot._replace(events=[Event(t, k, "mill-01", detail) for t, k in newest])


@pytest.mark.parametrize(
    ("start_h", "state", "is_silent", "begun"),
    [
        (-1, "planned", True, True),
        (-1, "planned", False, False),  # nobody came: it can be moved and called off
        (1, "planned", True, False),
        (-5, "planned", True, False),
        (-1, "done", True, False),
    ],
)
def test_a_service_has_begun_at_its_time_where_the_machine_is_silent(
    snapshot: Snapshot, start_h: float, state: str, is_silent: bool, begun: bool
) -> None:
    known = with_service(hushed(snapshot) if is_silent else snapshot, start_h, state)
    assert (set(services_begun(known)) == {"s"}) is begun


def test_what_the_plant_tells_of_a_service_goes_before_its_time(snapshot: Snapshot) -> None:
    known = with_service(snapshot, -0.5)
    assert serviced_until(told(known, "service_start")) == {"mill-01": known.plant_us + 3 * HOUR}
    assert serviced_until(told(known, "service_start", "repair")) == {}
    assert set(serviced_until(told(known, "repair", "service_start"))) == {"mill-01"}


def test_a_machine_at_service_is_not_counted_as_without_data(snapshot: Snapshot) -> None:
    silent, known = hushed(snapshot), with_service(hushed(snapshot), -1)
    assert [tile_codes(s)["mill-01"].split()[-1] for s in (silent, known)] == ["silent", "service"]
    figures = [key_figures(s, tile_codes(s)) for s in (silent, known)]
    assert figures[0]["complete"]["silent"] - figures[1]["complete"]["silent"] == 1
    assert figures[0]["running"] | {"serviced": 1} == figures[1]["running"]
    failed = {"mill-01": {"failed_since": silent.plant_us}}
    down = silent._replace(desk={"machines": failed}, events=[])
    now = key_figures(down, tile_codes(down))["complete"]["silent"]
    assert now == figures[1]["complete"]["silent"]
    before, after = (quality_counts(s, [])["silent_machines"] for s in (silent, known))
    assert before - after == 1


def test_what_has_begun_is_said_and_cannot_be_changed_or_taken_back(snapshot: Snapshot) -> None:
    machine = machine_of(snapshot, "mill-01")
    assert machine is not None
    ahead, begun = with_service(snapshot, 1), with_service(hushed(snapshot), -1)
    done = with_service(snapshot, -5, "done")
    assert machine_state(ahead, machine)["serviced"] is None
    assert machine_state(begun, machine)["serviced"] is not None
    shown = [machine_state(s, machine)["services"][0]["begun"] for s in (ahead, begun, done)]
    assert shown == [False, True, False]
    lines = [journal_lines(s, 1)[0]["can_undo"] for s in (ahead, begun, done)]
    assert lines == [True, False, False]
    said = [suggestion_states(s, Accepted())[0]["said"]["can_undo"] for s in (ahead, begun, done)]
    assert said == [True, False, False]
    faults = [undo_fault(s, s.desk["journal"][0]) for s in (ahead, begun, done)]
    assert faults == ["", "service_begun", "not_planned"]


def test_move_and_call_off_of_what_has_begun_are_refused_in_words(
    app: object, snapshot: Snapshot
) -> None:
    detail = {"service": "s", "start": snapshot.plant_us, "duration_h": 4.0, "reason": "x"}
    ahead, begun = with_service(snapshot, 1), with_service(hushed(snapshot), -1)
    with app.server.test_request_context():  # type: ignore[attr-defined]
        for check in (can_move, can_cancel):
            assert check(ahead, "mill-01", detail) is None
            assert check(begun, "mill-01", detail) == "The service has begun."

"""A machine's log, alarms and services, as the desk's documents say them."""

import pytest

from dashboard.components.neighbours import near
from dashboard.snapshot import Snapshot, machine_of, row_of
from dashboard.states.machine.machine_log import alarms_of, log_of, services_of
from dashboard.states.machine.machine_state import risky_sensor
from twin.plant import Machine
from twin.types import Event

HOUR_US = 3_600_000_000
NOW = 1_772_431_200_000_000
"""2026-03-02 06:00 UTC: 07:00 in Berlin."""


def mill(snapshot: Snapshot) -> Machine:
    found = machine_of(snapshot, "mill-01")
    assert found is not None
    return found


def line(hours: int, verb: str, **more: object) -> dict:
    shared = {"id": f"{hours}-0", "who": "Late", "machine": "mill-01", "outcome": "done"}
    return {"time": NOW + hours * HOUR_US, "verb": verb, **shared, **more}


def with_log(snapshot: Snapshot, *lines: dict) -> Snapshot:
    return snapshot._replace(desk={"machines": {"mill-01": {"log": list(lines)}}}, events=[])


def test_lines_are_newest_first_in_the_plants_time_with_their_words(snapshot: Snapshot) -> None:
    known = with_log(
        snapshot,
        line(0, "comment.add", detail={"text": "rough"}, can_undo=True),
        line(1, "failure.report", detail={"mode": snapshot.plant.classes["mill"].modes[0].id}),
    )
    newest, oldest = log_of(known, mill(snapshot))
    assert (newest["kind"], newest["time"]) == ("failure.report", "2026-03-02T08:00:00")
    assert newest["about"] == snapshot.plant.classes["mill"].modes[0].name
    assert (oldest["text"], oldest["who"], oldest["can_undo"]) == ("rough", "Late", True)


def test_an_event_that_follows_from_an_action_is_the_persons_line_alone(snapshot: Snapshot) -> None:
    echo = Event(NOW, "failure", "mill-01", {"mode": None, "by": "Late", "action": "0-0"})
    own = Event(NOW + 1, "failure", "mill-01", {"mode": None})
    known = with_log(snapshot, line(0, "failure.report", detail={}))._replace(events=[own, echo])
    assert [x["kind"] for x in log_of(known, mill(snapshot))] == ["failure.report", "failure"]


def test_what_was_refused_or_taken_back_says_so(snapshot: Snapshot) -> None:
    known = with_log(
        snapshot,
        line(0, "repair.report", outcome="refused", detail={}),
        line(1, "comment.add", undone="Li", detail={"text": "x"}),
    )
    taken_back, refused = log_of(known, mill(snapshot))
    assert taken_back["undone"] is True
    assert refused["refused"] is True
    assert "refused" not in taken_back


def test_alarms_of_the_machine_alone_the_gravest_first(snapshot: Snapshot) -> None:
    sensors = snapshot.plant.classes["mill"].sensors

    def alarm(machine: str, n: int, priority: int, state: str) -> dict:
        about = {"machine": machine, "sensor": sensors[n].id, "priority": priority}
        return about | {"state": state, "since": NOW}

    desk = {
        "alarms": {
            "a": alarm("mill-01", 0, 2, "acknowledged"),
            "b": alarm("mill-01", 1, 1, "unacknowledged"),
            "c": alarm("mill-02", 1, 1, "unacknowledged"),
            "d": alarm("mill-01", 2, 1, "normal"),
        }
    }
    found = alarms_of(snapshot._replace(desk=desk), mill(snapshot))
    assert [a["id"] for a in found] == ["b", "a"]
    assert found[0]["name"] == sensors[1].name


def test_services_are_the_machines_own_the_latest_first(snapshot: Snapshot) -> None:
    def service(n: int, machine: str) -> dict:
        when = {"start": NOW + n * HOUR_US, "duration_h": 3.0}
        return {"id": f"s{n}", "machine": machine, "state": "planned", "who": "Li"} | when

    desk = {"services": [service(1, "mill-01"), service(5, "mill-01"), service(9, "mill-02")]}
    found = services_of(snapshot._replace(desk=desk), mill(snapshot))
    assert [s["id"] for s in found] == ["s5", "s1"]
    assert found[1]["start"] == "2026-03-02T08:00:00"


@pytest.mark.parametrize("desk", [{}, {"alarms": None, "services": None, "machines": None}])
def test_a_desk_that_has_not_written_yet_leaves_the_events(snapshot: Snapshot, desk: dict) -> None:
    """None: a document that is not JSON is shown as absent."""
    known = snapshot._replace(desk=desk)
    assert [x["kind"] for x in log_of(known, mill(snapshot))] == ["alarm_on", "repair"]
    assert alarms_of(known, mill(snapshot)) == services_of(known, mill(snapshot)) == []


def test_neighbours_follow_the_positions_of_the_line(snapshot: Snapshot) -> None:
    plant = snapshot.plant
    places = {"a": 1, "b": 2, "c": 2, "d": 2, "e": 5}
    line_id = plant.lines[0].id
    machines = [
        Machine.model_validate({"id": i, "class": "mill", "line": line_id, "position": p})
        for i, p in places.items()
    ]
    plant = plant.model_copy(update={"machines": machines})
    around = near(plant, machines[2])
    assert [m.id for m in around.before] == ["a"]
    assert [m.id for m in around.beside] == ["b", "d"]
    assert [m.id for m in around.after] == ["e"]
    assert [m.id for m in around.same_class] == ["a", "b", "d", "e"]
    assert near(plant, machines[0]).before == []


def test_the_fan_is_of_the_sensor_that_drives_the_risk(snapshot: Snapshot) -> None:
    """The invented plant's first driver is sensor 0; without one, what is beyond its limit."""
    row = row_of(snapshot, "mill-01")
    assert row is not None
    assert risky_sensor(snapshot, mill(snapshot), row) == 0
    row = row.copy()
    row["driver"], row["beyond"] = -1, 0b100
    assert risky_sensor(snapshot, mill(snapshot), row) == 2
    assert risky_sensor(snapshot, mill(snapshot), None) == 0

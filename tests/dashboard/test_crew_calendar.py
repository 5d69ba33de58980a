"""A crew's feed as a calendar program takes it: events stay the same, only newer (RFC 5545)."""

import pytest
from icalendar import Calendar, Event
from planned_shift import HOUR, planned

from dashboard.routes.calendar_routes import calendar_of
from dashboard.snapshot import Snapshot

ACCEPTED, SUGGESTED = "s1", "s2"


@pytest.fixture
def busy(snapshot: Snapshot) -> Snapshot:
    return planned(snapshot)


def events_of(snapshot: Snapshot, crew: int = 0, language: str = "en") -> dict[str, Event]:
    """The feed as a calendar program reads it: uid → event. No line is too long (RFC 5545, 3.1)."""
    text = calendar_of(snapshot, snapshot.plant.crews[crew].id, language).to_ical()
    assert text.endswith(b"\r\n")
    assert max(map(len, text.split(b"\r\n"))) <= 75
    text.replace(b"\r\n ", b"").decode()  # raises where a letter was cut in two
    events = Calendar.from_ical(text).walk("VEVENT")
    assert len({str(e["uid"]) for e in events}) == len(events)
    return {str(e["uid"]).removesuffix("@plant-twin"): e for e in events}


def test_accepted_suggestion_is_the_same_event_only_newer(busy: Snapshot) -> None:
    before = events_of(busy)[SUGGESTED]
    force = busy.schedule["in_force"]
    later = force["made"] + 2 * HOUR
    service = force["services"][1] | {"id": "17-0", "pin": "accepted"}
    desk = {"id": "17-0", "suggestion": SUGGESTED, "state": "planned", "time": later}
    desk |= {k: service[k] for k in ("machine", "start", "crew")} | {"duration_h": 2.0}
    kept_up = force | {"services": [force["services"][0], service]}
    schedule = {"in_force": force, "in_force_now": kept_up}
    accepted = busy._replace(schedule=schedule, desk={"services": [desk]})
    after = events_of(accepted, language="zh")
    assert set(after) == {ACCEPTED, SUGGESTED}
    assert after[SUGGESTED]["status"] == "CONFIRMED"
    assert int(after[SUGGESTED]["sequence"]) > int(before["sequence"])
    assert after[SUGGESTED]["last-modified"].dt.timestamp() == later / 1e6
    nothing_new = after[ACCEPTED]["sequence"], after[ACCEPTED]["dtstamp"].dt
    assert nothing_new == (events_of(busy)[ACCEPTED]["sequence"], before["dtstamp"].dt)


def test_what_a_crew_does_not_do_any_more_is_cancelled_in_its_calendar(busy: Snapshot) -> None:
    """Called off by a person, given to another crew by a new plan, dropped as the plan is kept up;
    what has begun was no longer to be called off."""
    force, (first, second) = busy.schedule["in_force"], busy.plant.crews[:2]
    later = force["made"] + HOUR
    new = force | {"version": 8, "in_force_from": later}
    new |= {"services": [force["services"][1] | {"crew": second.id}]}
    off = {"id": "5-0", "machine": "mill-01", "start": busy.plant_us + HOUR, "duration_h": 3.0}
    off |= {"crew": first.id, "state": "cancelled", "time": 0, "changed": later}
    schedule = {"in_force": new, "in_force_before": force}
    changed = busy._replace(schedule=schedule, desk={"services": [off]})
    states = {uid: str(e["status"]) for uid, e in events_of(changed).items()}
    is_to_come = force["services"][0]["start"] > busy.plant_us
    gone = {SUGGESTED, "5-0"} | ({ACCEPTED} if is_to_come else set())
    assert states == dict.fromkeys(gone, "CANCELLED")
    assert {str(e["status"]) for e in events_of(changed, 1).values()} == {"TENTATIVE"}
    kept_up = force | {"made": later, "services": []}
    dropped = busy._replace(schedule={"in_force": force, "in_force_now": kept_up})
    assert events_of(dropped)[SUGGESTED]["status"] == "CANCELLED"
    over = dropped._replace(plant_us=force["services"][1]["start"])
    assert SUGGESTED not in events_of(over)

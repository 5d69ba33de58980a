"""What a shift holds, on the wall, on paper and in calendars, against a plan written by hand."""

import re

import pytest
from icalendar import Calendar
from planned_shift import HOUR, planned

from dashboard.app import PlantTwin
from dashboard.components.sheet import sheet
from dashboard.routes.calendar_routes import calendar_of, feed_address
from dashboard.routes.print_routes import printed_plan
from dashboard.snapshot import Snapshot
from dashboard.states.plant.plant_suggestions import plant_suggestions
from dashboard.states.shift_plan import shift_plan, shift_span
from dashboard.wall.state import shared, wall_state
from twin.actions import Action, pack_action
from twin.pipeline.desk import Desk
from twin.pipeline.site import load_site

ACCEPTED, SUGGESTED = "s1", "s2"


@pytest.fixture
def busy(snapshot: Snapshot) -> Snapshot:
    return planned(snapshot)


def suggestion(name: str, saves: float, state: str = "open", kind: str = "service") -> dict:
    risk = {"now": {"p_day": 0.31}}
    where = {"machine": "mill-01", "start": 40 * HOUR, "end": 43 * HOUR, "risk": risk}
    return where | {"id": name, "kind": kind, "state": state, "saves": saves, "delays": []}


def test_shift_holds_what_overlaps_it_and_nothing_else(busy: Snapshot) -> None:
    shift = shift_plan(busy)
    assert [(o["order"], o["step"]) for o in shift.operations] == [("A", 0), ("A", 1), ("B", 0)]
    assert [s["id"] for s in shift.services] == [ACCEPTED]
    assert (shift.n_done, shift.late_orders) == (1, {"A"})


def test_what_a_kept_up_plan_has_dropped_as_done_still_counts(busy: Snapshot) -> None:
    """And a service under way is told since it began, not since now."""
    force, start = busy.schedule["in_force"], shift_span(busy.plant, busy.plant_us)[0]
    running = force["services"][0] | {"pin": "running", "start": start + 6 * HOUR}
    kept = {"operations": force["operations"][1:], "services": [running]}
    done = {"state": "done", "machine": "mill-01", "start": start, "end": start + HOUR}
    order = busy.orders["A"] | {"steps": [done, busy.orders["A"]["steps"][1]]}
    desk = {"services": [{"id": ACCEPTED, "start": start + 5 * HOUR}]}
    now = busy._replace(
        schedule={"in_force": force, "in_force_now": force | kept},
        orders=busy.orders | {"A": order},
        desk=desk,
    )
    shift = shift_plan(now)
    assert [(o["order"], o["step"]) for o in shift.operations] == [("A", 0), ("A", 1), ("B", 0)]
    assert (shift.n_done, shift.services[0]["start"]) == (1, start + 5 * HOUR)
    assert "at work" in printed_plan(now, 0, "en")


def test_next_shift_begins_where_this_one_ends(busy: Snapshot) -> None:
    assert shift_span(busy.plant, busy.plant_us, 1)[0] == shift_span(busy.plant, busy.plant_us)[1]
    ahead = shift_plan(busy, 1)
    assert [(o["order"], o["step"]) for o in ahead.operations] == [("B", 0), ("B", 1)]
    assert [s["id"] for s in ahead.services] == [SUGGESTED]


def test_without_a_plan_nothing_is_said_of_the_shift(snapshot: Snapshot) -> None:
    assert shift_plan(snapshot).operations == []
    assert wall_state(shared(snapshot), [()])["areas"]["0"]["shift"] is None
    assert "No plan is in force." in printed_plan(snapshot, 0, "en")


def test_wall_counts_the_operations_of_its_lines(busy: Snapshot) -> None:
    whole = wall_state(shared(busy), [()])["areas"]["0"]["shift"]
    assert (whole["done"], whole["all"], whole["late"]) == (1, 3, 1)
    assert [(s["id"], s["sure"]) for s in whole["services"]] == [
        ("mill-02", True),
        ("press-02", False),
    ]
    assert whole["beyond"], "the suggested one is the next shift's"
    services = busy.schedule["in_force"]["services"]
    own = busy._replace(
        schedule={"in_force": busy.schedule["in_force"] | {"services": services[:1]}}
    )
    assert not wall_state(shared(own), [()])["areas"]["0"]["shift"]["beyond"]
    lines = [(line.id,) for line in busy.plant.lines]
    parts = wall_state(shared(busy), lines)["areas"].values()
    assert sum(part["shift"]["all"] for part in parts) == 3
    assert sum(len(part["shift"]["services"]) for part in parts) == 2


def test_an_order_that_was_done_late_counts_as_late(busy: Snapshot) -> None:
    start, _ = shift_span(busy.plant, busy.plant_us)
    step = {"state": "done", "machine": "mill-02", "start": start + HOUR, "end": start + 3 * HOUR}
    for due, late in ((start + 2 * HOUR, {"A", "C"}), (start + 3 * HOUR, {"A"})):
        order = {"id": "C", "product": "bracket", "quantity": 5, "state": "done", "due": due}
        own = busy._replace(orders=busy.orders | {"C": order | {"steps": [step]}})
        assert shift_plan(own).late_orders == late


def test_suggestions_with_most_at_stake_come_first(snapshot: Snapshot) -> None:
    waiting = [suggestion(f"s{n}", saves) for n, saves in enumerate((10.0, 4000.0, 300.0, 2000.0))]
    decided = [suggestion("s8", 9e9, "accepted"), suggestion("s9", 9e9, kind="plan")]
    found = plant_suggestions(snapshot._replace(schedule={"suggestions": waiting + decided}))
    assert [line["saves"] for line in found["first"]] == [4000.0, 2000.0, 300.0]
    assert (found["n"], found["saves"]) == (4, 6310.0)


def test_no_look_of_the_planner_is_not_the_same_as_no_suggestion(snapshot: Snapshot) -> None:
    assert plant_suggestions(snapshot)["made"] is False
    assert plant_suggestions(snapshot._replace(schedule={"suggestions": []}))["made"] is True


def test_calendar_has_the_crews_services_in_utc(busy: Snapshot) -> None:
    crew = busy.plant.crews[0].id
    text = calendar_of(busy, crew, "en").to_ical()
    events = {str(e["uid"]): e for e in Calendar.from_ical(text).walk("VEVENT")}
    start, end = shift_span(busy.plant, busy.plant_us)
    sure, open_ = (events[f"{name}@plant-twin"] for name in (ACCEPTED, SUGGESTED))
    assert (sure["dtstart"].dt.timestamp(), sure["dtend"].dt.timestamp()) == (
        (start + 5 * HOUR) / 1e6,
        (start + 7 * HOUR) / 1e6,
    )
    assert open_["dtstart"].dt.timestamp() == (end + 5 * HOUR) / 1e6
    assert (str(sure["status"]), str(open_["status"])) == ("CONFIRMED", "TENTATIVE")
    assert re.search(rb"DTSTART:\d{8}T\d{6}Z", text)
    other = busy.plant.crews[1].id
    assert not Calendar.from_ical(calendar_of(busy, other, "en").to_ical()).walk("VEVENT")


def test_key_opens_its_crews_feed_and_no_other(app: PlantTwin, busy: Snapshot) -> None:
    app.reader.tick()
    client = app.server.test_client()
    first, second = (crew.id for crew in busy.plant.crews[:2])
    elsewhere = {"headers": {"X-Forwarded-For": "192.0.2.7"}}  # others must sign in
    address = feed_address(app.reader.store, first, "en")
    assert client.get(address, **elsewhere).mimetype == "text/calendar"
    assert client.get(address.replace(first, second), **elsewhere).status_code == 403
    assert client.get(f"/calendar/{first}.ics", **elsewhere).status_code == 403
    assert client.post(address, **elsewhere).status_code == 403
    assert client.get("/calendar/nobody.ics").status_code == 404


def test_a_new_address_shuts_the_old_one_and_no_other_crews(app: PlantTwin, busy: Snapshot) -> None:
    app.reader.tick()
    client, store = app.server.test_client(), app.reader.store
    first, second = (crew.id for crew in busy.plant.crews[:2])
    elsewhere = {"headers": {"X-Forwarded-For": "192.0.2.7"}}
    given = [feed_address(store, crew, "en") for crew in (first, second)]
    desk, detail = Desk(store, load_site(store, busy.plant)), {"crew": first}
    for token in ("one", "two"):
        action = Action("calendar.renew", None, 0, 0, "Late Shift", "manager", detail, token)
        store.add_action(pack_action(action))
        while desk.step():
            pass
        given.append(feed_address(store, first, "en"))
    opened = [client.get(address, **elsewhere).status_code == 200 for address in given]
    assert opened == [False, True, False, True]


def test_addresses_of_feeds_are_told_to_who_may_see_the_schedule(
    app: PlantTwin, busy: Snapshot
) -> None:
    app.reader.tick()
    client = app.server.test_client()
    elsewhere = {"X-Forwarded-For": "192.0.2.7"}
    told = client.get("/data/calendars").get_json()
    assert [feed["crew"] for feed in told] == [crew.id for crew in busy.plant.crews]
    for feed in told:
        assert client.get(feed["address"], headers=elsewhere).mimetype == "text/calendar"
    assert client.get("/data/calendars", headers=elsewhere).status_code == 403


@pytest.mark.parametrize("language", ["en", "zh"])
def test_paper_lists_every_operation_under_its_machine(busy: Snapshot, language: str) -> None:
    text = printed_plan(busy, 0, language)
    groups = re.findall(r'<tbody class="group">(.*?)</tbody>', text)
    works = [g for g in groups if re.search(r"<td>[AB]\W", g)]
    assert sorted(g.count("<tr>") for g in works) == [1, 2]  # press 2, and mill 1
    assert len(groups) == len(works) + 1  # the service
    assert "<script" not in text


def test_names_cannot_write_html_on_paper(busy: Snapshot) -> None:
    busy.orders["A"]["product"] = "<script>alert(1)</script>"
    assert "<script" not in printed_plan(busy, 0, "en")


def test_every_sheet_has_the_plan_it_is_of_at_its_foot() -> None:
    text = sheet("en", 'Hall "2"</style><b>', "", "", "")
    foot = re.search(r'@bottom-left { content: "(.*?)"', text)
    assert foot
    letters = re.sub(r"\\([0-9a-f]{6})", lambda m: chr(int(m[1], 16)), foot[1])
    assert letters == 'Hall "2"</style><b>'
    assert text.count("</style>") == 1

"""What people decide about the plan, folded by the desk exactly once, refused or taken back."""

from datetime import UTC, datetime, timedelta

import pytest
from desk_bench import HOUR_US, T0_US
from mortal_store import dying_desk
from planning_bench import planned_world, site_of

from twin.pipeline.desk.schedule_suggestions import accepted_service
from twin.pipeline.desk.service_crews import crew_fault, crew_for

pytestmark = pytest.mark.usefixtures("known_cost")


@pytest.fixture
def world(tmp_path):
    return filled(tmp_path)


def filled(folder):
    return planned_world(folder, 3, mill_0=60.0, press_1=80.0)


def refusal(world, verb, detail):
    line = world.do(verb, detail)
    world.desk_step()
    return world.line(line)["reason"]


def undo(world, action):
    taken_back = world.do("action.undo", {"action": action})
    world.desk_step()
    return world.line(taken_back)["reason"]


def services(world):
    known = world.document("services", "desk") or []
    return [(s["machine"], s["state"], s["crew"]) for s in known]


def waiting(world):
    """An operation of the plan in force that has not begun."""
    return next(o for o in world.document("in_force")["operations"] if o["step"] == 1)


def lock_of(o, **more):
    return {k: o[k] for k in ("order", "step", "machine", "start")} | more


# --- suggestions ------------------------------------------------------------------------------
def test_an_accepted_suggestion_is_a_planned_service_with_its_crew(world):
    suggestion = world.suggestion("mill-0")
    world.do("suggestion.accept", {"suggestion": suggestion["id"]})
    world.desk_step()
    service = world.document("services", "desk")[0]
    assert service["start"] == max(suggestion["start"], world.now)
    assert service["duration_h"] * HOUR_US == suggestion["end"] - suggestion["start"]
    assert services(world) == [("mill-0", "planned", suggestion["crew"])]
    assert [e.kind for _, e in world.store.last_events(1)] == ["service_planned"]


def test_a_suggestion_is_accepted_once_and_taken_back_once(world):
    own = {"suggestion": world.suggestion("mill-0")["id"]}
    accepted = world.do("suggestion.accept", own)
    assert refusal(world, "suggestion.accept", own) == "already_accepted"
    assert undo(world, accepted) is None
    assert services(world)[0][1] == "cancelled"
    assert undo(world, accepted) == "already_undone"
    world.settle()
    assert world.suggestion("mill-0")["state"] == "open"
    assert refusal(world, "suggestion.accept", own) is None


def test_what_cannot_be_accepted_says_why(world):
    own = world.suggestion("mill-0")["id"]
    assert refusal(world, "suggestion.accept", {"suggestion": "none"}) == "unknown_suggestion"
    crew = {"suggestion": own, "crew": "Nobody"}
    assert refusal(world, "suggestion.accept", crew) == "unknown_crew"
    past = {"suggestion": own, "start": world.now - 9 * HOUR_US}
    assert refusal(world, "suggestion.accept", past) == "in_the_past"
    world.do("service.plan", {"start": world.now, "duration_h": 100}, machine="mill-0")
    assert refusal(world, "suggestion.accept", {"suggestion": own}) == "service_overlaps"


SKILLED = """
[class.mill.service]
skill = "hydraulics"
"""
MORNING_US = 1_700_028_000_000_000
"""06:00 by the plant's clock, which is UTC: the crew of the day begins, until 18:00."""


@pytest.mark.parametrize(
    ("crew", "machine", "after_h", "reason"),
    [
        ("day", "mill-0", 0.0, ""),
        ("day", "mill-0", 10.0, ""),
        ("day", "mill-0", 10.5, "crew_off_shift"),
        ("day", "mill-0", -1.0, "crew_off_shift"),
        ("night", "mill-0", 12.0, "crew_lacks_skill"),
        ("night", "press-0", 12.0, ""),
        ("day", "mill-0", 4.0, "crew_busy"),
        ("nobody", "mill-0", 0.0, "unknown_crew"),
    ],
)
def test_a_crew_that_is_chosen_can_do_the_service_then(tmp_path, crew, machine, after_h, reason):
    plant = site_of(tmp_path, SKILLED).plant
    busy = {"state": "planned", "crew": "day", "start": MORNING_US + 5 * HOUR_US, "duration_h": 1}
    start = MORNING_US + round(after_h * HOUR_US)
    service = {"machine": machine, "crew": crew, "start": start, "duration_h": 2.0}
    assert crew_fault(plant, service, [busy]) == reason


def test_the_desk_refuses_a_crew_that_is_off_shift_when_a_person_puts_the_service_elsewhere(world):
    suggestion = world.suggestion("mill-0")
    own, crew = {"suggestion": suggestion["id"]}, suggestion["crew"]
    start = suggestion["start"] + 12 * HOUR_US
    chosen = own | {"start": start, "crew": crew}
    assert refusal(world, "suggestion.accept", chosen) == "crew_off_shift"
    assert services(world) == []
    assert refusal(world, "suggestion.accept", own | {"start": start}) is None
    (_, state, other), *_ = services(world)
    assert (state, other) == ("planned", "night" if crew == "day" else "day")
    (service,) = world.document("services", "desk")
    back = {"service": service["id"], "start": suggestion["start"], "duration_h": 1.0}
    world.do("service.move", back, machine="mill-0")
    world.desk_step()
    assert [who for *_, who in services(world)] == [crew]


@pytest.mark.parametrize(
    ("busy", "later_h", "start_h", "want"),
    [
        (False, 0.0, None, ("day", "")),
        (True, 0.0, None, (None, "no_crew_then")),  # its crew was promised elsewhere since
        (False, 0.2, None, ("day", "")),
        (False, 11.0, None, (None, "no_crew_then")),  # it would outlast the shift
        (False, 13.0, None, ("night", "")),  # by who is there when it is accepted
        (False, 9.0, 1.0, ("day", "in_the_past")),
    ],
)
def test_who_services_is_there_and_free_when_it_begins(tmp_path, busy, later_h, start_h, want):
    plant = site_of(tmp_path).plant
    suggestion = {"id": "s", "machine": "press-0", "crew": "day", "alternatives": ()}
    suggestion |= {"start": MORNING_US, "end": MORNING_US + 2 * HOUR_US}
    other = {"state": "planned", "machine": "mill-0", "crew": "day", "suggestion": "t"}
    known = [other | {"start": MORNING_US + HOUR_US, "duration_h": 1.0}] if busy else []
    start = None if start_h is None else MORNING_US + round(start_h * HOUR_US)
    now_us = MORNING_US + round(later_h * HOUR_US)
    detail = {"start": start, "crew": None}
    service, fault = accepted_service(plant, known, suggestion, detail, now_us)
    assert (service["crew"], fault) == want


@pytest.mark.parametrize("closed", ["", 'crews = ["night"]\n'])
def test_a_service_is_put_elsewhere_only_where_a_crew_is_there(tmp_path, closed):
    """Nobody of the day is there at night, and on the closed day not even those of the night."""
    day = datetime.fromtimestamp(T0_US / 1e6, UTC).date()
    closure = f"[[closure]]\nfrom = {day}\nto = {day + timedelta(days=7)}\n{closed}"
    plant = site_of(tmp_path, closure).plant
    at = MORNING_US + 13 * HOUR_US
    service = {"machine": "mill-0", "crew": "day", "start": at, "duration_h": 2.0}
    assert crew_for(plant, service, [], None) == (None, "no_crew_then")
    assert crew_for(plant, service, [], "day") == ("day", "crew_off_shift")
    later = service | {"start": at + 8 * 24 * HOUR_US}
    assert crew_for(plant, later, [], None) == ("night", "")
    morning = service | {"start": MORNING_US}
    assert crew_for(plant, morning, [], None) == (("day", "") if closed else (None, "no_crew_then"))


def test_a_veto_wants_a_reason(world):
    own = world.suggestion("mill-0")["id"]
    assert refusal(world, "suggestion.veto", {"suggestion": own}) == "malformed"
    assert refusal(world, "suggestion.veto", {"suggestion": own, "reason": "x"}) is None
    assert world.document("decisions")["vetoes"][0]["until"] == world.now + 24 * HOUR_US


def test_a_veto_that_has_run_out_cannot_be_taken_back(world):
    own = world.suggestion("mill-0")["id"]
    veto = world.do("suggestion.veto", {"suggestion": own, "reason": "x", "hours": 1})
    world.desk_step()
    world.pass_time(2.0)
    world.do("suggestion.veto", {"suggestion": own, "reason": "y"})
    assert undo(world, veto) == "veto_over"


# --- plans ------------------------------------------------------------------------------------
def proposed(world, order_id="RUSH"):
    world.add_order(order_id, priority=1, due_h=10)
    world.settle()
    return world.document("proposed")["version"]


def test_adopting_is_taken_back_to_the_plan_before(world):
    before = world.document("in_force")
    adopted = world.do("plan.adopt", {"version": proposed(world)})
    world.desk_step()
    assert world.document("in_force")["version"] != before["version"]
    assert undo(world, adopted) is None
    now = world.document("in_force")
    assert (now["version"], now["operations"]) == (before["version"], before["operations"])


def test_adopting_is_not_taken_back_past_a_later_one(world):
    first = world.do("plan.adopt", {"version": proposed(world)})
    world.do("plan.adopt", {"version": proposed(world, "RUSH-2")})
    assert undo(world, first) == "newer_plan"


def test_plans_that_are_not_there_are_refused(world):
    in_force = world.document("in_force")["version"]
    assert refusal(world, "plan.adopt", {"version": in_force}) == "already_in_force"
    assert refusal(world, "plan.adopt", {"version": 99}) == "unknown_plan"
    assert refusal(world, "plan.adopt", {"point": "none"}) == "unknown_plan"
    assert refusal(world, "plan.adopt", {}) == "malformed"


def test_the_first_plan_cannot_be_taken_back(world):
    journal = world.document("journal", "desk")
    first = next(x for x in journal if x["verb"] == "plan.adopt")
    assert undo(world, first["id"]) == "first_plan"


# --- locks ------------------------------------------------------------------------------------
def test_a_locked_operation_is_where_it_was_put_in_every_plan_until_it_is_unlocked(world):
    o = waiting(world)
    to = next(m for m in ("press-2", "press-3") if m != o["machine"])
    start = o["start"] + 5 * HOUR_US
    lock = world.do("operation.lock", lock_of(o, machine=to, start=start))
    assert "lock" in world.settle()
    for name in ("in_force", "in_force_now", "proposed"):
        found = next(
            x
            for x in world.document(name)["operations"]
            if (x["order"], x["step"]) == (o["order"], o["step"])
        )
        assert (found["machine"], found["pin"]) == (to, "locked")
        assert abs(found["start"] - start) < 60_000_000
    assert undo(world, lock) is None
    assert world.document("decisions")["locks"] == []
    assert waiting(world) == o


def test_unlocking_is_taken_back_too(world):
    o = waiting(world)
    world.do("operation.lock", lock_of(o))
    unlock = world.do("operation.unlock", {"order": o["order"], "step": 1})
    assert refusal(world, "operation.unlock", {"order": o["order"], "step": 1}) == "not_locked"
    assert undo(world, unlock) is None
    assert [k["order"] for k in world.document("decisions")["locks"]] == [o["order"]]


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"order": "NONE"}, "unknown_order"),
        ({"step": 9}, "unknown_operation"),
        ({"machine": "mill-0"}, "machine_cannot"),
        ({"start": 1}, "in_the_past"),
    ],
)
def test_an_operation_that_cannot_be_locked_there_says_why(world, more, reason):
    assert refusal(world, "operation.lock", lock_of(waiting(world), **more)) == reason


def test_what_has_begun_is_not_locked(world):
    from twin.types import Event

    o = waiting(world)
    detail = {"order": o["order"], "step": 1, "machine": o["machine"]}
    world.store.add_events([Event(world.now, "operation_start", o["machine"], detail)])
    assert refusal(world, "operation.lock", lock_of(o)) == "operation_begun"


# --- exactly once -----------------------------------------------------------------------------
def decide(world, step):
    """One of each, a commit between."""
    ids = {m: world.suggestion(m)["id"] for m in ("mill-0", "press-1")}
    o = waiting(world)
    world.do("suggestion.accept", {"suggestion": ids["mill-0"]}, token="a-1")
    world.do("suggestion.accept", {"suggestion": ids["mill-0"]}, token="a-1")
    step()
    world.do("suggestion.veto", {"suggestion": ids["press-1"], "reason": "fair"})
    world.do("operation.lock", lock_of(o))
    step()
    world.do("plan.adopt", {"version": world.document("proposed")["version"]})
    step()


def outcome(world):
    decided = world.document("decisions")
    journal = [(x["verb"], x["outcome"], x["n"]) for x in world.document("journal", "desk")]
    return {
        "services": services(world),
        "decided": {name: len(found) for name, found in decided.items()},
        "in_force": world.document("in_force")["version"],
        "journal": journal,
    }


def test_killed_anywhere_every_decision_is_kept_once(tmp_path):
    def run(dies_at=None, after=False):
        folder = tmp_path / f"{dies_at}-{after}"
        folder.mkdir()
        world = filled(folder)
        world.add_order("RUSH", priority=1, due_h=10)
        world.settle()
        step = world.desk_step
        decide(world, step if dies_at is None else dying_desk(world, step, dies_at, after))
        return outcome(world)

    wanted = run()
    assert wanted["decided"] == {"vetoes": 1, "locks": 1, "accepted": 1}
    for after in (False, True):
        for dies_at in range(1, 24, 4):
            assert run(dies_at, after) == wanted, (dies_at, after)

"""What is news to a planner, how long news may gather, and how often a plan is tried."""

from contextlib import suppress

import numpy as np
import pytest
from planning_bench import World, planned_world, situation

from twin.errors import StoreError
from twin.pipeline.planning import loop
from twin.pipeline.planning.occasion import Occasion
from twin.pipeline.planning.signs import Waiting, signs_of, why_new
from twin.types import Event

pytestmark = pytest.mark.usefixtures("known_cost")


@pytest.fixture
def world(tmp_path):
    return planned_world(tmp_path, 4, mill_0=60.0)


def test_changes_in_quick_succession_are_one_reason_and_the_most_pressing(tmp_path):
    world = World(tmp_path)
    world.settle()

    quiet = signs_of(situation(world.site))
    order = {"quantity": 1, "release": 0, "due": 1 << 60, "priority": 3, "state": "open"}
    one = signs_of(situation(world.site)._replace(orders={"A": order | {"id": "A", "steps": []}}))
    both = one._replace(failed=frozenset({"mill-0"}))
    waiting = Waiting(quiet_s=2.0, longest_s=6.0)
    assert waiting.look(quiet, quiet, 0.0) is None
    assert waiting.look(quiet, one, 1.0) is None
    assert waiting.look(quiet, both, 2.5) is None
    assert waiting.look(quiet, both, 3.5) is None  # 1 s after the last that came
    assert waiting.look(quiet, both, 4.5) == "breakdown"
    stormy = Waiting(quiet_s=2.0, longest_s=6.0)
    whys = [
        stormy.look(quiet, one._replace(vetoes=frozenset({(n, n)})), float(n)) for n in range(1, 9)
    ]
    assert whys[:6] == [None] * 6
    assert whys[6] == "veto"  # it does not wait for ever


@pytest.mark.parametrize(
    ("before_h", "after_h", "is_news"),
    [(60.0, 62.0, False), (400.0, 100.0, True), (9e9, 1e6, False)],
)
def test_a_risk_asks_for_a_plan_when_it_leaves_its_band(tmp_path, before_h, after_h, is_news):
    """Log odds of failing in a week with mean life µ: ln(e^(168/µ) − 1)."""
    site = World(tmp_path).site
    before, after = (
        signs_of(situation(site, lives={"mill-0": hours})) for hours in (before_h, after_h)
    )
    assert (why_new(before, after) == "risk") == is_news


def test_each_word_of_a_person_and_each_turn_of_a_machine_is_a_reason_of_its_own(tmp_path):
    site = World(tmp_path).site
    hour, kit = 3_600_000_000, {"machine": "mill-0", "duration_h": 2.0, "crew": None}
    now = situation(site).now_us
    by_hand = kit | {"id": "a", "start": now + hour}
    advised = kit | {"id": "b", "start": now + 9 * hour, "suggestion": "service-mill-0"}
    veto = {"suggestion": "x", "machine": "mill-1", "until": now + hour}

    def signs(services=(), vetoes=(), failed=(), later=0):
        found = situation(site, now_us=now + later, services=services)
        decided = found.decisions._replace(vetoes=vetoes)
        down = dict.fromkeys(failed, now)
        return signs_of(found._replace(decisions=decided, failed_us=down))

    whys = [
        (signs(), signs([by_hand]), "service"),
        (signs([by_hand]), signs([by_hand | {"start": now + 5 * hour}]), "service"),
        (signs([by_hand]), signs([]), "service"),  # called off
        (signs([by_hand]), signs([], later=4 * hour), None),  # its time is over
        (signs(), signs([advised]), "accepted"),
        (signs([advised]), signs([advised | {"start": now + 8 * hour}]), "service"),
        (signs(), signs(vetoes=[veto]), "veto"),
        (signs(vetoes=[veto]), signs(), "allowed"),
        (signs(vetoes=[veto]), signs(vetoes=[veto], later=2 * hour), "allowed"),
        (signs(), signs(failed=["mill-0"]), "breakdown"),
        (signs(failed=["mill-0"]), signs(), "repair"),
        (signs(failed=["mill-0"]), signs(failed=["mill-1"]), "breakdown"),
    ]
    assert [why_new(before, after) for before, after, _ in whys] == [why for *_, why in whys]


def test_what_runs_and_ends_as_planned_asks_for_no_plan(world):
    world.settle()
    o = min(world.document("in_force")["operations"], key=lambda o: o["start"])
    detail = {"order": o["order"], "step": o["step"], "machine": o["machine"]}
    world.store.add_events([Event(world.now, "operation_start", o["machine"], detail)])
    assert world.settle() == []
    told = world.document("in_force_now") or world.document("in_force")
    assert told["version"] == world.document("in_force")["version"]


@pytest.mark.parametrize(("speed", "every_s"), [(1.0, 600.0), (30.0, 120.0), (600.0, 60.0)])
def test_an_hour_of_the_plant_asks_for_a_plan_within_one_and_ten_minutes(tmp_path, speed, every_s):
    now = situation(World(tmp_path).site)._replace(speed=speed)
    signs, occasion = signs_of(now), Occasion()
    occasion.planned(signs, now, 0.0)
    assert occasion.why(signs, now, None, every_s - 1.0) is None
    assert occasion.why(signs, now, None, every_s) == "clock"


def test_orders_that_come_one_by_one_do_not_keep_the_solver_running(world):
    world.settle()
    planned = []
    for n in range(40):
        world.add_order(f"N-{n}", quantity=1)
        planned.append(world.step())
        world.wall += 1.0
    assert 2 <= sum(why is not None for why in planned) <= 4
    world.store.add_events([Event(world.now, "failure", "mill-0", {"mode": None})])
    for _ in range(8):
        planned.append(world.step())
        world.wall += 1.0
    assert "breakdown" in planned


def test_a_round_that_fails_is_tried_again_after_ever_longer_waits(world, monkeypatch):
    world.store.add_events([Event(world.now, "failure", "mill-0", {"mode": None})])
    world.desk_step()
    real, tried = loop.make_proposal, []

    def failing(*given):
        tried.append(world.wall)
        if len(tried) < 4:
            raise StoreError("away for a moment")
        return real(*given)

    monkeypatch.setattr(loop, "make_proposal", failing)
    whys = []
    for _ in range(60):
        world.wall += 1.0
        with suppress(StoreError):
            whys.append(world.loop.step(world.site))
    waits = np.diff(tried)
    assert len(tried) == 4
    assert (waits >= [4.0, 8.0, 16.0]).all()
    assert [why for why in whys if why] == ["breakdown"]

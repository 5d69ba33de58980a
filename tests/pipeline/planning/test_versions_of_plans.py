"""Numbers of plans: kept over a restart, never given twice, and the newest kept whole."""

import pytest
from planning_bench import planned_world

pytestmark = pytest.mark.usefixtures("known_cost")


@pytest.fixture
def world(tmp_path):
    return planned_world(tmp_path, 4, mill_0=60.0)


def test_a_planner_that_starts_again_goes_on_from_its_documents(world):
    versions = [v["version"] for v in world.document("versions")]
    in_force = world.document("in_force")
    world.restart()
    world.add_order("RUSH", priority=1, due_h=10)
    world.settle()
    assert world.document("in_force") == in_force
    now = [v["version"] for v in world.document("versions")]
    assert now[: len(versions)] == versions
    assert now[len(versions)] == versions[-1] + 1


def test_only_the_newest_plans_are_kept_whole_and_heads_for_longer(world, monkeypatch):
    monkeypatch.setattr("twin.pipeline.planning.kept.PLANS_KEPT", 3)
    for n in range(6):
        world.add_order(f"R-{n}", quantity=5, priority=1, due_h=10)
        world.settle()
    whole = world.store.documents("schedule_plans")
    versions = [v["version"] for v in world.document("versions")]
    heads = {f"plan-{v['version']}" for v in world.document("versions") if v["whole"]}
    assert heads == set(whole)
    assert len(versions) >= 6
    in_force = world.document("in_force")["version"]
    assert set(whole) == {f"plan-{v}" for v in {in_force, *versions[-3:]}}


def test_no_number_of_a_plan_that_is_kept_is_given_again(world):
    kept = world.store.documents("schedule_plans")
    newest = max(int(name.removeprefix("plan-")) for name in kept)
    spoilt = {"versions": b"{", "proposed": b"{", "in_force": b"{"}
    world.store.set_documents("schedule", spoilt)
    world.restart()
    world.settle()
    assert world.document("proposed")["version"] > newest
    assert {n: world.store.documents("schedule_plans")[n] for n in kept} == kept

"""Plan against plan: what moved, and what it does to each cost."""

from typing import Any

from fake_plant import FakePlant

from dashboard.states.schedule.schedule_compare import compared, moved_operations, moved_services

HOUR = 3_600_000_000
MINUTE = 60_000_000


def shifted(plan: dict[str, Any], n: int, **changes: Any) -> dict[str, Any]:
    """The plan with its n-th operation changed."""
    operations = [o | changes if k == n else o for k, o in enumerate(plan["operations"])]
    return plan | {"operations": operations}


def late_operation(plan: dict[str, Any]) -> int:
    """One that ends after the plan begins, and starts before it ends."""
    found = (n for n, o in enumerate(plan["operations"]) if o["start"] > plan["start"] + HOUR)
    return next(found)


def test_a_plan_compared_with_itself_has_not_moved(fake: FakePlant) -> None:
    plan = fake.schedule.in_force
    found = compared(plan, plan, fake.plant.zone)
    assert (found["n_moves"], found["moves"], found["orders"]) == (0, [], [])
    assert found["n_same"] == len(plan["operations"]) + len(plan["services"])
    assert all(term["delta"] == 0 for term in found["terms"])


def test_one_operation_moved_is_one_move_by_its_hours(fake: FakePlant) -> None:
    plan = fake.schedule.in_force
    n = late_operation(plan)
    was = plan["operations"][n]
    other = next(m.id for m in fake.plant.machines if m.id != was["machine"])
    new = {"start": was["start"] + 90 * MINUTE, "end": was["end"] + 90 * MINUTE, "machine": other}
    found = compared(plan, shifted(plan, n, **new), fake.plant.zone)
    (move,) = found["moves"]
    assert (move["order"], move["step"], move["hours"]) == (was["order"], was["step"], 1.5)
    assert (move["from_machine"], move["to_machine"]) == (was["machine"], other)
    assert found["n_machine"] == 1


def test_the_other_way_round_every_move_turns_round(fake: FakePlant) -> None:
    a, b = fake.schedule.in_force, fake.schedule.proposed
    there, back = moved_operations(a, b), moved_operations(b, a)
    turned = [
        m
        | {"from_machine": m["to_machine"], "to_machine": m["from_machine"]}
        | {"from_us": m["to_us"], "to_us": m["from_us"]}
        | {"from_crew": m["to_crew"], "to_crew": m["from_crew"]}
        for m in back
    ]
    assert there
    assert sorted(there, key=str) == sorted(turned, key=str)


def test_less_than_a_minute_is_no_move(fake: FakePlant) -> None:
    plan = fake.schedule.in_force
    n = late_operation(plan)
    start = plan["operations"][n]["start"]
    assert moved_operations(plan, shifted(plan, n, start=start + MINUTE - 1)) == []
    assert len(moved_operations(plan, shifted(plan, n, start=start + MINUTE))) == 1


def test_what_was_over_before_the_later_plan_is_no_move(fake: FakePlant) -> None:
    plan = fake.schedule.in_force
    n = late_operation(plan)
    gone = plan | {"operations": [o for k, o in enumerate(plan["operations"]) if k != n]}
    assert len(moved_operations(plan, gone)) == 1
    later = gone | {"start": plan["operations"][n]["end"]}
    assert moved_operations(plan, later) == []


def test_what_had_begun_and_is_done_since_does_not_come_in(fake: FakePlant) -> None:
    """A plan that is kept up holds no more what is done; the one proposed before still does."""
    plan = fake.schedule.in_force
    n = late_operation(plan)
    begun = plan["operations"][n]
    rest = [o for k, o in enumerate(plan["operations"]) if k != n]
    kept_up = plan | {"operations": rest, "start": begun["start"] + HOUR // 2}
    keys = [(m["order"], m["step"]) for m in moved_operations(kept_up, plan)]
    assert (begun["order"], begun["step"]) not in keys
    assert len(moved_operations(plan | {"operations": rest}, plan)) == 1


def test_another_crew_is_a_move_of_a_service(fake: FakePlant) -> None:
    plan = fake.schedule.in_force
    other = plan["services"][0] | {"crew": "somebody-else"}
    found = moved_services(plan, plan | {"services": [other, *plan["services"][1:]]})
    assert [(m["service"], m["to_crew"]) for m in found] == [("service-1", "somebody-else")]


def test_an_accepted_suggestion_is_the_service_that_it_became(fake: FakePlant) -> None:
    plan = fake.schedule.in_force
    later = [{**s, "id": "7-0"} if s["id"] == "service-1" else s for s in plan["services"]]
    after = plan | {"services": later}
    assert len(compared(plan, after, fake.plant.zone)["moves"]) == 2
    found = compared(plan, after, fake.plant.zone, accepted={"service-1": "7-0"})
    assert found["moves"] == []


def test_an_order_left_out_is_worse_than_any_late_one(fake: FakePlant) -> None:
    plan = fake.schedule.in_force | {"late": [], "left_out": []}
    late = [{"order": "A-1001", "late_h": 200.0}, {"order": "A-1002", "late_h": 3.0}]
    out = [{"order": "A-1003", "reason": "no_room", "by": None}]
    found = compared(plan, plan | {"late": late, "left_out": out}, fake.plant.zone)["orders"]
    assert [(o["order"], o["before"], o["after"]) for o in found] == [
        ("A-1003", 0.0, None),
        ("A-1001", 0.0, 200.0),
        ("A-1002", 0.0, 3.0),
    ]


def test_an_order_of_one_plan_alone_has_not_become_late(fake: FakePlant) -> None:
    plan = fake.schedule.in_force | {"late": [], "left_out": []}
    without = [o for o in plan["operations"] if o["order"] != "A-1001"]
    after = plan | {"late": [{"order": "A-1001", "late_h": 2.0}]}
    assert compared(plan | {"operations": without}, after, fake.plant.zone)["orders"] == []
    assert len(compared(plan, after, fake.plant.zone)["orders"]) == 1


def test_an_order_that_waits_for_a_later_plan_is_not_left_out(fake: FakePlant) -> None:
    plan = fake.schedule.in_force | {"late": [], "left_out": []}
    new = [{"order": "A-1003", "reason": "not_in_plan", "by": None}]
    assert compared(plan, plan | {"left_out": new}, fake.plant.zone)["orders"] == []


def test_what_is_saved_is_not_said_of_plans_of_two_moments(fake: FakePlant) -> None:
    a, b = fake.schedule.in_force, fake.schedule.proposed
    assert compared(a, b, fake.plant.zone)["saves"] is None
    assert compared(a, b, fake.plant.zone, {"saves": 0.0, "terms_before": None})["saves"] is None


def test_terms_of_one_moment_go_before_those_of_the_plans(fake: FakePlant) -> None:
    plan = fake.schedule.in_force
    changes = {
        "saves": 12.0,
        "terms_before": plan["terms"] | {"total": 50.0},
        "terms_after": plan["terms"] | {"total": 38.0},
    }
    found = compared(plan, fake.schedule.proposed, fake.plant.zone, changes)
    total = next(term for term in found["terms"] if term["term"] == "total")
    assert (total["before"], total["after"], total["delta"]) == (50.0, 38.0, -12.0)
    assert found["saves"] == 12.0

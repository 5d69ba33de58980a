"""Months under policies: the same lives for all, crews that keep their shifts, a clairvoyant that
nobody beats, and a report of the shape that is promised."""

from pathlib import Path

import numpy as np
import pytest

import twin.demo
from twin.evaluation import plant_choices, plant_score
from twin.evaluation.plant_asks import (
    HOURS,
    Interval,
    KnownWear,
    Oracle,
    Planner,
    Threshold,
)
from twin.evaluation.plant_crews import Ask, Crews
from twin.evaluation.plant_lives import machine_lives, new_lives
from twin.evaluation.plant_months import EPOCH_H, NOTICE_H, Months, Policy, run_months
from twin.evaluation.plant_policy import evaluate_policy
from twin.evaluation.plant_report import POLICIES, policy_lines
from twin.evaluation.plant_risk import expected_failures
from twin.modelfile import load_model
from twin.pipeline.risk_read import RiskRead
from twin.plant import load_plant

DEMO = Path(next(iter(twin.demo.__path__)))
HOURS_RUN, PERIOD_S = 1080.0, 900.0
RATE = {"mill": 4.0, "pump": 2.1}
COURSE = {c: load_model(DEMO / f"models/{c}.json").hazard_model.course for c in RATE}


@pytest.fixture(scope="module")
def plant_file(tmp_path_factory):
    """The demonstration plant with four mills and three pumps, and no products."""
    text = (DEMO / "plant.toml").read_text("utf-8")
    head, *machines = text.split("[[machine]]")
    kept = [m for m in machines if m.startswith(tuple(f'\nid = "{i}"' for i in KEPT))]
    crews = "[[crew]]" + text.split("[[crew]]", 1)[1]
    plain = ["[[machine]]" + m.split("# ----")[0].split("[[product]]")[0] for m in kept]
    path = tmp_path_factory.mktemp("plant") / "plant.toml"
    path.write_text(head + "".join(plain) + crews, "utf-8")
    return path


KEPT = ("mill-01", "mill-02", "mill-03", "mill-04", "pump-01", "pump-02", "pump-03")


@pytest.fixture(scope="module")
def plant(plant_file):
    return load_plant(plant_file)


@pytest.fixture(scope="module")
def lives(plant):
    return {
        c: machine_lives(plant, c, load_model(DEMO / f"models/{c}.json"), 4, 3, PERIOD_S)
        for c in ("mill", "pump")
    }


@pytest.fixture(scope="module")
def passed(plant, lives):
    """Every policy's months on the same lives."""
    policies = {
        "run_to_failure": Policy(),
        "interval": Interval({"mill": 400.0, "pump": 330.0}),
        "threshold": Threshold(),
        "twin": Planner(RATE, COURSE),
        "without_course": Planner(RATE),
        "known": KnownWear(RATE, {"mill": 0.035, "pump": 0.04}),
        "oracle": Oracle(RATE),
    }
    return {n: run_months(plant, lives, HOURS_RUN, 3, p) for n, p in policies.items()}


def test_the_same_seed_makes_the_same_lives(plant, lives):
    again = machine_lives(plant, "pump", load_model(DEMO / "models/pump.json"), 4, 3, PERIOD_S)
    for one, other in zip(lives["pump"], again, strict=True):
        assert np.array_equal(one, other)


def test_machines_fail_when_their_lives_end_and_at_no_other_time(passed, lives):
    """Under run to failure, life after life, from the lives alone."""
    months = passed["run_to_failure"]
    stops = {i: [] for i in range(len(months.machines))}
    for i, start_h, end_h in months.down:
        stops[i].append((start_h, end_h))
    n = {"mill": 4, "pump": 3}
    for i, own in stops.items():
        class_id = months.classes[months.class_of[i]]
        begun, place = 0.0, i - 4 * (class_id == "pump")
        for j, (start_h, end_h) in enumerate(own):
            assert start_h == pytest.approx(
                begun + lives[class_id].length_h[j * n[class_id] + place]
            )
            begun = end_h
        assert begun + lives[class_id].length_h[len(own) * n[class_id] + place] >= HOURS_RUN


def test_run_to_failure_plans_nothing_and_uses_all_of_a_life(passed):
    tally = passed["run_to_failure"].tally
    assert tally.services.sum() == 0
    assert tally.failures.sum() > 5
    assert np.array_equal(tally.used, tally.lives)


def test_the_clairvoyant_costs_least_and_fails_least(passed):
    cost = {name: months.tally.cost.sum() for name, months in passed.items()}
    assert min(cost, key=cost.get) == "oracle"
    failures = {name: months.tally.failures.sum() for name, months in passed.items()}
    assert failures["oracle"] == min(failures.values())


def test_costs_are_those_of_the_plant_file(passed):
    """Recomputed from what stood and why."""
    for months in passed.values():
        tally = months.tally
        want = tally.services * months.planned + tally.failures * months.failure
        assert tally.cost == pytest.approx(want + tally.down_h * months.per_h)
        assert tally.lives == pytest.approx(tally.services + tally.failures)


def test_interval_never_serves_before_its_age(plant, lives):
    class Spy(Interval):
        def asked(self, months, /):
            found = super().asked(months)
            ages.extend(months.age_h[found.who].tolist())
            return found

    ages = []
    run_months(plant, lives, HOURS_RUN, 3, Spy({"mill": 400.0, "pump": 330.0}))
    assert min(ages) >= 330.0 - NOTICE_H


def test_threshold_serves_only_what_has_alarmed(plant, lives):
    """Every service begins a notice or more after the alarm of the life that it ends."""
    months = Months(plant, lives, HOURS_RUN, 3)
    policy, served = Threshold(), 0
    while months.now_h < HOURS_RUN:
        months.plan(policy.asked(months))
        for booking in months.crews.booked.values():
            alarm = months.begun_h + months.of_life("alarm_h")
            assert booking.start_h >= alarm[booking.machine] + NOTICE_H - 1e-9
            served += 1
        months.pass_epoch()
    assert served > 0


def test_crews_keep_shifts_skills_and_do_one_service_at_a_time(plant, lives):
    """Every booking of the planner, against the plant file by the clock (January: UTC + 1)."""
    booked = set()
    months = Months(plant, lives, HOURS_RUN, 3)
    policy = Planner(RATE)
    while months.now_h < HOURS_RUN:
        months.plan(policy.asked(months))
        booked |= set(months.crews.booked.values())
        months.pass_epoch()
    assert len(booked) > 5
    for one in booked:
        crew = plant.crews[one.crew]
        machine = months.machines[one.machine]
        assert plant.classes[machine.class_id].service.skill in crew.skills
        clock, day = (one.start_h + 1.0) % 24, int((one.start_h + 1.0) // 24) % 7
        end = clock + one.end_h - one.start_h
        if crew.id == "early-mechanics":
            assert clock >= 6
            assert end <= 14
            assert day < 6
        if crew.id == "late-mechanics":
            assert clock >= 14
            assert end <= 22
            assert day < 5
        for other in booked:
            if other is not one and other.crew == one.crew:
                assert one.end_h <= other.start_h or other.end_h <= one.start_h


def test_a_service_is_placed_where_it_costs_least_and_two_do_not_meet(plant):
    crews = Crews(plant, 400.0)
    skill = crews.skills.index("machining")
    cost = np.abs(HOURS - 31.0)  # 31 h after Monday 0:00 UTC: Tuesday 8:00 by the plant's clock
    asks = [Ask(i, 0, skill, 3.0, cost) for i in (0, 1)]
    first, second = crews.place(0.0, asks, NOTICE_H)
    assert {first.start_h, second.start_h} == {31.0, 34.0}
    crews.book(first)
    [third] = crews.place(0.0, [Ask(2, 0, skill, 3.0, cost)], NOTICE_H)
    assert third.start_h == (34.0 if first.start_h == 31.0 else 31.0)
    assert crews.release(first.machine) == first
    [again] = crews.place(0.0, [Ask(2, 0, skill, 3.0, cost)], NOTICE_H)
    assert again.start_h == 31.0  # its shift ends at 14:00, so not before and after alike


def test_the_planner_asks_when_a_day_of_waiting_risks_more_than_it_saves(plant, lives):
    """C(s) = (failure − planned) F(s) − g s with F linear: its slope's sign decides."""

    class Told(Planner):
        def __init__(self, slope):
            super().__init__(RATE)
            self.slope = slope

        def _failure_p(self, months):
            return self.slope * np.ones((len(months.machines), 1)) * HOURS

    months = Months(plant, lives, HOURS_RUN, 3)
    dearer = (months.failure_cost - months.planned_cost)[0]
    assert not Told(0.9 * RATE["mill"] / dearer).asked(months).who[0]
    assert Told(1.1 * RATE["mill"] / dearer).asked(months).who[0]


def test_the_planner_reads_what_a_view_row_holds_as_the_running_one_does(plant, lives):
    months = Months(plant, lives, HOURS_RUN, 3)
    for _ in range(60):
        months.pass_epoch()
    said = months.at_look("failure_p")
    found = Planner(RATE, COURSE)._failure_p(months)
    for i, p in enumerate(said[:, [2, 6, 42]]):  # 8, 24, 168 h, every 4 h
        row = np.array([(p,)], [("p", "f8", (3,))])[0]
        course = tuple(COURSE[months.classes[months.class_of[i]]])
        read = RiskRead(row, [8.0, 24.0, 168.0], 1.0, course).acted_on(HOURS)
        np.testing.assert_allclose(found[i], read, rtol=1e-9, atol=1e-15)
    assert (said[:, 6] > 0.01).any()


def test_the_planner_takes_the_hour_that_orders_can_spare(plant, lives):
    class Busy:
        def late_money(self, *told):
            return np.where(told[2] == 21.0, 0.0, 1e6)

    months = Months(plant, lives, HOURS_RUN, 3)
    while not Planner(RATE).asked(months).who.any():
        months.pass_epoch()
    months.backlog = Busy()
    asked = Planner(RATE).asked(months)
    assert (asked.cost[asked.who].argmin(axis=1) == 21).all()


def test_alarms_come_after_their_delay_and_only_then(plant):
    """Against a count sample by sample of a spindle that vibrates now and then."""
    from twin.evaluation.plant_lives import _Follower
    from twin.sources.physics.fleet import Block

    mill, rng = plant.classes["mill"], np.random.default_rng(2)
    follower = _Follower(mill, load_model(DEMO / "models/mill.json"), np.zeros(3), 60.0)
    n_times, m, lanes = 240, len(mill.sensors), len(mill.lane_ids)
    seen = []
    for _ in range(3):
        values = np.full((n_times, 3, lanes), 30.0, np.float32)
        values[:, :, :m] = [np.mean(s.normal) for s in mill.sensors]
        values[:, :, 0] = np.where(rng.random((n_times, 3)) < [0.2, 0.6, 0.75], 3.5, 1.0)
        seen.append(values[:, :, 0] > 2.8)
        times = np.arange(n_times)[:, None] * 60_000_000 + np.zeros((1, 3), np.int64)
        quality = np.zeros((n_times, 3), np.uint32)
        here = np.ones((n_times, 3), bool)
        follower._watch(Block(times, values, quality, here, [], []))
        follower.said.append(follower.said[0])
    beyond = np.concatenate(seen)
    for i in range(3):
        run, first = 0, np.inf
        for t, is_beyond in enumerate(beyond[:, i]):
            run = run + 1 if is_beyond else 0
            if run == 5 and np.isinf(first):  # on_delay_s = 300
                first = (t + 1) / 60.0
        assert follower.alarm_h[i] == pytest.approx(first)


def test_failures_to_expect_are_hours_up_times_a_constant_hazard(plant, lives):
    level = {"mill": 2e-4, "pump": 5e-4}
    even = {c: k._replace(hazard_h=np.full_like(k.hazard_h, level[c])) for c, k in lives.items()}
    months = run_months(plant, even, HOURS_RUN, 3, Interval({"mill": 500.0, "pump": 420.0}))
    stood = np.zeros(7)
    for i, start_h, end_h in months.down:
        stood[i] += min(end_h, HOURS_RUN) - start_h
    assert months.tally.failures.sum() > 0
    want = months.by_class(level) * (HOURS_RUN - stood)
    np.testing.assert_allclose(expected_failures(months), want, rtol=1e-5)


def test_as_many_machines_fail_as_were_to_be_expected(passed):
    """Within four standard deviations of the mean of a count."""
    for name in ("run_to_failure", "interval", "twin"):
        found, expected = passed[name].tally.failures.sum(), expected_failures(passed[name]).sum()
        assert abs(found - expected) < 4 * np.sqrt(max(expected, 1.0))


def test_more_machines_are_made_than_one_life_and_lives_differ(plant):
    lives = new_lives(plant, "pump", load_model(DEMO / "models/pump.json"), 6, 3, PERIOD_S)
    assert len(set(lives.length_h)) == 6
    assert (lives.offset_h == 0).all()
    late = lives.failure_p[(lives.length_h // EPOCH_H).astype(int), np.arange(6), 6]
    assert (late > 20 * lives.failure_p[10, :, 6].mean()).mean() > 0.5


def test_the_report_has_the_shape_that_is_promised(plant_file, monkeypatch):
    monkeypatch.setattr(plant_score, "BASIS_LIVES", 12)
    monkeypatch.setattr(plant_score, "LIFE_H", 700.0)
    few = {"fixed_interval": (0.85,), "tuned": (1.0, 1.4), "known_wear": (1.0,)}
    monkeypatch.setattr(plant_choices, "FACTORS", few)
    found = evaluate_policy(
        plant_file, 0.6, 1, models=DEMO / "models", period_s=1800.0, training=(9,), processes=1
    )
    assert (found["months"], found["seeds"]) == (0.6, 1)
    assert tuple(found["policies"]) == POLICIES
    for row in found["policies"].values():
        assert {"cost", "failures", "downtime_h", "tardiness_h", "energy", "life_used"} <= set(row)
        assert row["cost_ratio_ci"][0] <= row["cost_ratio"] <= row["cost_ratio_ci"][1]
    assert found["policies"]["oracle"]["cost_ratio"] == 1.0
    assert set(found["classes"]) == {"mill", "pump"}
    lines = policy_lines(found)
    assert any(line.startswith("twin ") for line in lines)

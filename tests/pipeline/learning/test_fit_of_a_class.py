"""`twin fit` on a small fleet made here: two failure modes, repairs, services, dense samples."""

import numpy as np
import pytest

from twin.core.hazard_risk import assess
from twin.core.rows import row_dtype
from twin.modelfile import parse_model
from twin.pipeline.learning.fit_class import fit_class
from twin.pipeline.learning.learn import landmarks, life_trace
from twin.pipeline.learning.lives import HistoryEvent, cut_lives
from twin.plant import MachineClass

STEP_US = 3_600_000_000
PERIOD_US = STEP_US // 4
CLASS = MachineClass.model_validate(
    {
        "period_s": 900,
        "step_s": 3600,
        "sensor": [
            {"id": "temp", "unit": "degC", "normal": [40, 80]},
            {"id": "vib", "unit": "mm/s", "normal": [0, 6]},
            {"id": "dead", "unit": "bar", "normal": [0, 2]},
        ],
        "input": [{"id": "load", "unit": "%", "range": [0, 100]}],
        "failure_mode": [{"id": "hot"}, {"id": "loose"}],
    }
)


def fleet(n_machines: int = 14, days: int = 60):
    """Wear of two kinds, each at a pace of its own; a life ends where either reaches 1, or at
    three weeks in service. Returns histories and events."""
    rng = np.random.default_rng(0)
    histories, events = {}, []
    per_life = days * 24 * 4
    for m in range(n_machines):
        name, parts, t = f"m{m}", [], 0
        while t < per_life:
            pace = rng.gamma(16.0, 1 / (16.0 * 380), 2) / 4 * [1.0, 0.9]
            fatal = 1 / pace
            n = int(min(fatal.min(), 21 * 24 * 4, per_life - t))
            wear = pace * np.arange(1, n + 1)[:, None]
            rows = np.zeros(n, row_dtype(4))
            rows["time"] = (t + np.arange(1, n + 1)) * PERIOD_US
            load = 50 + 30 * np.sin(np.arange(n) / 11) + rng.normal(0, 5, n)
            rows["value"][:, 0] = 50 + 20 * wear[:, 0] ** 2 + 0.1 * load + rng.normal(0, 1, n)
            rows["value"][:, 1] = 2 + 3 * wear[:, 1] ** 2 + rng.normal(0, 0.3, n)
            rows["value"][:, 2] = 1.0
            rows["value"][:, 3] = load
            parts.append(rows)
            end = int(rows["time"][-1])
            if n == int(fatal.min()):
                mode = CLASS.modes[int(fatal.argmin())].id
                events.append(HistoryEvent(name, end, "failure", mode))
            elif t + n < per_life:
                events.append(HistoryEvent(name, end, "service"))
            t += n + 8
            events.append(HistoryEvent(name, t * PERIOD_US, "reset"))
        histories[name] = np.concatenate(parts)
    return histories, events


@pytest.fixture(scope="module")
def fitted():
    histories, events = fleet()
    model = fit_class("mill", CLASS, histories, events, horizon=240.0)
    return histories, events, parse_model(model.model_dump_json(by_alias=True))


def test_report_counts_what_was_learnt_from(fitted):
    histories, events, model = fitted
    failures = [e for e in events if e.kind == "failure"]
    assert sum(model.fitted["failures"].values()) == len(failures)
    assert model.fitted["machines"] == len(histories)
    assert model.fitted["sensors_without_information"] == ["dead"]
    assert not model.hazard().provisional
    assert len(failures) > 20


def test_answer_to_load_is_learnt(fitted):
    trend = fitted[2].trend(CLASS)
    assert trend.gain[0, 0, 0] == pytest.approx(0.1, abs=0.01)
    assert trend.gain[0, 1, 0] == pytest.approx(0.0, abs=0.003)


def test_innovations_are_white_with_variance_one(fitted):
    white = fitted[2].fitted["whiteness"]
    np.testing.assert_allclose(white["variance"], 1.0, atol=0.05)
    np.testing.assert_allclose(white["lag1"], 0.0, atol=0.06)


def test_risk_ranks_lives_that_end_tomorrow_above_the_rest_and_names_the_mode(fitted):
    histories, events, model = fitted
    lives = cut_lives(histories, events, ["hot", "loose"])
    marks = landmarks(model.trend(CLASS), lives, 10**9)
    risk = assess(model.hazard(), marks.level, marks.slope, marks.age, (8.0, 24.0, 168.0))
    soon = (marks.cause >= 0) & (marks.lead <= 24)
    far = marks.lead > 72
    pairs = risk.p[soon, 1][:, None] > risk.p[far, 1][None, ::20]
    assert pairs.mean() > 0.95
    likely = risk.mode_p[soon].argmax(1)
    assert (likely == marks.cause[soon]).mean() > 0.85
    expected, happened = risk.p[:, 1].mean(), soon.mean()
    assert expected == pytest.approx(happened, rel=0.1)


def test_landmarks_stand_a_step_apart_and_know_their_end(fitted):
    histories, events, model = fitted
    lives = cut_lives(histories, events, ["hot", "loose"])[:1]
    marks = landmarks(model.trend(CLASS), lives, 10**9)
    np.testing.assert_allclose(np.diff(marks.age), 1.0)
    end = (lives[0].end_us - lives[0].born_us) / STEP_US
    np.testing.assert_allclose(marks.age + marks.lead, end)
    belief = life_trace(model.trend(CLASS), lives[0])
    np.testing.assert_array_equal(marks.level, belief.level[::4][: len(marks.level)])


def test_service_limit_lets_few_machines_fail(fitted):
    served = fitted[2].fitted["maintenance"]
    assert served["failures"] <= 0.2 * served["lives"]
    assert fitted[2].hazard_model.replace_at > 0


def test_the_usual_course_is_what_the_model_says_of_machines_near_their_service(fitted):
    histories, events, model = fitted
    marks = landmarks(model.trend(CLASS), cut_lives(histories, events, ["hot", "loose"]), 10**9)
    risk = assess(model.hazard(), marks.level, marks.slope, marks.age, (8.0, 24.0, 168.0))
    near = (risk.p[:, 1] > 0.002) & (risk.p[:, 1] < 0.05)
    said = np.log(-np.log1p(-np.minimum(risk.p[near], 1 - 1e-9))).mean(axis=0)
    assert near.sum() > 20
    np.testing.assert_allclose(model.hazard_model.course, said, atol=0.02)


def test_a_history_without_failures_teaches_the_trend_alone():
    histories, events = fleet(n_machines=2, days=15)
    quiet = [e for e in events if e.kind != "failure"]
    model = fit_class("mill", CLASS, histories, quiet)
    assert model.hazard() is None
    assert model.trend(CLASS).gain[0, 0, 0] == pytest.approx(0.1, abs=0.02)

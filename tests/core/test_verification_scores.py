"""Sums of scored forecasts against definitions, closed forms and other people's code."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import minimize

from twin.core.calibration import brier
from twin.core.platt_clusters import cross_validated_brier, platt_of_clusters
from twin.core.verification import (
    EDGES,
    N_BINS,
    N_PARTS,
    bin_of,
    curve_at,
    new_tally,
    outcome_of,
    scores_of,
    skill_interval,
    tally_of,
    weights_of,
    wilson,
)

RAN = 2 * N_PARTS
PROBABILITIES = arrays(np.float64, st.integers(1, 60), elements=st.floats(0, 1))


@given(PROBABILITIES)
def test_bins_hold_what_their_edges_say(p):
    n = bin_of(p)
    assert np.all(EDGES[n] <= p)
    assert np.all((p < EDGES[n + 1]) | (n == N_BINS - 1))


@given(PROBABILITIES, st.data())
def test_tallies_add_up(p, data):
    column = data.draw(arrays(np.int64, len(p), elements=st.integers(0, RAN)))
    cut = data.draw(st.integers(0, len(p)))
    parts = tally_of(p[:cut], column[:cut]) + tally_of(p[cut:], column[cut:])
    assert parts == pytest.approx(tally_of(p, column))


@given(PROBABILITIES, st.data())
def test_without_services_scores_are_the_plain_ones(p, data):
    happened = data.draw(arrays(np.bool_, len(p)))
    part = data.draw(arrays(np.int64, len(p), elements=st.integers(0, N_PARTS - 1)))
    s = scores_of(tally_of(p, np.where(happened, part, RAN)))
    assert s.brier == pytest.approx(brier(p, happened))
    assert s.base_rate == pytest.approx(happened.mean())
    assert s.brier_base == pytest.approx(np.var(happened))


def test_outcome_is_what_came_first():
    inf = np.inf
    failed = np.array([3.0, 24.0, 24.1, 10.0, inf, inf, 12.0])
    served = np.array([inf, inf, inf, 9.0, 23.9, 24.0, 12.0])
    got = outcome_of(failed, served, 24.0)
    kind = np.where(got < N_PARTS, "failed", np.where(got < RAN, "served", "ran"))
    assert kind.tolist() == ["failed", "failed", "ran", "served", "served", "ran", "failed"]
    assert got[0] == 1  # hour 3 of 24 in twelve parts of 2 h: the second part is (2, 4]
    assert got[1] == N_PARTS - 1


def test_weights_equal_kaplan_meier_of_a_published_kind():
    """Six at risk: one fails, then one is serviced, then one fails. KM: 5/6 · 3/4 survive."""
    tally = new_tally()
    tally[0, 0, 0] = 1
    tally[0, N_PARTS + 1, 0] = 1
    tally[0, 2, 0] = 1
    tally[0, RAN, 0] = 3
    failed, ran = weights_of(tally)
    seen = (failed[0] * tally[0, :N_PARTS, 0]).sum()
    assert failed[0, 2] == pytest.approx(5 / 4)
    assert ran[0] == pytest.approx(5 / 4)
    assert seen / 6 == pytest.approx(1 - 5 / 6 * 3 / 4)
    assert seen + ran[0] * 3 == pytest.approx(6)


@given(arrays(np.int64, (N_BINS, 2 * N_PARTS + 1), elements=st.integers(0, 9)))
def test_weights_hand_on_everybody_who_has_somebody_after_them(n):
    tally = new_tally()
    tally[..., 0] = n
    tally[:, RAN, 0] += 1
    failed, ran = weights_of(tally)
    mass = (failed * tally[:, :N_PARTS, 0]).sum(1) + ran * tally[:, RAN, 0]
    assert mass == pytest.approx(tally[..., 0].sum(1))


def test_wilson_interval_is_that_of_the_paper():
    """Newcombe (1998), Stat. Med. 17:857, table I, method 3: 81/263, 15/148, 0/20, 1/29."""
    share = np.array([81 / 263, 15 / 148, 0.0, 1 / 29])
    low, high = wilson(share, np.array([263.0, 148.0, 20.0, 29.0]))
    assert low == pytest.approx([0.2553, 0.0624, 0.0, 0.0061], abs=5e-5)
    assert high == pytest.approx([0.3662, 0.1605, 0.1611, 0.1718], abs=5e-5)


def outcomes(seed: int, slope: float, machines: int = 40) -> tuple[np.ndarray, ...]:
    """Counts by machine and bin where logit of the truth is slope · x."""
    rng = np.random.default_rng(seed)
    x = np.linspace(-3, 3, 13)
    p = 1 / (1 + np.exp(-slope * x))
    n = rng.integers(0, 12, (machines, len(x)))
    failed = rng.binomial(n, p).astype(float)
    return x, failed, n - failed


def test_platt_line_equals_the_likelihoods_maximum_found_another_way():
    x, failed, ran = outcomes(0, 0.7)

    def loss(ab):
        eta = ab[0] + ab[1] * x
        return (np.logaddexp(0, -eta) * failed.sum(0) + np.logaddexp(0, eta) * ran.sum(0)).sum()

    want = minimize(loss, [0.0, 1.0], method="BFGS").x
    fit = platt_of_clusters(x, failed, ran)
    assert [fit.a, fit.b] == pytest.approx(want, abs=1e-4)


@given(st.integers(0, 10_000))
def test_line_of_rare_outcomes_is_where_the_likelihood_is_flat(seed):
    """A few failures among a thousand forecasts of next to nothing: the score is 0 all the same."""
    rng = np.random.default_rng(seed)
    x = np.array([-8.0, -6.0, -4.0, -2.0, 1.0])
    failed = np.array([0, 0, 1, rng.integers(0, 2), rng.integers(1, 3)], dtype=float)[None]
    ran = np.array([900, 300, 200, rng.integers(5, 40), rng.integers(1, 9)], dtype=float)[None]
    fit = platt_of_clusters(x, failed, ran)
    gap = failed[0] - (failed + ran)[0] / (1 + np.exp(-(fit.a + fit.b * x)))
    assert [gap.sum(), gap @ x] == pytest.approx([0, 0], abs=1e-4)


def test_interval_of_the_slope_covers_it_as_often_as_it_says():
    fits = [platt_of_clusters(*outcomes(seed, 0.7)) for seed in range(200)]
    hits = sum(f.b_lo <= 0.7 <= f.b_hi for f in fits)
    assert 180 <= hits <= 198


def test_machines_that_repeat_themselves_do_not_narrow_the_interval():
    """Each forecast said ten times: the same interval, which a count would make 3 × narrower."""
    x, failed, ran = outcomes(1, 1.0)
    once, often = platt_of_clusters(x, failed, ran), platt_of_clusters(x, 10 * failed, 10 * ran)
    assert often.b_hi - often.b_lo == pytest.approx(once.b_hi - once.b_lo, rel=1e-4)


def test_correction_is_judged_on_machines_it_has_not_seen():
    x, failed, ran = outcomes(2, 0.5)
    p = 1 / (1 + np.exp(-x))
    before, after = cross_validated_brier(p, x, failed, ran)
    total = (failed + ran).sum()
    assert before == pytest.approx((failed @ (1 - p) ** 2 + ran @ p**2).sum() / total)
    assert after < before
    honest = cross_validated_brier(p, x, *outcomes(3, 1.0)[1:])
    assert honest[1] == pytest.approx(honest[0], rel=0.02)


def test_skill_of_the_truth_is_positive_and_of_the_base_rate_none():
    x, failed, ran = outcomes(4, 1.0)
    low, high = skill_interval(1 / (1 + np.exp(-x)), failed, ran)
    assert 0 < low < high <= 1
    base = np.full(len(x), failed.sum() / (failed + ran).sum())
    assert skill_interval(base, failed, ran)[1] == pytest.approx(0, abs=0.05)
    assert np.isnan(skill_interval(base, failed[:2], ran[:2])).all()


def test_curve_of_an_exponential_life_is_exact_between_its_points():
    rate = 0.01
    times = np.array([168.0, 8.0, 24.0])
    p = -np.expm1(-rate * times)
    for lead in (0.0, 3.0, 17.0, 100.0, 168.0):
        assert curve_at(times, p, lead) == pytest.approx(-np.expm1(-rate * lead))
    assert curve_at(times, p, 500.0) == pytest.approx(p[0])

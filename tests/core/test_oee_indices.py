"""OEE against worked examples and against its own definition by a second route."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.core.oee import Looks, Tally, indices, tally, total

NAN = float("nan")


def looks(*rows: tuple[float, bool, bool, float, bool, float]) -> Looks:
    return Looks(*(np.array(column) for column in zip(*rows, strict=True)))


def test_worked_example_of_a_shift() -> None:
    """The textbook's shift (Vorne, "Calculating OEE"): 420 min planned, 47 min stopped, 60 pieces
    a minute nominal, 19,271 pieces, 423 rejected: 88.81 %, 86.11 %, 97.80 %, together 74.79 %."""
    run, pieces, rejects = 373.0, 19_271, 423
    rate = pieces / 60 / run
    shift = looks(
        (60 * 47.0, True, False, 0.0, False, NAN),
        (60 * run * (1 - rejects / pieces), True, False, rate, True, 1.0),
        (60 * run * rejects / pieces, True, False, rate, True, 0.0),
    )
    found = indices(tally(shift))
    assert found.availability == pytest.approx(0.8881, abs=5e-5)
    assert found.performance == pytest.approx(0.8611, abs=5e-5)
    assert found.quality == pytest.approx(0.9780, abs=5e-5)
    assert found.oee == pytest.approx(0.7479, abs=5e-5)
    assert not found.is_most


def test_planned_stop_is_in_no_sum() -> None:
    busy = (600.0, True, False, 0.8, True, 1.0)
    assert tally(looks(busy, (3600.0, False, True, NAN, False, NAN))) == tally(looks(busy))


def test_failure_is_lost_availability_whatever_the_machine_sends() -> None:
    """Half of the time failed: A is a half, E and Q are those of the other half."""
    found = indices(
        tally(looks((600.0, True, False, 0.8, True, 1.0), (600.0, True, True, NAN, False, NAN)))
    )
    assert (found.availability, found.performance, found.unknown) == (0.5, 0.8, 0.0)


def test_unknown_time_is_said_and_moves_no_index() -> None:
    known = looks((300.0, True, False, 0.5, True, 1.0))
    both = looks((300.0, True, False, 0.5, True, 1.0), (900.0, True, False, NAN, False, NAN))
    assert indices(tally(both))[:4] == indices(tally(known))[:4]
    assert indices(tally(both)).unknown == 0.75


def test_without_measured_quality_oee_is_a_bound_never_quality_of_one() -> None:
    found = indices(tally(looks((600.0, True, False, 0.8, True, NAN))))
    assert found.quality is None
    assert found.oee == pytest.approx(0.8)
    assert found.is_most


def test_bound_holds_while_one_machine_is_not_graded() -> None:
    graded = tally(looks((600.0, True, False, 0.8, True, 1.0)))
    assert indices(graded, all_graded=False).is_most


def test_plant_that_stood_has_nought_and_one_that_was_off_has_none() -> None:
    stood = indices(tally(looks((600.0, True, False, 0.0, False, NAN))))
    assert (stood.oee, stood.is_most) == (0.0, False)
    assert indices(Tally()).oee is None


def test_rate_above_nominal_counts_as_nominal() -> None:
    assert indices(tally(looks((600.0, True, False, 1.3, True, 1.0)))).performance == 1.0


row = st.tuples(
    st.floats(0, 3600),
    st.booleans(),
    st.booleans(),
    st.one_of(st.just(NAN), st.floats(0, 1.5)),
    st.booleans(),
    st.sampled_from([0.0, 1.0, NAN]),
)


@given(st.lists(row, min_size=1, max_size=12))
def test_indices_are_shares_and_their_product_is_oee(
    rows: list[tuple[float, bool, bool, float, bool, float]],
) -> None:
    found = indices(tally(looks(*rows)))
    parts = [found.availability, found.performance, found.quality]
    assert all(p is None or -1e-9 <= p <= 1 + 1e-9 for p in [*parts, found.oee, found.unknown])
    if found.oee is not None and None not in parts:
        assert found.oee == pytest.approx(np.prod(np.array(parts, dtype=float)))


@given(st.lists(row, min_size=2, max_size=12))
def test_sum_of_looks_is_look_at_all(
    rows: list[tuple[float, bool, bool, float, bool, float]],
) -> None:
    together, apart = tally(looks(*rows)), total([tally(looks(r)) for r in rows])
    assert together == pytest.approx(apart, abs=1e-6)

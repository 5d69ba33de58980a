"""A thinned line has its extremes, its ends and its gaps, and no more points than were asked."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from twin.pipeline.history.thin import thin

POINTS = st.integers(40, 300)


@st.composite
def lines(draw):
    n = draw(st.integers(1, 3000))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    time = np.cumsum(rng.integers(1, 50, n)) * 1_000_000
    value = np.cumsum(rng.normal(size=n)).astype(np.float32)
    value[rng.integers(0, n, 3)] *= 40
    gaps = rng.random(n) < draw(st.sampled_from([0.0, 0.002, 0.2]))
    return time, value, gaps


@given(lines(), POINTS)
def test_extremes_and_ends_are_among_the_points(line, n_points):
    time, value, gaps = line
    found = thin(time, value, gaps, n_points)
    drawn = found.value[found.place >= 0]
    assert drawn.min() == value.min()
    assert drawn.max() == value.max()
    assert found.time[0] == time[0]
    assert found.time[-1] == time[-1]


@given(lines(), POINTS)
def test_points_are_those_of_the_line_in_order_and_not_too_many(line, n_points):
    time, value, gaps = line
    found = thin(time, value, gaps, n_points)
    kept = found.place[found.place >= 0]
    assert (np.diff(kept) > 0).all()
    np.testing.assert_array_equal(found.time[found.place >= 0], time[kept])
    np.testing.assert_array_equal(found.value[found.place >= 0], value[kept])
    assert len(found.time) <= n_points * 1.2 or len(time) <= n_points
    assert (np.diff(found.time) >= 0).all()


@given(lines(), POINTS)
def test_the_longest_gap_stays_a_gap_between_its_own_sides(line, n_points):
    time, value, gaps = line
    found = thin(time, value, gaps, n_points)
    places = np.flatnonzero(gaps[:-1])
    breaks = np.flatnonzero(np.isnan(found.value))
    if not len(places):
        assert not len(breaks)
        return
    longest = places[np.argmax(time[places + 1] - time[places])]
    sides = {(int(found.place[b - 1]), int(found.place[b + 1])) for b in breaks}
    lengths = {int(time[b] - time[a]) for a, b in sides}
    assert int(time[longest + 1] - time[longest]) in lengths
    assert all(b == a + 1 and gaps[a] for a, b in sides)

"""Reordering: nothing lost, nothing delayed without need, order restored within the window."""

from collections.abc import Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from twin.core.rows import row_dtype
from twin.pipeline.feed.reorder import HELD_MAX, Reorder

PERIOD_US, WAIT_US = 1_000_000, 2_000_000
DTYPE = row_dtype(1)
Sample = tuple[int, int]
"""Slot and number of the period."""


def rows_of(samples: Sequence[Sample]) -> np.ndarray:
    rows = np.zeros(len(samples), dtype=DTYPE)
    rows["slot"] = [s for s, _ in samples]
    rows["time"] = [n * PERIOD_US for _, n in samples]
    return rows


def fresh(n_slots: int = 3) -> Reorder:
    """Every machine has sent its sample of period 0."""
    reorder = Reorder(DTYPE, n_slots, PERIOD_US, WAIT_US)
    assert len(reorder.push(rows_of([(s, 0) for s in range(n_slots)]), 0, 0).rows) == n_slots
    return reorder


def samples_of(rows: np.ndarray) -> list[Sample]:
    return [(int(r["slot"]), int(r["time"]) // PERIOD_US) for r in rows]


arrivals = st.lists(
    st.tuples(st.integers(0, 2), st.integers(1, 30), st.integers(0, 5_000_000)), max_size=60
)


@given(arrivals, st.integers(1, 7))
def test_every_sample_comes_out_exactly_once(
    arrived: list[tuple[int, int, int]], chunk: int
) -> None:
    reorder = fresh()
    arrived = sorted(arrived, key=lambda a: a[2])
    out: list[Sample] = []
    numbers: list[int] = []
    for n in range(0, len(arrived), chunk):
        part = arrived[n : n + chunk]
        wall = part[-1][2]
        for released in (
            reorder.push(rows_of([(s, t) for s, t, _ in part]), n, wall),
            reorder.expire(wall),
        ):
            out += samples_of(released.rows)
            numbers += released.pushed.tolist()
    assert len(out) + reorder.n_held == len(arrived)
    last = reorder.expire(10**12)
    out += samples_of(last.rows)
    numbers += last.pushed.tolist()
    assert sorted(out) == sorted((s, t) for s, t, _ in arrived)
    assert reorder.n_held == 0
    want = sorted(n // chunk * chunk for n in range(len(arrived)))
    assert sorted(numbers) == want


@given(
    st.lists(st.integers(0, WAIT_US - PERIOD_US), min_size=1, max_size=40),
    st.lists(st.integers(0, WAIT_US - PERIOD_US), min_size=1, max_size=40),
)
def test_order_is_restored_where_the_delay_lies_within_the_window(
    first: list[int], second: list[int]
) -> None:
    """Complete series of two machines, each sample delayed by less than the window."""
    reorder = fresh(2)
    arrived = sorted(
        ((n + 1) * PERIOD_US + delay, slot, n + 1)
        for slot, delays in enumerate((first, second))
        for n, delay in enumerate(delays)
    )
    out: list[Sample] = []
    for wall, slot, n in arrived:
        out += samples_of(reorder.expire(wall - 1).rows)
        out += samples_of(reorder.push(rows_of([(slot, n)]), 0, wall).rows)
    out += samples_of(reorder.expire(10**12).rows)
    for slot, delays in enumerate((first, second)):
        assert [n for s, n in out if s == slot] == list(range(1, len(delays) + 1))


@given(st.lists(st.lists(st.integers(0, 2), unique=True, min_size=1), max_size=20))
def test_what_comes_in_order_is_never_held(turns: list[list[int]]) -> None:
    reorder, at = fresh(), [0, 0, 0]
    for wall, turn in enumerate(turns):
        samples = []
        for slot in turn:
            at[slot] += 1
            samples.append((slot, at[slot]))
        assert samples_of(reorder.push(rows_of(samples), 0, wall).rows) == samples
        assert reorder.n_held == 0
        assert reorder.deadline_us is None


def test_a_sample_behind_a_gap_waits_until_the_gap_is_closed_or_the_time_is_up() -> None:
    reorder = fresh(1)
    assert samples_of(reorder.push(rows_of([(0, 2)]), 1, 100).rows) == []
    assert reorder.deadline_us == 100 + WAIT_US
    assert samples_of(reorder.push(rows_of([(0, 1)]), 2, 200).rows) == [(0, 1), (0, 2)]
    assert samples_of(reorder.push(rows_of([(0, 5)]), 3, 300).rows) == []
    assert samples_of(reorder.expire(300 + WAIT_US - 1).rows) == []
    assert samples_of(reorder.expire(300 + WAIT_US).rows) == [(0, 5)]


def test_one_machine_s_gap_does_not_delay_another() -> None:
    reorder = fresh(2)
    assert samples_of(reorder.push(rows_of([(0, 3), (1, 1)]), 0, 0).rows) == [(1, 1)]


def test_what_is_held_is_bounded() -> None:
    reorder = fresh(1)
    backwards = [(0, n) for n in range(3 * HELD_MAX, 2, -1)]
    out = reorder.push(rows_of(backwards), 0, 0).rows
    assert reorder.n_held <= HELD_MAX
    assert len(out) + reorder.n_held == len(backwards)

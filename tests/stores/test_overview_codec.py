"""Overviews of joined chunks read back as they were written, whatever lanes each had."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.core.rows import RESET, row_dtype
from twin.errors import WireError
from twin.stores.chunkcodec import ChunkData
from twin.stores.overviewcodec import PIECE_ROWS, overview_dtype, read_overview, summarise


def chunk_of(lanes, n, rng):
    rows = np.zeros(n, row_dtype(lanes))
    rows["time"] = 1_000_000 * np.cumsum(rng.integers(1, 3, n))
    rows["value"] = rng.normal(size=(n, lanes))
    return ChunkData(lanes, 1, np.zeros(0), rows)


@given(st.lists(st.tuples(st.integers(1, 5), st.integers(1, 700)), max_size=6), st.integers(0, 99))
def test_joined_overviews_come_back_chunk_by_chunk(shapes, seed):
    rng = np.random.default_rng(seed)
    chunks = [chunk_of(lanes, n, rng) for lanes, n in shapes]
    blob = b"".join(summarise(number, chunk) for number, chunk in enumerate(chunks))
    found: dict[int, list] = {}
    for records in read_overview(blob):
        for one in records:
            found.setdefault(int(one["number"]), []).append(one)
    assert sorted(found) == list(range(len(chunks)))
    for number, chunk in enumerate(chunks):
        own = found[number]
        assert sum(int(one["rows"]) for one in own) == len(chunk.rows)
        assert all(one["rows"] <= PIECE_ROWS for one in own)
        low = np.min([one["low"] for one in own], axis=0)
        np.testing.assert_array_equal(low, chunk.rows["value"].min(axis=0))
        assert own[0]["start"] == chunk.rows["time"][0]
        assert own[-1]["end"] == chunk.rows["time"][-1]


def test_a_piece_ends_where_a_gap_begins():
    chunk = chunk_of(1, 20, np.random.default_rng(1))
    chunk.rows["time"][:] = np.arange(20) * 1_000_000
    chunk.rows["time"][12:] += 3_600_000_000
    [records] = read_overview(summarise(0, chunk))
    assert records["rows"].tolist() == [12, 8]


def test_resets_are_no_samples():
    chunk = chunk_of(2, 5, np.random.default_rng(1))
    chunk.rows["slot"] |= RESET
    assert summarise(0, chunk) == b""


def test_a_damaged_overview_is_refused_in_words():
    blob = summarise(0, chunk_of(2, 5, np.random.default_rng(1)))
    assert len(blob) == overview_dtype(2).itemsize
    with pytest.raises(WireError, match="want"):
        list(read_overview(blob[:-1]))

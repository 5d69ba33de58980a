"""History columns and chunks give back every bit, and are as small as the store is sized for."""

import contextlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from twin.core.layout import layout_of
from twin.core.rows import RESET, row_dtype
from twin.errors import WireError
from twin.stores.chunkcodec import ChunkData, decode_chunk, encode_chunk
from twin.stores.packing import (
    pack_floats,
    pack_whole,
    pack_whole_numpy,
    unpack_floats,
    unpack_whole,
)
from twin.stores.records import ISSUED, Issued, pack_issued, unpack_issued

WHOLE = st.integers(-(1 << 59), 1 << 59)
SIZES = st.integers(0, 40)


@pytest.fixture(scope="module", autouse=True)
def compiled():
    """Compiling is no part of any law's time."""
    pack_floats(np.ones(2, dtype=np.float32))


def words(values):
    return np.ascontiguousarray(values).view(np.uint8).tobytes()


@settings(deadline=None)
@given(hnp.arrays(np.int64, SIZES, elements=WHOLE), st.binary(max_size=3))
def test_whole_numbers_come_back(values, tail):
    got, rest = unpack_whole(memoryview(pack_whole(values) + tail), len(values))
    assert got.tolist() == values.tolist()
    assert bytes(rest) == tail


@settings(deadline=None)
@given(hnp.arrays(np.int64, SIZES, elements=WHOLE | st.integers(-9, 9)))
def test_compiled_and_numpy_packing_write_the_same(values):
    assert pack_whole(values) == pack_whole_numpy(values)


@settings(deadline=None)
@given(hnp.arrays(np.uint32, SIZES))
def test_any_float32_comes_back_bit_for_bit(bits):
    values = bits.view(np.float32)
    got, rest = unpack_floats(memoryview(pack_floats(values)), len(values))
    assert words(got) == words(values)
    assert len(rest) == 0


@settings(deadline=None)
@given(hnp.arrays(np.int64, SIZES, elements=st.integers(-(10**7), 10**7)), st.integers(0, 5))
def test_decimals_with_gaps_come_back_bit_for_bit(whole, decimals):
    values = (whole / 10.0**decimals).astype(np.float32)
    values[::3] = np.nan
    got, _ = unpack_floats(memoryview(pack_floats(values)), len(values))
    assert words(got) == words(values)


@st.composite
def chunks(draw):
    lanes, n = draw(st.integers(1, 5)), draw(st.integers(1, 20))
    rows = np.zeros(n, dtype=row_dtype(lanes))
    rows["slot"] = draw(st.integers(0, (1 << 31) - 1))
    rows["slot"] |= np.where(draw(hnp.arrays(bool, n)), RESET, np.uint32(0))
    rows["quality"] = draw(hnp.arrays(np.uint32, n))
    rows["time"] = draw(hnp.arrays(np.int64, n, elements=st.integers(0, 1 << 53)))
    rows["value"] = draw(hnp.arrays(np.uint32, (n, lanes))).view(np.float32)
    belief = draw(hnp.arrays(np.uint64, st.integers(0, 30))).view(np.float64)
    return ChunkData(draw(st.integers(1, 99)), draw(st.integers(0, 99)), belief, rows)


@settings(deadline=None)
@given(chunks())
def test_a_chunk_comes_back_bit_for_bit(chunk):
    got = decode_chunk(encode_chunk(chunk))
    assert got[:2] == chunk[:2]
    assert words(got.belief) == words(chunk.belief)
    assert got.rows.tobytes() == chunk.rows.tobytes()


@settings(max_examples=60, deadline=None)
@given(chunks(), st.data())
def test_a_damaged_chunk_is_refused_or_read_but_never_crashes(chunk, data):
    blob = bytearray(encode_chunk(chunk))
    cut = data.draw(st.integers(0, len(blob) - 1))
    with pytest.raises(WireError):
        decode_chunk(bytes(blob[: min(cut, 20)]))
    blob[cut] ^= 1 << data.draw(st.integers(0, 7))
    with contextlib.suppress(WireError):
        decode_chunk(bytes(blob))


def test_an_hour_of_eight_sensors_takes_at_most_1_6_bytes_a_reading():
    """Noise about a drifting level, rounded as transmitters do: a hundredth of the range's unit."""
    rng = np.random.default_rng(3)
    rows = np.zeros(512, dtype=row_dtype(8))
    rows["time"] = 1_700_000_000_000_000 + np.arange(512) * 1_000_000
    noise = rng.normal(scale=[0.8, 0.05, 0.3, 0.5, 1.0, 0.02, 0.2, 0.6], size=(512, 8))
    level = np.array([70, 5, 20, 40, 300, 1, 12, 55]) + np.arange(512)[:, None] * 1e-3
    rows["value"] = np.round(level + noise, 2)
    belief = rng.normal(size=layout_of(8, 0).width)
    assert len(encode_chunk(ChunkData(1, 1, belief, rows))) / (512 * 8) <= 1.6


@settings(deadline=None)
@given(
    hnp.arrays(np.uint32, SIZES),
    st.lists(st.floats(0.1, 1000), min_size=3, max_size=3),
)
def test_forecast_records_come_back(slots, horizons_h):
    rows = np.zeros(len(slots), dtype=ISSUED)
    rows["slot"], rows["p"] = slots, 0.25
    got = unpack_issued(pack_issued(Issued("mill", 4, horizons_h, rows)))
    assert got[:3] == ("mill", 4, horizons_h)
    assert got.rows.tobytes() == rows.tobytes()


def test_a_damaged_forecast_record_is_refused():
    with pytest.raises(WireError):
        unpack_issued(b"no such thing")

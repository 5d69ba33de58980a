"""Wire entries: what is encoded is decoded, and what cannot be is set aside, never raised."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from twin.core.rows import row_dtype
from twin.stores.codec import (
    Control,
    Readings,
    catalogue_entry,
    decode,
    model_entry,
    readings_entry,
)

LANES = {("mill", 1): 3, ("mill", 2): 4, ("press", 1): 1}
KEYS = st.sampled_from(sorted(LANES))


def n_lanes(class_id, version):
    return LANES.get((class_id, version))


@st.composite
def batches(draw):
    """(class, version, rows) in order; any bit pattern is a legal row."""
    keys = draw(st.lists(KEYS, max_size=12))
    out = []
    for key in keys:
        dtype = row_dtype(LANES[key])
        raw = draw(hnp.arrays(np.uint8, st.integers(0, 4).map(lambda n, d=dtype: n * d.itemsize)))
        out.append((*key, raw.view(dtype)))
    return out


def stream(wire):
    return [(b"%d-0" % (n + 1), list(fields)) for n, fields in enumerate(wire)]


@settings(deadline=None)
@given(batches())
def test_each_classs_rows_come_back_in_order(batch):
    entries = stream([readings_entry(*item) for item in batch])
    decoded = decode(entries, n_lanes)
    assert decoded.rejects == []
    for class_id in ("mill", "press"):
        sent = [(v, r.tobytes()) for c, v, rows in batch if c == class_id for r in rows]
        got = [
            (part.catalogue_version, r.tobytes())
            for part in decoded.parts
            if part.class_id == class_id
            for r in part.rows
        ]
        assert got == sent


@settings(deadline=None)
@given(batches(), batches())
def test_a_control_separates_what_comes_before_from_what_comes_after(first, second):
    wire = [readings_entry(*item) for item in first]
    wire += [model_entry("mill", 7), *(readings_entry(*item) for item in second)]
    parts = decode(stream(wire), n_lanes).parts
    at = parts.index(Control("model", "mill", 7))
    assert sum(len(p.rows) for p in parts[:at]) == sum(len(rows) for *_, rows in first)
    assert all(isinstance(p, Readings) for p in parts[at + 1 :])


def test_controls_come_back():
    wire = [model_entry("press", 3), catalogue_entry(9)]
    want = [Control("model", "press", 3), Control("catalogue", "", 9)]
    assert decode(stream(wire), n_lanes).parts == want


@settings(deadline=None)
@given(st.lists(st.lists(st.binary(max_size=80), max_size=11), max_size=8))
def test_any_garbage_is_set_aside(garbage):
    good = readings_entry("mill", 1, np.zeros(2, dtype=row_dtype(3)))
    decoded = decode(stream([good, *garbage, good]), n_lanes)
    kept = sum(len(p.rows) for p in decoded.parts if isinstance(p, Readings))
    assert kept >= 4
    assert len(decoded.rejects) <= len(garbage)
    assert all(reject.reason for reject in decoded.rejects)


@settings(deadline=None)
@given(st.integers(0, 9), st.binary(max_size=60))
def test_one_field_gone_wrong_never_raises_nor_moves_other_entries(place, junk):
    rows = np.zeros(2, dtype=row_dtype(3))
    rows["slot"] = [5, 6]
    bad = list(readings_entry("mill", 1, rows))
    bad[place] = junk
    good = readings_entry("press", 1, np.ones(3, dtype=row_dtype(1)))
    parts = [p for p in decode(stream([good, bad, good]), n_lanes).parts if p.class_id == "press"]
    assert sum(len(p.rows) for p in parts) >= 6


def test_a_truncated_blob_an_unknown_class_and_an_unknown_version_are_named():
    rows = np.zeros(2, dtype=row_dtype(3))
    cut = list(readings_entry("mill", 1, rows))
    cut[9] = cut[9][:-1]
    wire = [cut, readings_entry("lathe", 1, rows), readings_entry("mill", 5, rows)]
    reasons = [r.reason for r in decode(stream(wire), n_lanes).rejects]
    assert "55 bytes" in reasons[0]
    assert "lathe" in reasons[1]
    assert "version b'5'" in reasons[2]


def test_entries_trimmed_after_delivery_are_passed_over():
    entries = [(b"1-0", None), (b"2-0", list(catalogue_entry(1)))]
    decoded = decode(entries, n_lanes)
    assert len(decoded.parts) == 1
    assert decoded.last_id == b"2-0"

"""Windows show what was sent, however they are read; wide ones its lowest and highest."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from worker_plant import ALWAYS, N_ENTRIES, PARTITIONS, entries_of, settings_in, work

from twin.core.units import carried, to_plant_units
from twin.errors import DataError
from twin.pipeline.history.explore import Explorer, moment
from twin.pipeline.history.history import estimate, history
from twin.pipeline.history.tailcache import TailCache
from twin.pipeline.site import prepare
from twin.stores.memory import MemoryStore
from twin.stores.overviewcodec import COARSE, coarser, overview_dtype

SEALING = [0, 37, 150]


@pytest.fixture
def plant(tmp_path):
    store = MemoryStore(PARTITIONS)
    return store, prepare(store, settings_in(tmp_path))


def wire_of(p, seed=1):
    return [w for w in entries_of(N_ENTRIES, seed) if w[0] == p]


@pytest.mark.parametrize("seal_every", SEALING)
def test_a_narrow_window_holds_every_row_and_the_filter_at_each(plant, seal_every):
    store, site = plant
    work(store, site, 0, wire_of(0), seal_every)
    explorer = Explorer(store, site.plant)
    subject = explorer.subject("mill-2")
    for _ in range(2):  # the second time from what was kept
        found = explorer.window(subject, *ALWAYS)
        rows = history(store, site.catalogue, "mill-2", *ALWAYS)
        assert found.is_raw
        np.testing.assert_array_equal(found.samples.low, rows["value"])
        np.testing.assert_array_equal(found.samples.start, rows["time"])
        told = estimate(store, site.catalogue, subject.trend, 0, "mill-2", *ALWAYS)
        u = carried(told.rows["value"][:, 3:].astype(float))
        sd = np.sqrt(told.trace.p11 + subject.trend.r)
        level, sd = to_plant_units(subject.trend, u, told.trace.level, sd)
        np.testing.assert_array_equal(found.beliefs.level, level)
        np.testing.assert_array_equal(found.beliefs.sd, sd)


@pytest.mark.parametrize("seal_every", SEALING)
def test_a_wide_window_keeps_lowest_highest_and_number_of_samples(plant, seal_every):
    store, site = plant
    work(store, site, 0, wire_of(0), seal_every)
    explorer = Explorer(store, site.plant)
    found = explorer.window(explorer.subject("mill-0"), *ALWAYS, 0).samples
    rows = history(store, site.catalogue, "mill-0", *ALWAYS)
    assert found.rows.sum() == len(rows)
    np.testing.assert_array_equal(np.nanmin(found.low, axis=0), np.nanmin(rows["value"], axis=0))
    np.testing.assert_array_equal(np.nanmax(found.high, axis=0), np.nanmax(rows["value"], axis=0))
    marked = rows["quality"] & ~np.isnan(rows["value"]).dot(1 << np.arange(4)).astype("u4")
    assert np.bitwise_or.reduce(found.uncertain) == np.bitwise_or.reduce(marked)


def test_chunks_sealed_without_an_overview_are_shown_as_those_with(plant):
    store, site = plant
    work(store, site, 0, wire_of(0), 37)
    with_overview = Explorer(store, site.plant)
    told = with_overview.window(with_overview.subject("mill-0"), *ALWAYS, 0)
    store._overviews.clear()
    bare = Explorer(store, site.plant)
    made = bare.window(bare.subject("mill-0"), *ALWAYS, 0)
    for a, b in zip(told.samples, made.samples, strict=True):
        np.testing.assert_array_equal(a, b)


def test_what_arrives_after_a_look_is_in_the_next_one(plant):
    store, site = plant
    explorer, wire, tails = Explorer(store, site.plant), wire_of(0), TailCache(store)
    worker = work(store, site, 0, wire[:100], 40)
    for n, (at, entry) in enumerate(wire[100:], 100):
        store.append({at: [entry]})
        while worker.step(0):
            pass
        if n % 50 == 0:
            worker.sealer.seal_now(worker.last_id, lambda: None)
        if n % 17 == 0:
            for machine_id in ("mill-0", "press-2"):
                found = explorer.window(explorer.subject(machine_id), *ALWAYS)
                rows = history(store, site.catalogue, machine_id, *ALWAYS)
                np.testing.assert_array_equal(found.samples.low, rows["value"])
                kept = history(store, site.catalogue, machine_id, *ALWAYS, tails=tails)
                assert kept.tobytes() == rows.tobytes()


def test_where_rows_are_dropped_their_overview_still_shows(plant):
    store, site = plant
    work(store, site, 0, wire_of(0), 37)
    explorer = Explorer(store, site.plant)
    before = explorer.view("mill-0", ["temp"], *ALWAYS)
    first = min(store._chunks["mill-0"])
    dropped = store._chunks["mill-0"].pop(first)
    after = Explorer(store, site.plant).view("mill-0", ["temp"], *ALWAYS)
    assert before.is_raw
    assert not after.is_raw
    assert after.n_samples == before.n_samples
    old = after.series[0].measured
    assert (old.time <= dropped.end).any()


def test_a_moment_needs_its_offset():
    assert moment("2026-03-29T03:00:00+02:00") == 1_774_746_000_000_000
    with pytest.raises(DataError, match="offset"):
        moment("2026-03-29T03:00:00")


@given(st.integers(1, 400), st.integers(0, 2**32 - 1))
def test_joined_pieces_keep_extremes_and_number_and_never_span_a_gap(n, seed):
    rng = np.random.default_rng(seed)
    pieces = np.zeros(n, overview_dtype(3))
    steps = np.where(rng.random(n) < 0.1, 500, 10)
    pieces["start"] = np.cumsum(steps + 50)
    pieces["end"] = pieces["start"] + 50
    pieces["rows"] = rng.integers(1, 129, n)
    pieces["low"] = rng.normal(size=(n, 3))
    pieces["low"][rng.random(n) < 0.2, 1] = np.nan
    pieces["high"] = pieces["low"] + 1
    pieces["bad"] = rng.integers(0, 8, n)
    found = coarser(pieces, 100)
    assert found["rows"].sum() == pieces["rows"].sum()
    assert len(found) <= n
    for one in found:
        own = pieces[(pieces["start"] >= one["start"]) & (pieces["end"] <= one["end"])]
        assert 1 <= len(own) <= COARSE
        assert (own["start"][1:] - own["end"][:-1] <= 100).all()
        np.testing.assert_array_equal(one["low"], np.fmin.reduce(own["low"]))
        np.testing.assert_array_equal(one["high"], np.fmax.reduce(own["high"]))
        assert one["bad"] == np.bitwise_or.reduce(own["bad"])

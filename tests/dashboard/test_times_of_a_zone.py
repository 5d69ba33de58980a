"""Many times at once are as the standard library has them one by one, whatever the clock does."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.zone_times import isos, offsets_us, parse_local
from twin.errors import DataError

ZONES = ["Europe/Berlin", "Australia/Lord_Howe", "America/St_Johns", "Asia/Kolkata", "UTC"]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
YEARS = st.integers(1_000_000_000_000_000, 1_900_000_000_000_000)


@given(st.lists(YEARS, max_size=30), st.sampled_from(ZONES))
def test_offsets_are_those_of_each_moment(times, name):
    zone = ZoneInfo(name)
    want = [(EPOCH + timedelta(microseconds=t)).astimezone(zone).utcoffset() for t in times]
    got = offsets_us(np.array(times, np.int64), zone)
    assert got.tolist() == [w // timedelta(microseconds=1) for w in want]


@pytest.mark.parametrize("day", ["2026-03-29", "2026-10-25"])
def test_every_second_of_a_day_on_which_the_clock_is_moved(day):
    zone = ZoneInfo("Europe/Berlin")
    start = parse_local(f"{day}T00:00:00", zone)
    times = start + np.arange(0, 25 * 3600, 7) * 1_000_000
    want = [(EPOCH + timedelta(microseconds=int(t))).astimezone(zone) for t in times]
    assert isos(times, zone) == [w.replace(tzinfo=None).isoformat() for w in want]


@given(YEARS, st.sampled_from(ZONES))
def test_a_written_time_reads_back(time_us, name):
    zone, whole = ZoneInfo(name), time_us // 1000 * 1000
    aware = (EPOCH + timedelta(microseconds=whole)).astimezone(zone)
    assert parse_local(aware.isoformat(), zone) == whole
    back = parse_local(isos(np.array([whole]), zone)[0], zone)
    assert back in {whole, whole - 3_600_000_000, whole - 1_800_000_000}  # an hour twice


def test_what_is_no_time_is_refused_in_words():
    with pytest.raises(DataError, match="want 2026"):
        parse_local("yesterday", ZoneInfo("UTC"))


@pytest.mark.parametrize("text", ["0001-01-01", "9999-12-31T23:59:59", "0001-01-01T00:00+14:00"])
def test_a_year_that_no_calendar_holds_is_refused_in_words(text):
    with pytest.raises(DataError, match="year"):
        parse_local(text, ZoneInfo("Europe/Berlin"))

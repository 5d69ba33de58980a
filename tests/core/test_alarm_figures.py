"""The alarm system's own figures, on streams whose figures can be worked out by hand."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.core.alarm_groups import Standing, group_by_machine
from twin.core.alarm_rates import (
    RECENT_MAX,
    SOURCES_MAX,
    TEN_MINUTES_US,
    WINDOW_US,
    AlarmRates,
)

MINUTE_US = 60_000_000
DAY_US = 86_400_000_000
T0_US = 20_000 * DAY_US


def steady(every_us: int, n: int, priority: int = 3) -> AlarmRates:
    rates = AlarmRates(T0_US)
    for k in range(n):
        rates.came(f"m{k % 20}:s", priority, T0_US + k * every_us)
    return rates


def test_one_alarm_in_ten_minutes_is_a_rate_of_one() -> None:
    rates = steady(TEN_MINUTES_US, 144)
    figures = rates.figures(T0_US + DAY_US, [])
    assert figures["rate"] == (1.0, 1.0, True)
    assert figures["peak"] == (1.0, 10.0, True)
    assert figures["flood_percent"] == (0.0, 1.0, True)


def test_two_in_ten_minutes_are_more_than_acceptable() -> None:
    figures = steady(TEN_MINUTES_US // 2, 288).figures(T0_US + DAY_US, [])
    assert figures["rate"] == (2.0, 1.0, False)


def test_nothing_is_said_of_a_rate_before_ten_minutes_have_passed() -> None:
    assert steady(MINUTE_US, 5).figures(T0_US + 5 * MINUTE_US, [])["rate"].value is None


def test_eleventh_alarm_in_ten_minutes_begins_a_flood_and_the_tenth_does_not() -> None:
    rates = steady(MINUTE_US // 2, 10)
    assert not rates.in_flood
    rates.came("m:s", 3, T0_US + 5 * MINUTE_US)
    assert rates.flood_since == T0_US


def test_flood_ends_once_fewer_than_five_lie_in_ten_minutes() -> None:
    """Eleven alarms half a minute apart, from minute 0 to 5: number 7 (at 3 min) leaves the
    window after minute 13, and then four are left."""
    rates = steady(MINUTE_US // 2, 11)
    rates.pass_time(T0_US + 13 * MINUTE_US - 1)
    assert rates.in_flood
    rates.pass_time(T0_US + 13 * MINUTE_US)
    assert not rates.in_flood
    percent = rates.figures(T0_US + 130 * MINUTE_US, [])["flood_percent"]
    assert percent.value == pytest.approx(10.0)
    assert percent.is_in is False


def test_shares_by_priority() -> None:
    rates = AlarmRates(T0_US)
    for k in range(100):
        rates.came("m:s", 1 if k < 5 else 2 if k < 20 else 3, T0_US + k * TEN_MINUTES_US)
    figures = rates.figures(T0_US + DAY_US, [])
    assert [figures[f"priority_{p}"].value for p in (3, 2, 1)] == [80.0, 15.0, 5.0]
    assert figures["priority_1"].is_in
    for k in range(6):
        rates.came("m:s", 1, T0_US + k * TEN_MINUTES_US)
    # 11 of 106 are 10.4 %; 5 % + 1.96·sqrt(0.05·0.95/106) is 9.1 %
    assert rates.figures(T0_US + DAY_US, [])["priority_1"].is_in is False


def test_top_ten_carry_the_share_they_carry() -> None:
    """Alarm k of twelve comes k + 1 times: 78 in all, of which the ten largest make 75."""
    rates = AlarmRates(T0_US)
    for k in range(12):
        for n in range(k + 1):
            rates.came(f"a{k:02}", 3, T0_US + (100 * k + n) * TEN_MINUTES_US)
    top = rates.top()
    assert [(i, n) for i, n, _ in top[:2]] == [("a11", 12), ("a10", 11)]
    assert sum(share for _, _, share in top) == pytest.approx(75 / 78)
    figure = rates.figures(T0_US + 30 * DAY_US, [])["top_ten_percent"]
    assert figure.value == pytest.approx(100 * 75 / 78)
    assert figure.is_in is False


def test_ten_alarms_are_not_blamed_for_being_all_there_are() -> None:
    rates = AlarmRates(T0_US)
    for k in range(10):
        rates.came(f"a{k}", 3, T0_US)
    assert rates.figures(T0_US + DAY_US, [])["top_ten_percent"].value is None


def test_three_in_ten_minutes_chatter_and_two_do_not() -> None:
    rates = AlarmRates(T0_US)
    for k in range(3):
        rates.came("fast", 3, T0_US + k * 4 * MINUTE_US)
        rates.came("slow", 3, T0_US + k * 5 * MINUTE_US)
    assert rates.chattering(T0_US + 10 * MINUTE_US) == ["fast"]
    assert rates.chattering(T0_US + 2 * DAY_US) == []


def test_fleeting_is_gone_within_the_minute() -> None:
    rates = AlarmRates(T0_US)
    for name, lasted in (("short", MINUTE_US - 1), ("long", MINUTE_US)):
        rates.came(name, 3, T0_US)
        rates.went(name, T0_US, T0_US + lasted)
    assert rates.fleeting() == [("short", 1)]


def stands(name: str, age_us: int, **given) -> Standing:
    machine = name.partition(":")[0]
    plain = {"is_active": True, "is_unacknowledged": True, "is_shelved": False, "is_held": False}
    return Standing(name, machine, T0_US - age_us, **(plain | given))


def test_stale_left_and_shelved_are_counted_as_they_stand() -> None:
    standing = [
        stands("a:s", DAY_US + 1),
        stands("b:s", DAY_US + 1, is_unacknowledged=False),
        stands("c:s", TEN_MINUTES_US + 1),
        stands("d:s", TEN_MINUTES_US),
        stands("e:s", 3 * DAY_US, is_unacknowledged=False, is_shelved=True, is_held=True),
    ]
    figures = AlarmRates(T0_US).figures(T0_US, standing)
    assert (figures["stale"].value, figures["stale"].is_in) == (2.0, True)
    assert (figures["old_unacknowledged"].value, figures["shelved"].value) == (2.0, 1.0)
    five = [stands(f"{k}:s", DAY_US + 1) for k in range(5)]
    assert AlarmRates(T0_US).figures(T0_US, five)["stale"].is_in is False


def test_group_names_the_first_out_by_source_time() -> None:
    standing = [
        stands("press:b", 10),
        stands("press:a", 30),
        stands("mill:x", 99),
        stands("press:c", 99, is_held=True),
    ]
    groups = group_by_machine(standing)
    assert [(g.machine, g.first_out, g.alarms) for g in groups] == [
        ("press", "press:a", ["press:a", "press:b"]),
        ("mill", "mill:x", ["mill:x"]),
    ]


moments = st.lists(st.integers(0, 3 * TEN_MINUTES_US), max_size=60)


@given(moments)
def test_flood_agrees_with_counting_every_window(times: list[int]) -> None:
    """A second route: at every alarm, count those of the ten minutes before it."""
    rates, flood = AlarmRates(T0_US), False
    for n, time in enumerate(sorted(times)):
        rates.came("m:s", 3, T0_US + time)
        within = sum(time - TEN_MINUTES_US < t <= time for t in sorted(times)[: n + 1])
        flood = within > 10 or (flood and within >= 5)
        assert rates.in_flood == flood


@given(moments)
def test_kept_and_read_back_nothing_is_lost(times: list[int]) -> None:
    rates = AlarmRates(T0_US)
    for time in times:
        rates.came(f"m{time % 3}:s", 1 + time % 3, T0_US + time)
    again = AlarmRates.from_json(json.loads(json.dumps(rates.to_json())))
    now = T0_US + DAY_US
    assert again.figures(now, []) == rates.figures(now, [])
    assert (again.top(), again.flood_since) == (rates.top(), rates.flood_since)


def test_memory_stays_bounded_for_years() -> None:
    """An alarm every five hours for a third of a year, of a window of thirty days."""
    rates, every = AlarmRates(T0_US), 30 * TEN_MINUTES_US
    for k in range(600):
        rates.came(f"m{k}:s", 3, T0_US + k * every)
    within = WINDOW_US // every + 1
    assert within <= len(rates.counts) == sum(n for _, _, n in rates.counts.values()) <= within + 1
    assert within <= len(rates.sources) <= within + DAY_US // every + 1  # days are forgotten whole


def test_memory_stays_bounded_when_everything_alarms_at_once() -> None:
    rates, n = AlarmRates(T0_US), SOURCES_MAX + 50
    for k in range(n):
        rates.came(f"m{k}:s", 3, T0_US + k * TEN_MINUTES_US // n)
    assert len(rates.sources) <= SOURCES_MAX
    assert len(rates.recent) <= RECENT_MAX
    assert sum(rates.counts[n][2] for n in rates.counts) == n

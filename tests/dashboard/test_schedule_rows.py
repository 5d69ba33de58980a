"""Rows of the Gantt chart: who has one, and when each is closed."""

from datetime import UTC, datetime
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from dashboard.states.schedule.schedule_plan import zone_offsets
from dashboard.states.schedule.schedule_rows import closed_spans, gantt_rows
from twin.plant import Closure, Plant, Weekly
from twin.plant.resources import Shift

HOUR = 3_600_000_000
NIGHT = int(datetime(2026, 3, 2, tzinfo=UTC).timestamp() * 1e6)
spans = st.lists(
    st.tuples(st.integers(0, 60), st.integers(1, 20)).map(lambda p: (p[0], p[0] + p[1])), max_size=8
)


@given(spans, st.integers(0, 30), st.integers(1, 40))
def test_every_tick_is_either_open_or_closed(
    found: list[tuple[int, int]], start: int, length: int
) -> None:
    within = (start, start + length)
    closed = closed_spans(found, within)
    for tick in range(*within):
        is_open = any(a <= tick < b for a, b in found)
        assert is_open is not any(a <= tick < b for a, b in closed)
    assert all(a < b and within[0] <= a and b <= within[1] for a, b in closed)
    assert all(before[1] < after[0] for before, after in pairwise(closed))


def test_every_machine_and_crew_has_one_row_by_line(plant: Plant) -> None:
    rows, _ = gantt_rows(plant, {"operations": [], "services": []}, (NIGHT, NIGHT + 24 * HOUR))
    machines = [row["id"] for row in rows if row["kind"] == "machine"]
    assert sorted(machines) == sorted(m.id for m in plant.machines)
    lines = [row["line"] for row in rows if row["kind"] == "machine"]
    assert list(dict.fromkeys(lines)) == [line.id for line in plant.lines if line.id in lines]
    assert [r["id"] for r in rows if r["kind"] == "crew"] == [c.id for c in plant.crews]


def test_what_the_plan_names_and_the_plant_file_no_longer_has_comes_last(plant: Plant) -> None:
    plan = {
        "operations": [{"machine": "mill-gone"}],
        "services": [{"machine": "mill-01", "crew": "crew-gone"}],
    }
    rows, _ = gantt_rows(plant, plan, (NIGHT, NIGHT + HOUR))
    kinds = {kind: [r["id"] for r in rows if r["kind"] == kind] for kind in ("machine", "crew")}
    assert (kinds["machine"][-1], kinds["crew"][-1]) == ("mill-gone", "crew-gone")


def test_rows_are_closed_outside_shifts_in_pauses_and_in_closures(plant: Plant) -> None:
    """Open 06:00 to 14:00 by Berlin's clock (UTC+1 in March) with a pause 09:30 to 10:00, and shut
    from 12:00 to 13:00."""
    line = plant.lines[0].id
    shut = [datetime.fromtimestamp(NIGHT / 1e6 + h * 3600, UTC) for h in (11, 12)]
    one = plant.model_copy(
        update={
            "closures": [Closure.model_validate({"from": shut[0], "to": shut[1]})],
            "shifts": [Shift.model_validate({"lines": [line], "start": "06:00", "end": "14:00"})],
            "plant": plant.plant.model_copy(
                update={"pauses": [Weekly(start="09:30", end="10:00")]}
            ),
        }
    )
    rows, calendars = gantt_rows(
        one, {"operations": [], "services": []}, (NIGHT, NIGHT + 24 * HOUR)
    )
    row = next(row for row in rows if row["line"] == line)
    hours = [[a / 3600, b / 3600] for a, b in calendars[row["calendar"]]]
    assert hours == [[0, 5], [8.5, 9], [11, 12], [13, 24]]
    crews = [r["calendar"] for r in rows if r["kind"] == "crew"]
    assert crews
    assert all(any(a <= 11 * 3600 and b >= 12 * 3600 for a, b in calendars[c]) for c in crews)


def test_clocks_change_at_the_hour_of_the_law(plant: Plant) -> None:
    """Central European Time: forward on 29 March 2026 and back on 25 October 2026, at 01:00 UTC."""
    for month, day, minutes in [(3, 29, [60, 120]), (10, 25, [120, 60])]:
        start = int(datetime(2026, month, day, tzinfo=UTC).timestamp() * 1e6)
        found = zone_offsets((start, start + 24 * HOUR), plant.zone)
        assert found == [[0, minutes[0]], [3600, minutes[1]]]

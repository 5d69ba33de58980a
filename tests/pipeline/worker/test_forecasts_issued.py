"""When a forecast is issued, and what of it is kept."""

from types import SimpleNamespace

import numpy as np
import pytest

from twin.core.view import NEVER, view_dtype
from twin.pipeline.worker.classtwin import Moved
from twin.pipeline.worker.signals import forecasts_of
from twin.stores.records import unpack_issued

HOUR = 3_600_000_000
T0 = 1_700_000_000_000_000 // HOUR * HOUR


def issued(was_h: list[float], now_h: list[float], step_h: float = 1.0) -> list:
    """Records of machines last heard at was_h and now at now_h (hours; NaN: never)."""
    view = np.zeros(len(now_h), view_dtype(1, 0))
    view["p"], view["p_lo"], view["p_hi"] = [0.1, 0.2, 0.3], [0.05, 0.1, 0.2], [0.2, 0.3, 0.4]
    view["rul_q10"], view["rul_q50"], view["rul_q90"] = 12.0, 100.0, np.inf
    before = view.copy()
    for rows, hours in ((before, was_h), (view, now_h)):
        rows["time"] = [NEVER if np.isnan(h) else T0 + round(h * HOUR) for h in hours]
    twin = SimpleNamespace(
        hazard=object(),
        view=view,
        trend=SimpleNamespace(step_us=step_h * HOUR),
        horizons=[8 / step_h, 24 / step_h, 168 / step_h],
        class_id="mill",
        model=SimpleNamespace(version=7),
    )
    moved = Moved(np.arange(len(now_h)), before, 0, 0, 0)
    return forecasts_of(twin, moved, np.arange(len(now_h)) * 4 + 1)


def test_each_machine_is_forecast_once_in_a_step() -> None:
    (record,) = issued([0.2, 0.9, np.nan, 1.0], [0.9, 1.1, 0.5, 1.9])
    found = unpack_issued(record)
    assert (found.class_id, found.model_version, found.horizons_h) == ("mill", 7, [8, 24, 168])
    assert found.rows["slot"].tolist() == [5, 9]
    assert issued([0.2], [0.8]) == []


def test_short_steps_are_gathered_to_eighths_of_the_shortest_horizon() -> None:
    assert issued([0.2], [0.8], step_h=1 / 60) == []
    assert len(issued([0.9], [1.1], step_h=1 / 60)) == 1


@pytest.mark.parametrize("step_h", [1.0, 2.0])
def test_what_was_said_is_kept_with_its_ranges_in_hours(step_h: float) -> None:
    row = unpack_issued(issued([0.0], [5.0], step_h)[0]).rows[0]
    assert row["p"] == pytest.approx([0.1, 0.2, 0.3])
    assert row["p_lo"] == pytest.approx([0.05, 0.1, 0.2])
    assert row["p_hi"] == pytest.approx([0.2, 0.3, 0.4])
    assert row["life_h"].tolist() == [12 * step_h, 100 * step_h, np.inf]

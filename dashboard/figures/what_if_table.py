"""A comparison of scenarios as a table for spreadsheets: a row a scenario, the baseline first."""

from collections.abc import Callable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from dashboard.exports import time_column

__all__ = ["table"]


def table(
    found: Mapping[str, Any], machine_id: str, t: Callable[[str], str], zone: ZoneInfo
) -> tuple[list[str], list[list[object]]]:
    """Header and rows of an answer of dashboard.data.scenarios; empty where it is withheld."""
    money = found.get("currency", "")
    when, moment = time_column(t("Worked out as of"), [found.get("from_us")], zone)
    head = [
        t("Machine"),
        t("Scenario"),
        when,
        t("Model version"),
        t("Service in (h)"),
        t("P(failure, shift)"),
        t("low (80 %)"),
        t("high (80 %)"),
        t("P(failure, 24 h)"),
        t("low (80 %)"),
        t("high (80 %)"),
        t("P(failure, 7 days)"),
        t("low (80 %)"),
        t("high (80 %)"),
        t("Sensor"),
        t("Limit reached in (h): 10 %"),
        t("Limit reached in (h): 50 %"),
        t("Limit reached in (h): 90 %"),
        t("Cost of failure ({currency})").format(currency=money),
        t("Cost of service ({currency})").format(currency=money),
        t("Output lost by running slower ({currency})").format(currency=money),
        t("Expected cost ({currency})").format(currency=money),
    ]
    courses = found.get("courses", [])
    return head, [_row(found, c, [machine_id, moment[0]], t) for c in courses]


def _row(
    found: Mapping[str, Any],
    course: Mapping[str, Any],
    which: list[str | None],
    t: Callable[[str], str],
) -> list[object]:
    at, cost, crossing = course.get("p_at") or {}, course.get("cost") or {}, course["crossing"]
    chances = [x for h in ("shift", "day", "week") for x in at.get(h, [None] * 3)]
    return [
        which[0],
        course["name"] or t("Baseline"),
        which[1],
        found["version"],
        course["service_h"],
        *chances,
        found["sensor"],
        *(crossing[k] for k in ("lo_h", "mid_h", "hi_h")),
        *(cost.get(k) for k in ("failure", "planned", "slower", "total")),
    ]

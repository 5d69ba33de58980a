"""OEE and what it is made of as a list that a spreadsheet opens: the plant's, each line's, and of
each machine whose operations are reported how much of its time was setting up."""

from collections.abc import Mapping
from typing import Any

from dashboard.i18n import Translate, pick
from dashboard.numbers import rounded
from dashboard.snapshot import Snapshot
from dashboard.states.plant.plant_lists import Filters, Rows

__all__ = ["oee_rows"]

SHARES = ("oee", "availability", "performance", "quality", "setup_ratio", "unknown")
HOURS = ("busy_h", "setup_h")


def oee_rows(
    snapshot: Snapshot, chosen: Filters, t: Translate, language: str, _reasons: Mapping[str, str]
) -> Rows:
    """Shares from 0 to 1 and hours, in the terms of ISO 22400-2; of one line if one is chosen."""
    header = [
        *(t("Of"), t("Time"), "OEE", t("At most"), t("Availability"), t("Performance")),
        *(t("Quality"), t("Setup ratio (AUST/AUPT)"), t("Unknown")),
        *(t("Planned busy time (PBT), hours"), t("Unit setup time (AUST), hours")),
    ]
    found = snapshot.plan.get("oee") or {}
    names = {line.id: pick(line.name, language) or line.id for line in snapshot.plant.lines}
    day, shift = t("last 24 h"), t("this shift")
    plant = pick(snapshot.plant.plant.name, language)
    figures = [(plant, when, found.get(key)) for key, when in (("day", day), ("shift", shift))]
    lines = (found.get("lines") or {}).items()
    if chosen.line:
        figures, lines = [], [(i, f) for i, f in lines if i == chosen.line]
    figures += [(names.get(i, i), day, figure) for i, figure in lines]
    rows = [
        [of, when, rounded(f["oee"], 4), f["is_most"], *(rounded(f.get(k), 4) for k in SHARES[1:])]
        + [rounded(f.get(k), 4) for k in HOURS]
        for of, when, f in figures
        if f
    ]
    shown = {m.id: m for m in snapshot.plant.machines if chosen.line in {None, "", m.line}}
    rows += [
        _machine_row(pick(shown[i].name, language) or i, day, told, len(header))
        for i, told in (found.get("machines") or {}).items()
        if i in shown
    ]
    return header, rows


def _machine_row(name: str, when: str, told: Mapping[str, float | None], width: int) -> list[Any]:
    """Of a machine only what reports of its operations say."""
    row: list[Any] = [name, when, *[None] * (width - 2)]
    row[-4], row[-1] = rounded(told["setup_ratio"], 4), rounded(told["setup_h"], 4)
    return row

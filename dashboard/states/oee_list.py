"""OEE and what it is made of as a list that a spreadsheet opens: the plant's and each line's."""

from collections.abc import Mapping

from dashboard.i18n import Translate, pick
from dashboard.numbers import rounded
from dashboard.snapshot import Snapshot
from dashboard.states.plant_lists import Filters, Rows

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
    return header, rows

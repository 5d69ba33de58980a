"""Lists of the plant page as rows for a spreadsheet, chosen as the page's filters choose them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from dashboard.i18n import Translate, pick
from dashboard.numbers import rounded
from dashboard.snapshot import Snapshot, row_of
from dashboard.states.plant.work_list import work_list
from dashboard.states.tiles import tile_codes
from twin.pipeline.services import HOUR_US
from twin.plant import Machine

__all__ = ["Filters", "attention_rows", "filters_of", "machine_rows"]

Item = Mapping[str, Any]
Rows = tuple[list[str], list[list[object]]]
"""Header and rows."""


class Filters(NamedTuple):
    """What is asked of a machine and its line of the work list; "" asks nothing."""

    line: str = ""
    class_id: str = ""
    priority: str = ""
    reason: str = ""
    text: str = ""
    """In the names of the machine, its part or its sensors, in any language."""

    def fit(self, machine: Machine, item: Item | None) -> bool:
        """As assets/twin-4-plant.js chooses what it shows."""
        item = item or {}
        return (
            self.line in {"", machine.line}
            and self.class_id in {"", machine.class_id}
            and self.priority in {"", str(item.get("priority"))}
            and self.reason in {"", item.get("reason")}
            and self._is_said(machine, item)
        )

    def _is_said(self, machine: Machine, item: Item) -> bool:
        names = [machine.id, machine.name or machine.id, item.get("mode"), *item.get("drivers", [])]
        said = [text for name in names for text in _texts(name)]
        return self.text.casefold() in "\n".join(said).casefold()


def filters_of(query: Mapping[str, str]) -> Filters:
    """Filters as an address holds them."""
    return Filters(*(query.get(key, "").strip() for key in ("line", "class", "p", "why", "q")))


def attention_rows(
    snapshot: Snapshot, filters: Filters, t: Translate, language: str, reasons: Mapping[str, str]
) -> Rows:
    """The work list; reasons: code → words. Hours count from now."""
    machines = {m.id: m for m in snapshot.plant.machines}
    currency = snapshot.plant.plant.currency
    header = [
        t("Priority"),
        t("Machine"),
        t("Line"),
        t("Reason"),
        t("Part"),
        t("Sensors"),
        t("Expected, hours"),
        t("80 % range from, hours"),
        t("80 % range to, hours"),
        t("Probability within a week"),
        t("Cheapest service, hours"),
        f"{t('Cost of waiting')} ({currency})",
        f"{t('Cost of a service')} ({currency})",
        f"{t('Saves')} ({currency})",
        f"{t('Service planned')} ({snapshot.plant.zone})",
        t("Planned by"),
        t("Id"),
    ]
    lines = {line.id: line.name or line.id for line in snapshot.plant.lines}
    rows: list[list[object]] = []
    for item in work_list(snapshot):
        machine = machines.get(item["machine"])
        if machine is None or not filters.fit(machine, item) or _is_aside(item, filters):
            continue
        service = item.get("service") or {}
        rows.append(
            [
                item["priority"],
                pick(item["name"], language),
                pick(lines[machine.line], language),
                reasons.get(item["reason"], item["reason"]),
                pick(item.get("mode") or "", language),
                ", ".join(pick(name, language) for name in item["drivers"]),
                *(item.get(k) for k in ("mid_h", "lo_h", "hi_h", "p_week", "service_by_h")),
                *(item.get(k) for k in ("cost_wait", "cost_service", "saves")),
                service.get("start"),
                service.get("who"),
                machine.id,
            ]
        )
    return header, rows


def machine_rows(
    snapshot: Snapshot, filters: Filters, t: Translate, language: str, reasons: Mapping[str, str]
) -> Rows:
    """Every machine, with what its tile says."""
    items = {item["machine"]: item for item in work_list(snapshot)}
    codes = tile_codes(snapshot)
    lines = {line.id: line.name or line.id for line in snapshot.plant.lines}
    header = [
        t("Machine"),
        t("Line"),
        t("Class"),
        t("State"),
        t("Priority"),
        t("Reason"),
        t("Probability within a day"),
        t("Probability within a week"),
        t("Age since last begun anew, hours"),
        t("Id"),
    ]
    words = {"ok": t("normal"), "idle": t("idle"), "silent": t("no data")}
    words["service"] = t("being serviced")
    rows: list[list[object]] = []
    for machine in snapshot.plant.machines:
        item = items.get(machine.id)
        if not filters.fit(machine, item):
            continue
        state = codes[machine.id].split()[-1]
        shown = item or {}
        rows.append(
            [
                pick(machine.name or machine.id, language),
                pick(lines[machine.line], language),
                pick(snapshot.plant.class_of(machine).name or machine.class_id, language),
                words.get(state, words["ok"]),
                shown.get("priority"),
                reasons.get(shown.get("reason", ""), ""),
                *_risk(snapshot, machine),
                machine.id,
            ]
        )
    return header, rows


def _risk(snapshot: Snapshot, machine: Machine) -> Sequence[float | None]:
    """Probabilities within a day and a week, and the age in hours."""
    row = row_of(snapshot, machine.id)
    if row is None:
        return None, None, None
    age_h = (snapshot.plant_us - int(row["born"])) / HOUR_US
    return rounded(row["p"][1]), rounded(row["p"][2]), round(age_h, 1)


def _is_aside(item: Item, filters: Filters) -> bool:
    """Who only sends nothing needs no decision and is counted apart, unless asked for."""
    return bool(item["reason"] == "no_data" and filters.reason != "no_data")


def _texts(name: Any) -> Iterable[str]:
    if isinstance(name, str):
        return [name]
    return list(name.values()) if isinstance(name, Mapping) else []

"""Orders as a list that a spreadsheet opens; what it holds of an order can be imported again."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from dashboard.exports import time_column
from dashboard.i18n import Translate, pick
from dashboard.snapshot import Snapshot
from dashboard.states.orders.orders_state import HOUR_US, forecasts, in_order

__all__ = ["OrderFilters", "example_rows", "order_list", "state_names"]


class OrderFilters(NamedTuple):
    """As the page's address has them."""

    state: str = ""
    """"": open; late, done, cancelled or all."""
    product: str = ""
    priority: str = ""
    text: str = ""


def state_names(t: Translate) -> dict[str, str]:
    """States of an order."""
    return {"open": t("open"), "done": t("done"), "cancelled": t("cancelled")}


def order_list(
    snapshot: Snapshot, wanted: OrderFilters, t: Translate, language: str
) -> tuple[list[str], list[list[object]]]:
    """Header and rows, in the order of the page."""
    planned, zone = forecasts(snapshot.schedule), snapshot.plant.zone
    found = [o for o in in_order(snapshot.orders) if _fits(snapshot, o, planned, wanted)]
    ends = [_end(o, planned) for o in found]
    release, releases = time_column(t("Release"), [o["release"] for o in found], zone)
    due, dues = time_column(t("Due"), [o["due"] for o in found], zone)
    done_by, forecast = time_column(t("Done by"), ends, zone)
    names = {p.id: pick(p.name, language) or p.id for p in snapshot.plant.products}
    states = state_names(t)
    header = [
        *(t("Order"), t("Product"), t("Product's name"), t("Quantity"), release, due),
        *(t("Priority"), t("Note"), t("State"), done_by, t("Late, h")),
        *(t("Steps done"), t("Steps"), t("Brought in by"), t("Late cost, {currency}/h")),
    ]
    header[-1] = header[-1].format(currency=snapshot.plant.plant.currency)
    rows: list[list[object]] = [
        [
            *(o["id"], o["product"], names.get(o["product"]), o["quantity"], at, by),
            *(o["priority"], o["note"], states[o["state"]], until, _late_h(o, end)),
            *(sum(s["state"] == "done" for s in o["steps"]), len(o["steps"])),
            *(o["who"], o["late_cost_h"]),
        ]
        for o, at, by, until, end in zip(found, releases, dues, forecast, ends, strict=True)
    ]
    return header, rows


def example_rows(snapshot: Snapshot) -> tuple[list[str], list[list[object]]]:
    """orders.csv with an order of each of the first products, due in two days and more."""
    header = ["order", "product", "quantity", "release", "due", "priority", "note"]
    days = range(2, 5)
    times = [snapshot.plant_us // HOUR_US * HOUR_US + 24 * n * HOUR_US for n in days]
    _, dues = time_column("due", times, snapshot.plant.zone)
    return header, [
        [f"EXAMPLE-{n}", product.id, 50 * n, None, due, 3, None]
        for n, (product, due) in enumerate(
            zip(snapshot.plant.products, dues, strict=False), start=1
        )
    ]


def _end(order: Mapping[str, Any], planned: Mapping[str, Mapping[str, Any]]) -> int | None:
    if order["state"] == "done":
        return order.get("closed")
    known = planned.get(order["id"], {}) if order["state"] == "open" else {}
    return known.get("end")


def _late_h(order: Mapping[str, Any], end: int | None) -> float | None:
    return None if end is None else round((end - order["due"]) / HOUR_US, 2)


def _fits(
    snapshot: Snapshot,
    order: Mapping[str, Any],
    planned: Mapping[str, Mapping[str, Any]],
    wanted: OrderFilters,
) -> bool:
    state = wanted.state or "open"
    if state == "late":
        end = _end(order, planned)
        is_late = order["due"] < snapshot.plant_us if end is None else end > order["due"]
        is_out = bool(planned.get(order["id"], {}).get("left_out"))
        fits = order["state"] == "open" and (is_late or is_out)
    else:
        fits = state in {"all", order["state"]}
    return (
        fits
        and wanted.product in {"", order["product"]}
        and wanted.priority in {"", str(order["priority"])}
        and _contains(wanted.text, snapshot, order)
    )


def _contains(text: str, snapshot: Snapshot, order: Mapping[str, Any]) -> bool:
    """In the number, the product by any of its names, the note or who brought it in."""
    product = snapshot.plant.product(order["product"])
    name = product.name if product else ""
    names = list(name.values()) if isinstance(name, dict) else [name]
    said = [order["id"], order["product"], *names, order["note"], order["who"]]
    return text.casefold() in "\n".join(said).casefold()

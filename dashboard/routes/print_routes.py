"""The plan on paper: a shift's operations by machine and its services, without a script.

A plain page of its own, black on white, a line of the plant on a sheet.
"""

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

from flask import Flask, Response, abort, request

from dashboard import i18n
from dashboard.access.language import reader_language
from dashboard.components.sheet import sheet, table
from dashboard.data import Reader
from dashboard.i18n import Translate, pick
from dashboard.snapshot import Snapshot
from dashboard.states.shift_plan import ShiftPlan, plan_now, shift_plan
from dashboard.times import local, offset_text

__all__ = ["AHEAD_MAX", "printed_plan", "register"]

AHEAD_MAX = 20
"""Shifts ahead for which a sheet is printed at most."""
_LANG = {"en": "en", "zh": "zh-CN"}
Line = Mapping[str, Any]


def register(server: Flask, reader: Reader) -> None:
    """Add /schedule/print?ahead=0: the shift under way, or one ahead."""

    @server.get("/schedule/print")
    def print_schedule() -> Response:
        snapshot = reader.latest
        if snapshot is None:
            abort(503)
        ahead = request.args.get("ahead", 0, type=int)
        if not 0 <= ahead <= AHEAD_MAX:
            abort(404)
        text = printed_plan(snapshot, ahead, reader_language())
        return Response(text, 200, {"Cache-Control": "no-store"}, mimetype="text/html")


def printed_plan(snapshot: Snapshot, ahead: int, language: str) -> str:
    """The sheets of a shift as a page of HTML."""
    t = i18n.translator(language)
    shift = shift_plan(snapshot, ahead)
    plant = pick(snapshot.plant.plant.name, language)
    title = t("{plant}: plan of the shift {from} to {to}").format(
        **{
            "plant": plant,
            "from": _moment(snapshot, shift.start),
            "to": _clock(snapshot, shift.end),
        }
    )
    return sheet(
        lang=_LANG[language],
        title=title,
        links=_links(ahead, t),
        about=_about(snapshot, shift, t),
        body=_services(snapshot, shift.services, t, language)
        + _lines(snapshot, shift, t, language),
    )


def _about(snapshot: Snapshot, shift: ShiftPlan, t: Translate) -> str:
    plan = plan_now(snapshot)
    if plan is None:
        return t("No plan is in force.")
    made = (snapshot.schedule.get("in_force") or plan)["made"]  # not when it was last kept up
    zone = f"{snapshot.plant.zone}, {offset_text(shift.start, snapshot.plant.zone)}"
    return t(
        "Plan {n}, made {time} ({zone}). {done} of {all} operations done; late orders: {late}."
    ).format(
        n=plan["version"],
        time=_moment(snapshot, made),
        zone=zone,
        done=shift.n_done,
        all=len(shift.operations),
        late=len(shift.late_orders),
    )


def _links(ahead: int, t: Translate) -> str:
    """On a screen alone: back, and to the shifts before and after."""
    links = {"/schedule": t("Schedule")}
    if ahead > 0:
        links[f"/schedule/print?ahead={ahead - 1}"] = t("Shift before")
    if ahead < AHEAD_MAX:
        links[f"/schedule/print?ahead={ahead + 1}"] = t("Shift after")
    return " ".join(f'<a href="{href}">{escape(text)}</a>' for href, text in links.items())


def _services(snapshot: Snapshot, services: Iterable[Line], t: Translate, language: str) -> str:
    names = _machine_names(snapshot, language)
    crews = {crew.id: pick(crew.name, language) or crew.id for crew in snapshot.plant.crews}
    parts = {part.id: pick(part.name, language) or part.id for part in snapshot.plant.parts}
    rows = [
        [
            names.get(s["machine"], s["machine"]),
            _moment(snapshot, s["start"]),
            _moment(snapshot, s["end"]),
            crews.get(s.get("crew"), s.get("crew") or ""),
            parts.get(s.get("part"), s.get("part") or ""),
            _standing(s, t),
            "",
        ]
        for s in services
    ]
    head = [t("Machine"), t("Start"), t("End"), t("Crew"), t("Spare part"), t("State"), t("Done")]
    said = table(head, rows) if rows else f"<p>{escape(t('No service in this shift.'))}</p>"
    return _section(t("Services"), said)


def _standing(service: Line, t: Translate) -> str:
    if service.get("pin") == "running":
        return t("at work")
    return t("accepted") if service.get("pin") else t("suggested")


def _lines(snapshot: Snapshot, shift: ShiftPlan, t: Translate, language: str) -> str:
    """A sheet for every line that works: its operations by machine."""
    of_machine = {m.id: m for m in snapshot.plant.machines}
    known = []
    for line in snapshot.plant.lines:
        own = [o for o in shift.operations if _line_of(of_machine, o) == line.id]
        own.sort(key=lambda o: (o["machine"], o["start"]))
        if own:
            rows = [_row(snapshot, shift, o, t, language) for o in own]
            said = table(_head(t), rows, numbers=(QUANTITY,))
            known.append(_section(pick(line.name, language) or line.id, said))
    return "".join(known)


def _section(title: str, said: str) -> str:
    """A part of its own; on a narrow screen it scrolls, by keyboard too."""
    return f'<section tabindex="0"><h2>{escape(title)}</h2>{said}</section>'


def _head(t: Translate) -> list[str]:
    return [
        *(t("Machine"), t("Setup from"), t("Start"), t("End"), t("Order"), t("Product")),
        *(t("Quantity"), t("Due"), t("Done")),
    ]


QUANTITY = 6
"""Column of `_head` that holds numbers."""


def _row(
    snapshot: Snapshot, shift: ShiftPlan, operation: Line, t: Translate, language: str
) -> list[str]:
    order = snapshot.orders.get(operation["order"]) or {}
    names = _machine_names(snapshot, language)
    products = {p.id: pick(p.name, language) or p.id for p in snapshot.plant.products}
    setup, start = operation.get("setup_start"), operation["start"]
    due = _in_shift(snapshot, shift, order["due"]) if order.get("due") else ""
    return [
        names.get(operation["machine"], operation["machine"]),
        _in_shift(snapshot, shift, setup) if setup is not None and setup < start else "",
        _in_shift(snapshot, shift, start),
        _in_shift(snapshot, shift, operation["end"]),
        t("{order}, step {n}").format(order=operation["order"], n=int(operation["step"]) + 1),
        products.get(order.get("product", ""), str(order.get("product", ""))),
        f"{order['quantity']:g}" if order.get("quantity") is not None else "",
        f"{due} ▲ {t('late')}" if operation.get("late") else due,
        "✓" if operation["state"] == "done" else "",
    ]


def _machine_names(snapshot: Snapshot, language: str) -> dict[str, str]:
    return {m.id: pick(m.name, language) or m.id for m in snapshot.plant.machines}


def _line_of(of_machine: Mapping[str, Any], operation: Line) -> str | None:
    machine = of_machine.get(operation["machine"])
    return machine.line if machine is not None else None


def _moment(snapshot: Snapshot, time_us: int) -> str:
    return local(time_us, snapshot.plant.zone).strftime("%m-%d %H:%M")


def _clock(snapshot: Snapshot, time_us: int) -> str:
    return local(time_us, snapshot.plant.zone).strftime("%H:%M")


def _in_shift(snapshot: Snapshot, shift: ShiftPlan, time_us: int) -> str:
    """The clock, and the day where it is another than the one on which the shift begins."""
    zone = snapshot.plant.zone
    is_day = local(time_us, zone).date() == local(shift.start, zone).date()
    return _clock(snapshot, time_us) if is_day else _moment(snapshot, time_us)

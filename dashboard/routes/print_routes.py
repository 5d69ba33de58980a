"""The plan on paper: a shift's operations by machine and its services, without a script.

A plain page of its own, black on white, a line of the plant on a sheet.
"""

from collections.abc import Iterable, Mapping
from html import escape
from itertools import groupby
from typing import Any

from flask import Flask, Response, abort, request

from dashboard import i18n
from dashboard.access.language import reader_language
from dashboard.data import Reader
from dashboard.i18n import Translate, pick
from dashboard.snapshot import Snapshot
from dashboard.states.shift_plan import ShiftPlan, plan_now, shift_plan
from dashboard.times import local, offset_text

__all__ = ["AHEAD_MAX", "printed_plan", "register"]

AHEAD_MAX = 20
"""Shifts ahead for which a sheet is printed at most."""
_LANG = {"en": "en", "zh": "zh-CN"}
_PAGE = """<!DOCTYPE html>
<html lang="{lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="/assets/favicon.ico">
<style>
body {{ font: 11pt/1.3 system-ui, "DejaVu Sans", "Noto Sans CJK SC", sans-serif; color: #000;
  background: #fff; margin: 1.2cm; }}
h1 {{ font-size: 16pt; margin: 0; }} h2 {{ font-size: 13pt; margin: .6cm 0 .2cm; }}
p {{ margin: .1cm 0; }}
table {{ border-collapse: collapse; width: 100%; }}
caption {{ text-align: left; font-weight: 700; padding: .25cm 0 .1cm; }}
th, td {{ border: 1px solid #555; padding: .08cm .2cm; text-align: left; vertical-align: top; }}
th {{ border-bottom-width: 2px; }}
.num {{ text-align: right; white-space: nowrap; }}
.tick {{ width: 1.2cm; }}
.late {{ font-weight: 700; }}
section {{ break-before: page; }} section:first-of-type {{ break-before: auto; }}
tr, caption {{ break-inside: avoid; }} thead {{ display: table-header-group; }}
@media print {{ body {{ margin: 0; }} .screen {{ display: none; }} }}
@page {{ margin: 1.2cm; }}
</style>
</head>
<body>
<h1>{title}</h1>
<p>{about}</p>
{body}
</body>
</html>"""

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
    return _PAGE.format(
        lang=_LANG[language],
        title=escape(title),
        about=escape(_about(snapshot, shift, t)),
        body=_services(snapshot, shift.services, t, language)
        + _lines(snapshot, shift, t, language),
    )


def _about(snapshot: Snapshot, shift: ShiftPlan, t: Translate) -> str:
    plan = plan_now(snapshot)
    if plan is None:
        return t("No plan is in force.")
    zone = f"{snapshot.plant.zone}, {offset_text(shift.start, snapshot.plant.zone)}"
    return t(
        "Plan {n}, made {time} ({zone}). {done} of {all} operations done; late orders: {late}."
    ).format(
        n=plan["version"],
        time=_moment(snapshot, plan["made"]),
        zone=zone,
        done=shift.n_done,
        all=len(shift.operations),
        late=len(shift.late_orders),
    )


def _services(snapshot: Snapshot, services: Iterable[Line], t: Translate, language: str) -> str:
    names = _machine_names(snapshot, language)
    crews = {crew.id: pick(crew.name, language) or crew.id for crew in snapshot.plant.crews}
    parts = {part.id: pick(part.name, language) or part.id for part in snapshot.plant.parts}
    rows = [
        [
            _moment(snapshot, s["start"]),
            _moment(snapshot, s["end"]),
            names.get(s["machine"], s["machine"]),
            crews.get(s.get("crew"), s.get("crew") or ""),
            parts.get(s.get("part"), s.get("part") or ""),
            t("accepted") if s.get("pin") else t("suggested"),
            "",
        ]
        for s in services
    ]
    head = [t("Start"), t("End"), t("Machine"), t("Crew"), t("Part"), t("State"), t("Done")]
    said = _table("", head, rows) if rows else f"<p>{escape(t('No service in this shift.'))}</p>"
    return f"<section><h2>{escape(t('Services'))}</h2>{said}</section>"


def _lines(snapshot: Snapshot, shift: ShiftPlan, t: Translate, language: str) -> str:
    of_machine = {m.id: m for m in snapshot.plant.machines}
    names, known = _machine_names(snapshot, language), []
    for line in snapshot.plant.lines:
        own = [o for o in shift.operations if _line_of(of_machine, o) == line.id]
        own.sort(key=lambda o: (o["machine"], o["start"]))
        tables = [
            _table(names[machine], _head(t), [_row(snapshot, o, t, language) for o in group])
            for machine, group in groupby(own, key=lambda o: o["machine"])
        ]
        if tables:
            title = escape(pick(line.name, language) or line.id)
            known.append(f"<section><h2>{title}</h2>{''.join(tables)}</section>")
    return "".join(known)


def _head(t: Translate) -> list[str]:
    return [
        *(t("Setup from"), t("Start"), t("End"), t("Order"), t("Product"), t("Quantity")),
        *(t("Due"), t("Done")),
    ]


def _row(snapshot: Snapshot, operation: Line, t: Translate, language: str) -> list[str]:
    order = snapshot.orders.get(operation["order"]) or {}
    products = {p.id: pick(p.name, language) or p.id for p in snapshot.plant.products}
    setup, start = operation.get("setup_start"), operation["start"]
    due = _moment(snapshot, order["due"]) if order.get("due") else ""
    return [
        _clock(snapshot, setup) if setup is not None and setup < start else "",
        _clock(snapshot, start),
        _moment(snapshot, operation["end"]),
        f"{operation['order']} / {int(operation['step']) + 1}",
        products.get(order.get("product", ""), str(order.get("product", ""))),
        f"{order['quantity']:g}" if order.get("quantity") is not None else "",
        f"{due} {t('late')}" if operation.get("late") else due,
        "✓" if operation["state"] == "done" else "",
    ]


def _table(caption: str, head: list[str], rows: list[list[str]]) -> str:
    said = f"<caption>{escape(caption)}</caption>" if caption else ""
    columns = "".join(f'<th scope="col">{escape(text)}</th>' for text in head)
    lines = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    return f"<table>{said}<thead><tr>{columns}</tr></thead><tbody>{lines}</tbody></table>"


def _machine_names(snapshot: Snapshot, language: str) -> dict[str, str]:
    return {m.id: pick(m.name, language) or m.id for m in snapshot.plant.machines}


def _line_of(of_machine: Mapping[str, Any], operation: Line) -> str | None:
    machine = of_machine.get(operation["machine"])
    return machine.line if machine is not None else None


def _moment(snapshot: Snapshot, time_us: int) -> str:
    return local(time_us, snapshot.plant.zone).strftime("%m-%d %H:%M")


def _clock(snapshot: Snapshot, time_us: int) -> str:
    return local(time_us, snapshot.plant.zone).strftime("%H:%M")

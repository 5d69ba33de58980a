"""The forecast explorer: any machine, sensor and time; forecasts of then against what happened."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import orjson
from dash import Dash, html
from dash.development.base_component import Component

from dashboard.components.charts import graph
from dashboard.components.explorer_panels import choices, fan_panel, picker, take_away
from dashboard.components.explorer_tabs import tabs
from dashboard.components.shell import panel
from dashboard.data import Reader
from dashboard.i18n import pick
from dashboard.pages import residuals, what_if
from dashboard.pages.visit import Visit
from dashboard.routes import downloads, explorer_routes
from dashboard.routes.explorer_routes import Explored
from twin.plant import Machine

__all__ = ["register", "show"]

VIEWS: dict[str, Callable[[Visit, Machine], Component | None]] = {
    "what-if": what_if.show,
    "residuals": residuals.show,
}
"""Last part of an address after the machine → its view."""


def register(app: Dash, reader: Reader) -> None:
    """Add the routes that the explorer's script asks, and its downloads."""
    explored = Explored(reader)
    explorer_routes.register(app.server, explored)
    downloads.register(app.server, explored)


def show(visit: Visit) -> Component | None:
    """/forecast: which machine? /forecast/<machine>: its history; /forecast/<machine>/<view>."""
    if not visit.name:
        return _choose(visit)
    machine_id, _, view = visit.name.partition("/")
    machine = next((m for m in visit.reader.plant.machines if m.id == machine_id), None)
    if machine is None or (view and view not in VIEWS):
        return None
    return VIEWS[view](visit, machine) if view else _explore(visit, machine)


def _choose(visit: Visit) -> Component:
    """All machines by line, and a field to find one."""
    t, plant, language = visit.t, visit.reader.plant, visit.language
    lines = []
    for line in plant.lines:
        own = sorted((m for m in plant.machines if m.line == line.id), key=lambda m: m.position)
        links = [html.Li(_machine_link(visit, m)) for m in own]
        lines.append(
            html.Section(
                [html.H2(pick(line.name, language) or line.id), html.Ul(links)],
                className="panel explorer-line",
            )
        )
    return html.Div(
        [
            html.Div(html.H1(t("Forecasts"), tabIndex=-1), className="head"),
            html.P(t("Choose a machine to see its past, and what was forecast for it.")),
            picker(t, [(m.id, _name(m, language)) for m in plant.machines], ""),
            html.Div(lines, className="explorer-lines"),
        ],
        id="content",
        key="forecast",
        className="page explorer-choose",
        **{"data-page": "explore_none", "data-stream": "/live/frame", "data-title": t("Forecasts")},
    )


def _explore(visit: Visit, machine: Machine) -> Component:
    t, language, plant = visit.t, visit.language, visit.reader.plant
    name = _name(machine, language)
    machines = [(m.id, _name(m, language)) for m in plant.machines]
    sensors = plant.sensors_of(machine)
    chart = html.Div(
        [
            html.P(t("Loading the past"), className="loading explorer-wait", role="status"),
            html.Div(className="explorer-plot"),
            graph(_blank(), language, id=f"explorer-graph-{machine.id}", height=1),
        ],
        className="explorer-chart",
        **{"data-list": "chart"},
    )
    return html.Div(
        [
            _head(visit, machine, name),
            tabs(visit, machine.id, "history"),
            html.Div(
                [
                    html.Div(
                        [
                            picker(t, machines, machine.id),
                            choices(t, language, sensors),
                            panel(
                                t("Measured, estimate, 95 % band"),
                                html.Div(className="explorer-said", **{"data-list": "said"}),
                                chart,
                                html.Div(className="explorer-strip", **{"data-list": "strip"}),
                                html.Div(className="explorer-key", **{"data-list": "key"}),
                                name="explorer-main",
                            ),
                        ],
                        className="stack",
                    ),
                    html.Div([fan_panel(t), take_away(t)], className="stack"),
                ],
                className="explorer-columns",
            ),
        ],
        id="content",
        key=f"forecast-{machine.id}",
        className="page explorer-page",
        **{
            "data-page": "explore",
            "data-stream": "/live/frame",
            "data-machine": machine.id,
            "data-sensors": _sensors(visit, machine),
            "data-zone": plant.plant.timezone,
            "data-title": f"{name} · {t('Forecasts')}",
        },
    )


def _sensors(visit: Visit, machine: Machine) -> str:
    """What the script must know of the sensors, as JSON."""
    found = [
        {
            "id": s.id,
            "name": pick(s.name, visit.language) or s.id,
            "unit": s.unit,
            "limits": {k: getattr(s.alarm, k) for k in ("low_low", "low", "high", "high_high")},
        }
        for s in visit.reader.plant.sensors_of(machine)
    ]
    return orjson.dumps(found).decode()


def _head(visit: Visit, machine: Machine, name: str) -> Component:
    t, plant, language = visit.t, visit.reader.plant, visit.language
    line = next(x for x in plant.lines if x.id == machine.line)
    crumbs = [
        _link(pick(plant.plant.name, language), "/"),
        _link(pick(line.name, language) or line.id, f"/line/{quote(line.id)}"),
        _link(name, f"/machine/{quote(machine.id)}"),
    ]
    return html.Div(
        [
            html.Nav(crumbs, className="crumbs", **{"aria-label": t("Where you are")}),
            html.H1(f"{name} · {t('History and forecast')}", tabIndex=-1),
        ],
        className="head",
    )


def _blank() -> dict[str, Any]:
    """Nothing yet; the script draws."""
    quiet = {"visible": False}
    clear = "rgba(0,0,0,0)"
    return {
        "data": [],
        "layout": {"xaxis": quiet, "yaxis": quiet, "paper_bgcolor": clear, "plot_bgcolor": clear},
    }


def _machine_link(visit: Visit, machine: Machine) -> Component:
    return _link(_name(machine, visit.language), f"/forecast/{quote(machine.id)}")


def _link(text: str, href: str) -> Component:
    return html.A(text, href=href, **{"data-nav": "1"})


def _name(machine: Machine, language: str) -> str:
    return pick(machine.name, language) or machine.id

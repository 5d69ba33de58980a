"""The plant, or one of its lines: sixty seconds to know what needs a decision."""

from collections.abc import Callable
from functools import partial

from dash import Dash, html
from dash.development.base_component import Component
from flask import Response, abort, request

from dashboard import i18n
from dashboard.components.kpi import kpi_row
from dashboard.components.legend import legend
from dashboard.components.shell import panel
from dashboard.data import Reader
from dashboard.exports import csv_response
from dashboard.i18n import Translate, pick
from dashboard.pages.visit import Visit
from dashboard.states.plant.oee_list import oee_rows
from dashboard.states.plant.plant_lists import attention_rows, filters_of, machine_rows
from dashboard.times import local
from twin.plant import Plant

__all__ = ["layout", "reasons", "register", "show", "show_line"]

FEW = 100
"""Machines of a plant whose tiles fill less than half a screen."""


def show(visit: Visit) -> Component | None:
    """The whole plant, at "/" alone."""
    return None if visit.name else layout(visit.t, visit.language, visit.reader.plant)


def show_line(visit: Visit) -> Component | None:
    """One line of it."""
    plant = visit.reader.plant
    if all(line.id != visit.name for line in plant.lines):
        return None
    return layout(visit.t, visit.language, plant, line_id=visit.name)


def layout(t: Translate, language: str, plant: Plant, line_id: str = "") -> Component:
    """Empty places that the script fills from /live/plant; `line_id` narrows the page to a line."""
    line = next((x for x in plant.lines if x.id == line_id), None)
    title = pick(plant.plant.name, language)
    crumbs = [html.A(title, href="/", **{"data-nav": "1"})] if line else []
    heading = (pick(line.name, language) or line.id) if line else title
    left, right = [_machines(t)], [_suggested(t), _attention(t)]
    # Few tiles leave room under them; many leave room under the list.
    (left if len(plant.machines) <= FEW or line else right).append(_when(t))
    return html.Div(
        [
            html.Div(
                [
                    html.Nav(crumbs, className="crumbs", **{"aria-label": t("Where you are")}),
                    html.H1(heading, tabIndex=-1),
                ],
                className="head" if line else "head plain-head",
            ),
            # The figures are forecast for the plant; a line has none of its own.
            *([html.H2(t("Whole plant"), className="scope")] if line else []),
            kpi_row(t),
            html.Div(className="filter-row", **{"data-list": "filters"}),
            html.Div(
                [html.Div(left, className="side"), html.Div(right, className="side list-side")],
                className="columns",
            ),
        ],
        key=f"plant-{line_id}",
        id="content",
        className="page plant-page",
        **{
            "data-page": "plant",
            "data-stream": "/live/plant",
            "data-line": line_id,
            "data-title": heading,
        },
    )


def register(app: Dash, reader: Reader, language: Callable[[], str]) -> None:
    """Add the lists of this page as CSV: /export/attention.csv, machines.csv and oee.csv."""
    lists = {"attention": attention_rows, "machines": machine_rows, "oee": oee_rows}

    def export(name: str) -> Response:
        snapshot = reader.latest
        if snapshot is None:
            abort(503)
        t = i18n.translator(language())
        chosen = filters_of(request.args)
        header, rows = lists[name](snapshot, chosen, t, language(), reasons(t))
        moment = local(snapshot.plant_us, snapshot.plant.zone).strftime("%Y-%m-%d-%H%M")
        return csv_response(f"{name}-{moment}", header, rows)

    for name in lists:
        app.server.add_url_rule(f"/export/{name}.csv", f"export_{name}", partial(export, name))


def reasons(t: Translate) -> dict[str, str]:
    """Why a machine is on the work list, by code."""
    return {
        "risk": t("Failure likely"),
        "limit": t("Beyond a limit"),
        "bad_sensor": t("Sensor not to be trusted"),
        "failed": t("Failed, stands still"),
        "changed": t("Behaves unlike its twin"),
        "no_data": t("No data"),
    }


def _csv(t: Translate, name: str) -> Component:
    """The link follows the filters; the script keeps it so."""
    return html.A(
        t("Download CSV"),
        href=f"/export/{name}.csv",
        className="csv",
        **{"data-export": name},
    )


def _machines(t: Translate) -> Component:
    lines = html.Div(className="lines", **{"data-list": "lines"})
    foot = html.Div([legend(t), _csv(t, "machines")], className="panel-foot")
    return panel(t("Machines by line"), lines, foot, name="machines")


def _suggested(t: Translate) -> Component:
    """Hidden until the planner has looked."""
    found = panel(
        t("Suggested services"),
        html.Ul(className="suggested-list", **{"data-list": "suggested"}),
        html.P(className="quiet", **{"data-list": "suggested-rest"}),
        name="suggested",
    )
    found.hidden = True
    return found


def _attention(t: Translate) -> Component:
    columns = [
        (html.Span(t("Priority"), className="hidden"), "col-p"),
        (t("Machine"), ""),
        (t("Why"), ""),
        ([t("Expected"), html.Div(t("80 % range"), className="narrow detail")], "num"),
        (t("80 % range"), "num range"),
        (t("At stake"), "num stake"),
        (html.Span(t("What to do"), className="hidden"), "do"),
    ]
    head = [html.Th(text, className=css, scope="col") for text, css in columns]
    table = html.Table(
        [html.Thead(html.Tr(head)), html.Tbody(**{"data-list": "attention"})],
        className="work",
        **{"aria-labelledby": "h-attention"},
    )
    waiting = t("Waiting for the first values")
    empty = html.P(waiting, className="quiet", **{"data-list": "attention-empty"})
    more = html.Button(
        "", type="button", className="button small", hidden=True, **{"data-list": "more"}
    )
    foot = html.Div([more, _csv(t, "attention")], className="panel-foot")
    title = [
        t("Needs attention"),
        html.Span(className="count", **{"data-list": "attention-count"}),
    ]
    return panel(title, table, empty, foot, name="attention")


def _when(t: Translate) -> Component:
    note = html.P(
        t(
            "Bar: 80 % range. Mark: expected stop. Hollow: cheapest time for service. "
            "Shaded: planned stops."
        ),
        className="quiet",
    )
    return panel(
        t("When, and how sure"),
        html.Div(className="when-chart", **{"data-list": "when"}),
        note,
        name="when",
    )

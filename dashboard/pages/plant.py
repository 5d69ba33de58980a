"""The plant, or one of its lines: sixty seconds to know what needs a decision."""

from dash import html
from dash.development.base_component import Component

from dashboard.components.kpi import kpi_row
from dashboard.components.legend import legend
from dashboard.components.shell import panel
from dashboard.i18n import Translate, pick
from dashboard.pages.visit import Visit
from twin.plant import Plant

__all__ = ["layout", "show", "show_line"]

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
    left, right = [_machines(t)], [_attention(t)]
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


def _machines(t: Translate) -> Component:
    lines = html.Div(className="lines", **{"data-list": "lines"})
    return panel(t("Machines by line"), lines, legend(t), name="machines")


def _attention(t: Translate) -> Component:
    columns = [
        ("", "col-p"),
        (t("Machine"), ""),
        (t("Why"), ""),
        (t("Expected"), "num"),
        (t("80 % range"), "num range"),
        (t("At stake"), "num stake"),
    ]
    head = [
        html.Th(text or html.Span(t("Priority"), className="hidden"), className=css, scope="col")
        for text, css in columns
    ]
    table = html.Table(
        [html.Thead(html.Tr(head)), html.Tbody(**{"data-list": "attention"})], className="work"
    )
    empty = html.P(className="quiet", **{"data-list": "attention-empty"})
    return panel(t("Needs attention"), table, empty, name="attention")


def _when(t: Translate) -> Component:
    note = html.P(
        t("Bar: 80 % range. Mark: expected stop. Hollow: cheapest time for service."),
        className="quiet",
    )
    return panel(
        t("When, and how sure"),
        html.Div(className="when-chart", **{"data-list": "when"}),
        note,
        name="when",
    )

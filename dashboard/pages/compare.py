"""Two machines of one class: where they differ, and how they came to it."""

from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlencode

from dash import Dash, html
from dash.development.base_component import Component

from dashboard.components.neighbours import machine_page, name_of
from dashboard.components.shell import panel
from dashboard.data import Reader
from dashboard.i18n import Translate, pick
from dashboard.pages.machine import SPANS, span_text
from dashboard.pages.visit import Visit
from dashboard.routes import compare_routes
from twin.plant import Machine, Plant

__all__ = ["Chosen", "chosen", "register", "show"]

BY = ("clock", "reset")


class Chosen(NamedTuple):
    """What an address asks to be compared; b None: the class has no other machine."""

    a: Machine
    b: Machine | None
    by: str
    periods: int


def register(app: Dash, reader: Reader) -> None:
    """Add the routes that the page's script asks, and its export."""
    compare_routes.register(app.server, reader)


def chosen(plant: Plant, query: Mapping[str, str]) -> Chosen | None:
    """Machines, axis and span of an address; None where it names a machine that there is not."""
    known = {m.id: m for m in plant.machines}
    first = next((m for m in plant.machines if len(plant.machines_of(m.class_id)) > 1), None)
    a = known.get(query["a"]) if "a" in query else first or plant.machines[0]
    if a is None or ("b" in query and query["b"] not in known):
        return None
    others = [m for m in plant.machines_of(a.class_id) if m.id != a.id]
    b = next((m for m in others if m.id == query.get("b")), others[0] if others else None)
    span = query.get("periods", "")
    periods = int(span) if span.isdigit() and int(span) in SPANS else SPANS[0]
    by = query.get("by", BY[0])
    return Chosen(a, b, by if by in BY else BY[0], periods)


def show(visit: Visit) -> Component | None:
    """Above: who is compared; left: figures that differ; right: sensors on the same axes."""
    t, language, plant = visit.t, visit.language, visit.reader.plant
    asked = None if visit.name else chosen(plant, visit.query)
    if asked is None:
        return None
    a, b = asked.a, asked.b
    title = (
        t("Compare {a}").format(a=name_of(a, language))
        if b is None
        else t("{a} and {b} compared").format(a=name_of(a, language), b=name_of(b, language))
    )
    return html.Div(
        [
            _head(visit, asked, title),
            _nobody(t) if b is None else _both(visit, asked),
        ],
        key=f"compare-{a.id}-{b.id if b else ''}-{asked.by}-{asked.periods}",
        id="content",
        className="page compare-page",
        **{
            "data-page": "compare",
            "data-stream": "/live/frame",
            "data-title": title,
            "data-a": a.id,
            "data-b": b.id if b else "",
            "data-by": asked.by,
            "data-periods": asked.periods,
        },
    )


def _nobody(t: Translate) -> Component:
    return html.Div(
        [
            html.Strong(t("There is no other machine of this class.")),
            t("Only machines of one class have the same sensors."),
        ],
        className="panel empty",
    )


def _head(visit: Visit, asked: Chosen, title: str) -> Component:
    t, language, plant = visit.t, visit.language, visit.reader.plant
    crumbs = [
        html.A(pick(plant.plant.name, language), href="/", **{"data-nav": "1"}),
        html.A(name_of(asked.a, language), href=machine_page(asked.a), **{"data-nav": "1"}),
    ]
    others = [m for m in plant.machines_of(asked.a.class_id) if m.id != asked.a.id]
    return html.Div(
        [
            html.Nav(crumbs, className="crumbs", **{"aria-label": t("Where you are")}),
            html.H1(title, tabIndex=-1),
            html.Div(
                [
                    _choice(t("Machine"), "a", plant.machines, asked.a, language),
                    _choice(t("Compared with"), "b", others, asked.b, language),
                ],
                className="compare-choice",
            ),
        ],
        className="head",
    )


def _choice(
    label: str, name: str, machines: list[Machine], shown: Machine | None, language: str
) -> Component:
    """A labelled list of machines; the script sets the one that is shown, and follows a choice."""
    options = [html.Option(name_of(m, language), value=m.id) for m in machines]
    field = f"compare-{name}"
    return html.Div(
        [
            html.Label(label, htmlFor=field),
            html.Select(
                options,
                id=field,
                **{"data-choose": name, "data-shown": shown.id if shown else ""},
            ),
        ],
        className="field",
    )


def _both(visit: Visit, asked: Chosen) -> Component:
    t = visit.t
    query = {"a": asked.a.id, "b": asked.b.id if asked.b else ""}
    export = html.A(
        t("Download CSV"), href=f"/export/compare.csv?{urlencode(query)}", className="button small"
    )
    left = panel(
        t("Side by side"),
        html.P(t("Marked: differences that matter."), className="quiet"),
        html.Div(**{"data-list": "figures"}, className="compare-figures"),
        export,
        name="figures-of-both",
    )
    charts = panel(
        t("Estimates on the same axes"),
        _axes(visit, asked, query),
        html.Div(className="charts compare-charts", **{"data-list": "lines"}),
        name="lines-of-both",
    )
    return html.Div([left, charts], className="compare-columns")


def _axes(visit: Visit, asked: Chosen, query: dict[str, str]) -> Component:
    """By the clock or since each one's last reset; how far back. Each choice is a link."""
    t = visit.t
    period_s = visit.reader.plant.class_of(asked.a).period_s
    ways = {"clock": t("By the clock"), "reset": t("Since each one's last reset")}

    def link(text: str, by: str, periods: int) -> Component:
        href = "/compare?" + urlencode(query | {"by": by, "periods": periods})
        shown = {"aria-current": "true"} if (by, periods) == (asked.by, asked.periods) else {}
        return html.A(text, href=href, **{"data-nav": "1", **shown})

    spans = [link(span_text(t, n * period_s), asked.by, n) for n in SPANS]
    axes = [link(text, by, asked.periods) for by, text in ways.items()]
    labels = (
        {"aria-label": t("How they are laid over each other")},
        {"aria-label": t("How far back")},
    )
    keys = {"a": asked.a, "b": asked.b or asked.a}
    return html.Div(
        [
            html.Nav(axes, className="switch", **labels[0]),
            *([html.Nav(spans, className="switch", **labels[1])] if asked.by == BY[0] else []),
            html.Ul(
                [
                    html.Li([html.Span(className=f"key-mark key-{k}"), name_of(m, visit.language)])
                    for k, m in keys.items()
                ],
                className="chart-key",
            ),
        ],
        className="choices",
    )

"""One machine: what it measures, what its twin believes, how likely it fails and by when."""

from collections.abc import Callable
from urllib.parse import quote

from dash import Dash, Input, Output, State, dcc, html
from dash.development.base_component import Component

from dashboard import i18n, ids
from dashboard.components.charts import KINDS, chart_grid
from dashboard.components.machine_panels import forecast_panels, now_panels
from dashboard.components.shell import panel
from dashboard.data import Reader
from dashboard.i18n import Translate, pick
from twin.plant import Machine, Plant

__all__ = ["SPANS_H", "layout", "register"]

SPANS_H = (4, 24, 168)
"""Hours of plant time that the charts may show; the first is shown at first."""


def register(app: Dash, reader: Reader, language: Callable[[], str]) -> None:
    """Charts of another kind or span come from the server; what is new reaches them by stream."""

    @app.callback(
        Output(ids.CHARTS, "children"),
        Input(ids.CHART_KIND, "value"),
        Input(ids.CHART_SPAN, "value"),
        State(ids.MACHINE, "data"),
        prevent_initial_call=True,
    )
    def redraw(kind: str, span_h: int, machine_id: str) -> Component:
        return charts(reader, language(), machine_id, kind, span_h)


def charts(reader: Reader, language: str, machine_id: str, kind: str, span_h: int) -> Component:
    """The grid of charts; an unknown kind or span falls back to the first."""
    plant = reader.plant
    machine = next(m for m in plant.machines if m.id == machine_id)
    past = reader.past(machine, span_h if span_h in SPANS_H else SPANS_H[0])
    t = i18n.translator(language)
    return chart_grid(
        t, language, plant.sensors_of(machine), past, kind if kind in KINDS else KINDS[0]
    )


def layout(t: Translate, language: str, reader: Reader, machine_id: str) -> Component:
    """Left: now; centre: the past in charts; right: what is expected."""
    plant = reader.plant
    machine = next(m for m in plant.machines if m.id == machine_id)
    name = pick(machine.name, language) or machine.id
    centre = panel(
        t("Measured, estimate, 95 % band"),
        _choices(t),
        html.Div(charts(reader, language, machine_id, KINDS[0], SPANS_H[0]), id=ids.CHARTS),
        name="past",
    )
    return html.Div(
        [
            dcc.Store(id=ids.MACHINE, data=machine_id),
            _head(t, language, plant, machine, name),
            html.Div(
                [
                    html.Div(now_panels(t), className="stack"),
                    centre,
                    html.Div(forecast_panels(t), className="stack"),
                ],
                className="machine-columns",
            ),
        ],
        key=f"machine-{machine_id}",
        id="content",
        className="page machine-page",
        **{
            "data-page": "machine",
            "data-stream": f"/live/machine/{quote(machine_id)}",
            "data-title": name,
        },
    )


def _head(t: Translate, language: str, plant: Plant, machine: Machine, name: str) -> Component:
    line = next(x for x in plant.lines if x.id == machine.line)
    crumbs = [
        _link(pick(plant.plant.name, language), "/"),
        _link(pick(line.name, language) or line.id, f"/line/{quote(line.id)}"),
    ]
    class_name = pick(plant.class_of(machine).name, language) or machine.class_id
    return html.Div(
        [
            html.Nav(crumbs, className="crumbs", **{"aria-label": t("Where you are")}),
            html.H1(name, tabIndex=-1),
            html.Span(className="badge-place", **{"data-list": "badge"}),
            html.Span(f"{machine.id} · {class_name}", className="quiet-inline"),
            html.Span(className="state", **{"data-list": "state"}),
            html.Nav(
                _neighbours(t, language, plant, machine),
                className="neighbours",
                **{"aria-label": t("Neighbours on the line")},
            ),
        ],
        className="head",
    )


def _link(text: str, href: str, **more: str) -> Component:
    return html.A(text, href=href, **{"data-nav": "1", **more})


def _neighbours(t: Translate, language: str, plant: Plant, machine: Machine) -> list[Component]:
    """Links to the machines before and after it on its line."""
    line = sorted(
        (m for m in plant.machines if m.line == machine.line), key=lambda m: (m.position, m.id)
    )
    at = line.index(machine)
    found = []
    if at > 0:
        found.append((f"‹ {pick(line[at - 1].name, language)}", line[at - 1], t("Before it")))
    if at + 1 < len(line):
        found.append((f"{pick(line[at + 1].name, language)} ›", line[at + 1], t("After it")))
    return [_link(text, f"/machine/{quote(m.id)}", title=title) for text, m, title in found]


def _choices(t: Translate) -> Component:
    kinds = {"signals": t("Signals"), "innovations": t("Innovations")}
    spans = {4: t("4 h"), 24: t("24 h"), 168: t("7 days")}
    return html.Div(
        [
            _radio(ids.CHART_KIND, t("What the charts show"), kinds, KINDS[0]),
            _radio(ids.CHART_SPAN, t("How far back"), spans, SPANS_H[0]),
        ],
        className="choices",
    )


def _radio(name: str, label: str, options: dict, value: object) -> Component:  # type: ignore[type-arg]
    items = dcc.RadioItems(
        [{"label": text, "value": key} for key, text in options.items()],
        value,
        id=name,
        inline=True,
        className="radio",
    )
    return html.Div(items, role="group", **{"aria-label": label})

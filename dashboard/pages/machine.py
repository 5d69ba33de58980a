"""One machine: what it measures, what its twin believes, how likely it fails and by when."""

from collections.abc import Mapping
from urllib.parse import quote

from dash import Dash, html
from dash.development.base_component import Component

from dashboard.components.charts import DENSE, KINDS, chart_grid
from dashboard.components.machine_panels import (
    brief,
    forecast_panels,
    history_panels,
    now_panels,
)
from dashboard.components.neighbours import machine_page, name_of, near, neighbour_menu
from dashboard.components.shell import panel
from dashboard.data import Reader
from dashboard.i18n import Translate, pick
from dashboard.pages.visit import Visit
from dashboard.routes import machine_routes
from twin.plant import Machine, Plant

__all__ = ["SPANS", "chosen", "register", "show", "span_text"]

SPANS = (240, 1440, 10080)
"""Spans that the charts may show, in expected periods; the first is shown at first."""


def register(app: Dash, reader: Reader) -> None:
    """Add the routes that the page's script asks for charts and slow panels."""
    machine_routes.register(app.server, reader)


def chosen(query: Mapping[str, str]) -> tuple[str, int]:
    """Kind and span of the charts from an address; what it misnames or leaves out is the first."""
    kind, span = query.get("kind", KINDS[0]), query.get("periods", "")
    periods = int(span) if span.isdigit() and int(span) in SPANS else SPANS[0]
    return (kind if kind in KINDS else KINDS[0]), periods


def span_text(t: Translate, seconds: float) -> str:
    """A length of time in one unit: minutes, hours or days."""
    if seconds < 7200:
        return t("{n} min").format(n=f"{seconds / 60:g}")
    if seconds < 2 * 86400:
        return t("{n} h").format(n=f"{seconds / 3600:.3g}")
    return t("{n} d").format(n=f"{seconds / 86400:.3g}")


def show(visit: Visit) -> Component | None:
    """The machine that the address names. Left: now; centre: the past; right: what is expected."""
    t, language, plant = visit.t, visit.language, visit.reader.plant
    machine = next((m for m in plant.machines if m.id == visit.name), None)
    if machine is None:
        return None
    name = name_of(machine, language)
    columns = [
        now_panels(t),
        [_charts(visit, machine), *history_panels(t)],
        forecast_panels(t, f"/forecast/{quote(machine.id)}"),
    ]
    dense = len(plant.sensors_of(machine)) > DENSE
    return html.Div(
        [
            _head(t, language, plant, machine, name),
            brief(t),
            html.Div(
                [html.Div(column, className="stack") for column in columns],
                className="machine-columns",
            ),
        ],
        key=f"machine-{machine.id}",
        id="content",
        className="page machine-page dense" if dense else "page machine-page",
        **{
            "data-page": "machine",
            "data-stream": f"/live/machine/{quote(machine.id)}",
            "data-title": name,
            "data-machine": machine.id,
            "data-name": name,
        },
    )


def _charts(visit: Visit, machine: Machine) -> Component:
    """Charts of all sensors: their places, and which line is which."""
    t, sensors = visit.t, visit.reader.plant.sensors_of(machine)
    kind, periods = chosen(visit.query)
    period_s = visit.reader.plant.class_of(machine).period_s
    links = [f"/forecast/{quote(machine.id)}?sensor={quote(s.id)}" for s in sensors]
    return panel(
        t("Measured, estimate, 95 % band")
        if kind == KINDS[0]
        else t("Innovations in σ: 95 of 100 between the dashed lines"),
        _choices(visit, machine.id, kind, periods, period_s),
        _key(t, kind),
        chart_grid(t, visit.language, sensors, kind, periods, links),
        name="past",
    )


def _key(t: Translate, kind: str) -> Component:
    """Which line is which, in the order in which they are drawn."""
    signals = {
        "measured": t("measured"),
        "estimate": t("twin's estimate"),
        "band": t("95 % of readings are expected here"),
        "limit": t("alarm limit"),
    }
    innovations = {"measured": t("reading minus what the twin expected"), "bound": t("95 of 100")}
    shown = signals if kind == KINDS[0] else innovations
    return html.Ul(
        [
            html.Li([html.Span(className=f"key-mark key-{name}"), text])
            for name, text in shown.items()
        ],
        className="chart-key",
        **{"aria-label": t("Key")},
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
            html.Span(
                class_name if machine.id == name else f"{machine.id} · {class_name}",
                className="quiet-inline",
            ),
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
    """One step back and one on along the line, and a menu of all that are near."""
    around = near(plant, machine)
    before = [
        _link(f"‹ {name_of(m, language)}", machine_page(m), title=t("Before it"))
        for m in around.before[-1:]
    ]
    after = [
        _link(f"{name_of(m, language)} ›", machine_page(m), title=t("After it"))
        for m in around.after[:1]
    ]
    return [*before, *after, neighbour_menu(t, language, around)]


def _choices(visit: Visit, machine_id: str, kind: str, periods: int, period_s: float) -> Component:
    """Links, so that what is shown has an address and works from the keyboard."""
    t = visit.t
    kinds = {"signals": t("Signals"), "innovations": t("Innovations")}
    kept = "".join(f"&{k}={quote(visit.query[k])}" for k in ("sensor", "ahead") if k in visit.query)

    def link(text: str, to_kind: str, to_periods: int) -> Component:
        is_shown = (to_kind, to_periods) == (kind, periods)
        href = f"/machine/{quote(machine_id)}?kind={to_kind}&periods={to_periods}{kept}"
        return _link(text, href, **({"aria-current": "true"} if is_shown else {}))

    spans = [link(span_text(t, n * period_s), kind, n) for n in SPANS]
    return html.Div(
        [
            html.Nav(
                [link(text, to, periods) for to, text in kinds.items()],
                className="switch",
                **{"aria-label": t("What the charts show")},
            ),
            html.Nav(spans, className="switch", **{"aria-label": t("How far back")}),
        ],
        className="choices",
    )

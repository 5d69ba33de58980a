"""One machine: what it measures, what its twin believes, how likely it fails and by when."""

from collections.abc import Mapping
from urllib.parse import quote

from dash import html
from dash.development.base_component import Component

from dashboard.components.charts import KINDS, chart_grid
from dashboard.components.machine_panels import forecast_panels, now_panels
from dashboard.components.shell import panel
from dashboard.data import Reader
from dashboard.i18n import Translate, pick
from dashboard.pages.visit import Visit
from twin.plant import Machine, Plant

__all__ = ["SPANS", "chosen", "layout", "show", "span_text"]

SPANS = (240, 1440, 10080)
"""Spans that the charts may show, in expected periods; the first is shown at first."""


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
    """The machine that the address names."""
    if all(m.id != visit.name for m in visit.reader.plant.machines):
        return None
    return layout(visit.t, visit.language, visit.reader, visit.name, visit.query)


def layout(
    t: Translate, language: str, reader: Reader, machine_id: str, query: Mapping[str, str]
) -> Component:
    """Left: now; centre: the past in charts; right: what is expected."""
    plant = reader.plant
    machine = next(m for m in plant.machines if m.id == machine_id)
    kind, periods = chosen(query)
    period_s = plant.class_of(machine).period_s
    past = reader.past(machine, periods * period_s)
    name = _name(machine, language)
    centre = panel(
        t("Measured, estimate, 95 % band")
        if kind == KINDS[0]
        else t("Innovations in σ: 95 of 100 between the dashed lines"),
        _choices(t, machine_id, kind, periods, period_s),
        chart_grid(t, language, plant.sensors_of(machine), past, kind, key=f"{kind}-{periods}"),
        name="past",
    )
    return html.Div(
        [
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
    """Links to the machines before and after it on its line."""
    line = sorted(
        (m for m in plant.machines if m.line == machine.line), key=lambda m: (m.position, m.id)
    )
    at = line.index(machine)
    before, after = line[max(0, at - 1) : at], line[at + 1 : at + 2]
    return [
        *(_link(f"‹ {_name(m, language)}", _page(m), title=t("Before it")) for m in before),
        *(_link(f"{_name(m, language)} ›", _page(m), title=t("After it")) for m in after),
    ]


def _name(machine: Machine, language: str) -> str:
    return pick(machine.name, language) or machine.id


def _page(machine: Machine) -> str:
    return f"/machine/{quote(machine.id)}"


def _choices(t: Translate, machine_id: str, kind: str, periods: int, period_s: float) -> Component:
    """Links, so that what is shown has an address and works from the keyboard."""
    kinds = {"signals": t("Signals"), "innovations": t("Innovations")}

    def link(text: str, to_kind: str, to_periods: int) -> Component:
        is_shown = (to_kind, to_periods) == (kind, periods)
        href = f"/machine/{quote(machine_id)}?kind={to_kind}&periods={to_periods}"
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

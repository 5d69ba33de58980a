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
from twin.plant import Machine, Plant

__all__ = ["SPANS_H", "chosen", "layout"]

SPANS_H = (4, 24, 168)
"""Hours of plant time that the charts may show; the first is shown at first."""


def chosen(query: Mapping[str, str]) -> tuple[str, int]:
    """Kind and span in hours from an address; what it does not name or misnames is the first."""
    kind = query.get("kind", KINDS[0])
    span = query.get("hours", "")
    span_h = int(span) if span.isdigit() and int(span) in SPANS_H else SPANS_H[0]
    return (kind if kind in KINDS else KINDS[0]), span_h


def layout(
    t: Translate, language: str, reader: Reader, machine_id: str, query: Mapping[str, str]
) -> Component:
    """Left: now; centre: the past in charts; right: what is expected."""
    plant = reader.plant
    machine = next(m for m in plant.machines if m.id == machine_id)
    kind, span_h = chosen(query)
    past = reader.past(machine, span_h)
    name = pick(machine.name, language) or machine.id
    centre = panel(
        t("Measured, estimate, 95 % band"),
        _choices(t, machine_id, kind, span_h),
        chart_grid(t, language, plant.sensors_of(machine), past, kind, key=f"{kind}-{span_h}"),
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


def _choices(t: Translate, machine_id: str, kind: str, span_h: int) -> Component:
    """Links, so that what is shown has an address and works from the keyboard."""
    kinds = {"signals": t("Signals"), "innovations": t("Innovations")}
    spans = {4: t("4 h"), 24: t("24 h"), 168: t("7 days")}

    def link(text: str, to_kind: str, to_span_h: int) -> Component:
        chosen = (to_kind, to_span_h) == (kind, span_h)
        href = f"/machine/{quote(machine_id)}?kind={to_kind}&hours={to_span_h}"
        return _link(text, href, **({"aria-current": "true"} if chosen else {}))

    return html.Div(
        [
            html.Nav(
                [link(text, to, span_h) for to, text in kinds.items()],
                className="switch",
                **{"aria-label": t("What the charts show")},
            ),
            html.Nav(
                [link(text, kind, to) for to, text in spans.items()],
                className="switch",
                **{"aria-label": t("How far back")},
            ),
        ],
        className="choices",
    )

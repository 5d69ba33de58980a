"""Residuals of one machine's twin: is what it did not foresee white and standard normal?"""

from urllib.parse import quote, urlencode

from dash import Dash, html
from dash.development.base_component import Component

from dashboard.components.neighbours import name_of
from dashboard.components.shell import panel
from dashboard.data import Reader
from dashboard.data.residuals import SAMPLES
from dashboard.pages.visit import Visit
from dashboard.pages.what_if import explorer_head
from dashboard.routes import residual_routes
from dashboard.routes.residual_routes import samples_of
from twin.plant import Machine

__all__ = ["register", "show"]


def register(app: Dash, reader: Reader) -> None:
    """Add the routes that the page's script asks."""
    residual_routes.register(app.server, reader)


def show(visit: Visit, machine: Machine) -> Component | None:
    """Overview of all sensors, and the charts of the one that the address names."""
    t, n = visit.t, samples_of(visit.query)
    sensor = visit.query.get("sensor", "")
    head = explorer_head(visit, machine, t("Residuals"), "residuals")
    return html.Div(
        [
            head,
            html.Div(className="notice", hidden=True, **{"data-list": "withheld"}),
            html.Div(
                [
                    panel(
                        t("How well the twin foresees each sensor"),
                        _choices(visit, machine, n, sensor),
                        html.Div(
                            html.P(t("Working it out"), className="loading"),
                            **{"data-list": "overview"},
                        ),
                        name="overview",
                    ),
                    panel(
                        t("One sensor in detail"),
                        html.Div(**{"data-list": "verdict"}),
                        html.Div(className="residual-charts", **{"data-list": "charts"}),
                        name="detail",
                    ),
                ],
                className="stack residual-panels",
            ),
        ],
        key=f"residuals-{machine.id}-{n}-{sensor}",
        id="content",
        className="page residuals-page",
        **{
            "data-page": "residuals",
            "data-stream": "/live/frame",
            "data-machine": machine.id,
            "data-n": str(n),
            "data-sensor": sensor,
            "data-title": f"{name_of(machine, visit.language)} · {t('Residuals')}",
        },
    )


def _choices(visit: Visit, machine: Machine, n: int, sensor: str) -> Component:
    """Links, so that what is shown has an address; and the way out as CSV."""
    t = visit.t
    links = []
    for count in SAMPLES:
        query = urlencode({"n": count} | ({"sensor": sensor} if sensor else {}))
        shown = {"aria-current": "true"} if count == n else {}
        links.append(
            html.A(
                t("last {n} samples").format(n=f"{count:,}"),
                href=f"/forecast/{quote(machine.id)}/residuals?{query}",
                **{"data-nav": "1", **shown},
            )
        )
    csv = f"/export/residuals.csv?{urlencode({'machine': machine.id, 'n': n})}"
    return html.Div(
        [
            html.Nav(links, className="switch", **{"aria-label": t("How far back")}),
            html.A("CSV", href=csv, className="button small"),
        ],
        className="choices",
    )

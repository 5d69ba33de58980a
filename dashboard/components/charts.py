"""Charts of a machine's sensors in a grid, one figure each."""

from dash import dcc, html
from dash.development.base_component import Component

from dashboard.figures.signals import HEIGHT, Past, innovation_figure, signal_figure
from dashboard.i18n import Translate, pick
from twin.plant import Sensor

__all__ = ["KINDS", "chart_grid", "graph"]

KINDS = ("signals", "innovations")
DENSE = 10
"""More charts than this are drawn in three columns."""
LIMIT_SHARE = 0.25
"""A limit is drawn once the estimate is nearer to it than this share of the normal range."""


def graph(figure: object) -> Component:
    """A plotly figure as all pages show it: nothing from elsewhere, no logo, no tools."""
    return dcc.Graph(
        figure=figure,
        responsive=True,
        config={
            "displayModeBar": False,
            "showTips": False,
            "showSendToCloud": False,
            "displaylogo": False,
            "doubleClick": "reset",
        },
        className="graph",
        style={"height": f"{HEIGHT}px"},
    )


def chart_grid(
    t: Translate, language: str, sensors: list[Sensor], past: Past, kind: str, key: str = ""
) -> Component:
    """Charts of all sensors over the past; the script appends what comes."""
    charts = [_chart(t, language, sensor, n, past, kind) for n, sensor in enumerate(sensors)]
    dense = " dense" if len(charts) > DENSE else ""
    return html.Div(charts, className=f"charts {kind}{dense}", key=key, **{"data-kind": kind})


def _chart(t: Translate, language: str, sensor: Sensor, n: int, past: Past, kind: str) -> Component:
    name = pick(sensor.name, language) or sensor.id
    unit = sensor.unit if kind == "signals" else "σ"
    figure = (
        signal_figure(past, n, [t("estimate"), t("measured")], _near_limits(sensor, past, n))
        if kind == "signals"
        else innovation_figure(past, n, t("innovation"))
    )
    caption = html.Figcaption([name, html.Span(f" {unit}", className="unit")])
    return html.Figure([caption, graph(figure)], className="chart", **{"data-sensor": sensor.id})


def _near_limits(sensor: Sensor, past: Past, n: int) -> list[float]:
    """Alarm limits that the estimate is about to reach or has passed."""
    alarm = sensor.alarm
    if not len(past.times):
        return []
    level = float(past.level[-1, n])
    near = LIMIT_SHARE * (sensor.normal[1] - sensor.normal[0])
    lows = [x for x in (alarm.low, alarm.low_low) if x is not None and level < x + near]
    highs = [x for x in (alarm.high, alarm.high_high) if x is not None and level > x - near]
    return lows[:1] + highs[:1]

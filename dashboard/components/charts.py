"""The one way in which pages show a plotly figure, and the small charts that scripts draw."""

import json
from typing import Any

from dash import dcc, html
from dash.development.base_component import Component

from dashboard.i18n import Translate, pick
from twin.plant import Sensor

__all__ = ["HEIGHT", "KINDS", "chart_grid", "graph"]

HEIGHT = 320
"""Pixels of a figure, unless its page says otherwise."""
KINDS = ("signals", "innovations")
DENSE = 10
"""More charts than this are drawn in three columns."""

# Plotly's own words and months in Chinese, as plotly.js's locale files have it; given with each
# figure, so that no script has to be registered and none is fetched.
_CHINESE = {
    "dictionary": {
        "Autoscale": "自动缩放",
        "Box Select": "矩形框选",
        "Download plot as a PNG": "下载为 PNG",
        "Double-click to zoom back out": "双击返回缩小",
        "Pan": "平移",
        "Reset axes": "重置轴",
        "Zoom": "缩放",
        "Zoom in": "放大",
        "Zoom out": "缩小",
    },
    "format": {
        "days": ["星期日", "星期一", "星期二", "星期三", "星期四", "星期五", "星期六"],
        "shortDays": ["日", "一", "二", "三", "四", "五", "六"],
        "months": [f"{n}月" for n in range(1, 13)],
        "shortMonths": [f"{n}月" for n in range(1, 13)],
        "date": "%Y-%m-%d",
        "decimal": ".",
        "thousands": ",",
    },
}


def graph(figure: object, language: str = "en", height: int = HEIGHT, **more: Any) -> Component:
    """A plotly figure as all pages show it: in the reader's language, nothing from elsewhere, no
    logo, no tools. more: id and what else dcc.Graph takes."""
    chinese = {"locale": "zh-CN", "locales": {"zh-CN": _CHINESE}} if language == "zh" else {}
    config = {
        "displayModeBar": False,
        "showTips": False,
        "showSendToCloud": False,
        "displaylogo": False,
        "doubleClick": "reset",
        **chinese,
        **more.pop("config", {}),
    }
    return dcc.Graph(
        figure=figure,
        responsive=True,
        config=config,
        className="graph",
        style={"height": f"{height}px"},
        **more,
    )


def chart_grid(
    t: Translate, language: str, sensors: list[Sensor], kind: str, periods: int, links: list[str]
) -> Component:
    """The place for a chart of each sensor; the script makes them, and appends what comes.

    links: where a chart leads to, one a sensor. As components of their own, twenty-one charts
    cost the browser half a second before anything was drawn.
    """
    shown = [
        [s.id, pick(s.name, language) or s.id, s.unit if kind == "signals" else "σ", link]
        for s, link in zip(sensors, links, strict=True)
    ]
    dense = " dense" if len(shown) > DENSE else ""
    return html.Div(
        html.P(t("Loading the past"), className="loading charts-wait", role="status"),
        className=f"charts {kind}{dense}",
        key=f"{kind}-{periods}",
        **{"data-kind": kind, "data-periods": periods, "data-sensors": json.dumps(shown)},
    )

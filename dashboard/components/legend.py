"""What colours, shapes and hatching mean."""

from dash import html
from dash.development.base_component import Component

from dashboard.i18n import Translate

__all__ = ["PRIORITY_SHAPES", "badge", "legend"]

PRIORITY_SHAPES = {1: "■", 2: "▲", 3: "◆"}


def badge(t: Translate, priority: int) -> Component:
    """Colour, shape, number and words: one of the four is always left for every reader."""
    words = {1: t("act now"), 2: t("plan today"), 3: t("watch")}
    text = f"{PRIORITY_SHAPES[priority]} P{priority} {words[priority]}"
    return html.Span(text, className=f"badge p{priority}")


def legend(t: Translate) -> Component:
    """A key to every kind of tile."""
    return html.Div(
        [
            *(badge(t, priority) for priority in PRIORITY_SHAPES),
            html.Span([html.I(className="key ok"), t("normal")]),
            html.Span([html.I(className="key idle"), t("idle")]),
            html.Span([html.I(className="key service"), t("being serviced")]),
            html.Span([html.I(className="key silent"), t("no data")]),
        ],
        className="legend",
    )

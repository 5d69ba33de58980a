"""Views of a page that take turns: a list of tabs, and the link under one of them."""

from collections.abc import Mapping

from dash import html
from dash.development.base_component import Component

from dashboard.i18n import Translate

__all__ = ["csv_link", "tab_list"]


def tab_list(names: Mapping[str, str], label: str, panels: str, css: str = "") -> Component:
    """A tab a view, with a place for its count; the script shows `{panels}-{view}` of the pressed.

    names: view → what its tab says, in order.
    """
    buttons = [
        html.Button(
            [text, html.Span(className="tab-n", **{"data-count": name})],
            type="button",
            role="tab",
            id=f"tab-{name}",
            **{"data-show": name, "aria-controls": f"{panels}-{name}", "aria-selected": "false"},
        )
        for name, text in names.items()
    ]
    look = f"alarm-tabs {css}".strip()
    return html.Div(buttons, className=look, role="tablist", **{"aria-label": label})


def csv_link(t: Translate, name: str) -> Component:
    """To what is shown, as a file; the script adds the filters."""
    place = {"href": f"/export/{name}.csv", "data-export": name}
    return html.A(t("Download CSV"), className="csv", **place)

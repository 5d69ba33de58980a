"""Orders: what is to be made by when, how far it is; new ones by hand or from a file."""

from collections.abc import Callable

from dash import Dash, html
from dash.development.base_component import Component

from dashboard.components.shell import panel
from dashboard.data import Reader
from dashboard.i18n import Translate
from dashboard.pages.visit import Visit
from dashboard.routes import order_routes
from dashboard.states.orders.order_words import column_names
from dashboard.states.orders.orders_state import orders_state

__all__ = ["register", "show"]


def show(visit: Visit) -> Component | None:
    """/orders: the list. /orders/import: from a file."""
    if visit.name == "import":
        return _page(visit.t, visit.t("Import orders"), "orders-import", _guide(visit.t))
    return None if visit.name else _page(visit.t, visit.t("Orders"), "orders", _list(visit.t))


def register(app: Dash, reader: Reader, language: Callable[[], str]) -> None:
    """Add /live/orders and what the page's script asks for."""
    reader.add_feed("orders", orders_state)
    order_routes.register(app.server, reader, language)


def _page(t: Translate, title: str, name: str, children: list[Component]) -> Component:
    home = html.A(t("Orders"), href="/orders", **{"data-nav": "1"})
    crumbs = html.Nav([home], className="crumbs", **{"aria-label": t("Where you are")})
    head = [html.H1(title, tabIndex=-1), html.P(className="quiet-inline", **{"data-list": "sums"})]
    return html.Div(
        [
            html.Div([crumbs, *head] if name != "orders" else head, className="head"),
            *children,
        ],
        key=name,
        id="content",
        className=f"page {name}-page",
        **{"data-page": name, "data-stream": "/live/orders", "data-title": title},
    )


def _list(t: Translate) -> list[Component]:
    """Empty places that the script fills from /live/orders."""
    bar = html.Div(
        [
            html.Div(className="buttons", **{"data-list": "do"}),
            html.A(
                t("Download CSV"),
                href="/export/orders.csv",
                className="csv",
                **{"data-export": "orders"},
            ),
        ],
        className="orders-bar",
    )
    return [
        html.Div(className="filter-row", **{"data-list": "filters"}),
        html.Section(
            [
                html.H2(t("Orders"), id="h-orders", className="hidden"),
                bar,
                html.Div(**{"data-list": "orders"}),
                html.P(className="quiet", **{"data-list": "more"}),
            ],
            className="panel orders-panel",
            **{"aria-labelledby": "h-orders"},
        ),
    ]


def _guide(t: Translate) -> list[Component]:
    names = column_names(t)
    rows = [
        (names["order"], t("Its number. Left empty: the next free one.")),
        (names["product"], t("Id or name of a product of the plant file. Needed.")),
        (names["quantity"], t("Pieces, a whole number. Needed.")),
        (names["release"], t("Not begun before. Left empty: now. A day alone: its beginning.")),
        (names["due"], t("When it has to be done. Needed. A day alone: its end.")),
        (names["priority"], t("1 is the most urgent, 5 can wait. Left empty: 3.")),
        (names["note"], t("Anything else.")),
    ]
    columns = html.Dl(
        [html.Div([html.Dt(name), html.Dd(text)]) for name, text in rows], className="columns-list"
    )
    about = t(
        "A line of names first, then a line an order. Names may be English, German or Chinese, in "
        "any order; cells are apart by semicolon, comma or tab. Times are the plant's."
    )
    what = html.Details([html.Summary(t("What the file holds")), html.P(about), columns])
    return [
        panel(t("1. The file"), html.Div(**{"data-list": "file"}), what, name="step-file"),
        panel(t("2. What it says"), html.Div(**{"data-list": "preview"}), name="step-preview"),
    ]

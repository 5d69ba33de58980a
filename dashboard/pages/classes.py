"""Classes of machines: what the plant has, and the guide that makes one out of a CSV."""

import json
from typing import Any

from dash import html
from dash.development.base_component import Component

from dashboard.components.shell import panel
from dashboard.i18n import Translate, pick
from dashboard.pages.visit import Visit
from twin.errors import ModelError
from twin.modelfile import ClassModel, parse_model
from twin.plant import SimulatorSource
from twin.stores.base import Store

__all__ = ["show"]


def show(visit: Visit) -> Component | None:
    """/classes: the list. /classes/new: the guide."""
    if visit.name == "new":
        return _page(visit, visit.t("Define a class from a CSV"), [_guide(visit)], guide=True)
    return None if visit.name else _page(visit, visit.t("Classes of machines"), [_list(visit)])


def _page(visit: Visit, title: str, children: list[Component], guide: bool = False) -> Component:
    home = html.A(visit.t("Classes"), href="/classes", **{"data-nav": "1"})
    crumbs = [home] if guide else []
    return html.Div(
        [
            html.Div(
                [
                    html.Nav(
                        crumbs, className="crumbs", **{"aria-label": visit.t("Where you are")}
                    ),
                    html.H1(title, tabIndex=-1),
                ],
                className="head",
            ),
            *children,
        ],
        key=f"classes-{visit.name}",
        id="content",
        className="page classes-page",
        **{"data-page": "classes", "data-stream": "/live/frame", "data-title": title},
    )


def _list(visit: Visit) -> Component:
    t, plant = visit.t, visit.reader.plant
    names = [t("Class"), t("Machines"), t("Sensors"), t("Inputs"), t("Model"), t("Learnt from")]
    head = html.Tr([html.Th(name, scope="col") for name in names])
    rows = [
        html.Tr(
            [
                html.Th(pick(c.name, visit.language) or class_id, scope="row"),
                html.Td(str(len(plant.machines_of(class_id))), className="num"),
                html.Td(str(len(c.sensors)), className="num"),
                html.Td(str(len(c.inputs)), className="num"),
                *_model_cells(t, _model(visit.reader.store, class_id)),
            ]
        )
        for class_id, c in plant.classes.items()
    ]
    table = html.Table([html.Thead(head), html.Tbody(rows)], className="class-list")
    link = html.A(
        t("Define a class from a CSV"),
        href="/classes/new",
        className="button primary",
        **{"data-nav": "1"},
    )
    return panel(
        t("In this plant"),
        html.Div(
            table,
            className="wide",
            tabIndex=0,
            role="region",
            **{"aria-label": t("Classes of machines")},
        ),
        html.P(link),
        name="class-panel",
    )


def _model(store: Store, class_id: str) -> ClassModel | None:
    text = store.model(class_id)
    try:
        return parse_model(text) if text else None
    except ModelError:
        return None


def _model_cells(t: Translate, model: ClassModel | None) -> list[Component]:
    if model is None:
        return [html.Td(t("not learnt yet")), html.Td("—")]
    facts: dict[str, Any] = model.fitted
    failures = sum(facts.get("failures", {}).values())
    learnt = t("{machines} machines, {lives} lives, {failures} failures").format(
        machines=facts.get("machines", "—"), lives=facts.get("lives", "—"), failures=failures
    )
    kind = t("failure model") if model.hazard_model else t("sensors only")
    version = t("version {n}").format(n=model.version)
    return [html.Td(f"{version}, {kind}"), html.Td(learnt if facts else "—")]


def _guide(visit: Visit) -> Component:
    """Places of the four steps; the script fills them one after the other."""
    t, plant = visit.t, visit.reader.plant
    simulated = any(isinstance(s, SimulatorSource) for s in plant.sources.values())
    lines = [] if simulated else [{"id": x.id, "name": x.name} for x in plant.lines]
    steps = [
        ("file", t("1. The file")),
        ("columns", t("2. What the columns are")),
        ("preview", t("3. The twin on this file")),
        ("save", t("4. Save")),
    ]
    return html.Div(
        [panel(text, html.Div(**{"data-list": name}), name=f"step-{name}") for name, text in steps],
        className="guide",
        **{"data-lines": json.dumps(lines, ensure_ascii=False)},
    )

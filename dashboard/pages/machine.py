"""One machine: what it measures, what its twin believes, how likely it fails and by when."""

from collections.abc import Callable
from typing import Any

from dash import Dash, Input, Output, State, dcc, html
from dash.development.base_component import Component

from dashboard import i18n, ids
from dashboard.components.shell import panel
from dashboard.data import Reader
from dashboard.i18n import Translate, pick
from twin.plant import Machine, Plant

__all__ = ["layout", "register"]


def register(app: Dash, reader: Reader, language: Callable[[], str]) -> None:
    """Callbacks of the machine page."""


def layout(t: Translate, language: str, reader: Reader, machine_id: str) -> Component:
    plant = reader.plant
    machine = next(m for m in plant.machines if m.id == machine_id)
    name = pick(machine.name, language) or machine.id
    return html.Div(
        [
            html.H1(name, tabIndex=-1),
        ],
        key=f"machine-{machine_id}",
        id="content",
        className="page machine-page",
        **{
            "data-page": "machine",
            "data-stream": f"/live/machine/{machine_id}",
            "data-title": name,
        },
    )

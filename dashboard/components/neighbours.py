"""Machines near one another: before and after on the line, and others of the class."""

import json
from typing import NamedTuple
from urllib.parse import quote

from dash import html
from dash.development.base_component import Component

from dashboard.i18n import Translate, pick
from twin.plant import Machine, Plant

__all__ = ["Near", "machine_page", "name_of", "near", "neighbour_menu"]


class Near(NamedTuple):
    """Neighbours of a machine, each list in the order of positions."""

    before: list[Machine]
    """At the position before it on its line: they feed it."""
    beside: list[Machine]
    """At its own position."""
    after: list[Machine]
    """At the position after it: it feeds them."""
    same_class: list[Machine]
    """Of its class, wherever they stand."""


def near(plant: Plant, machine: Machine) -> Near:
    """A line's order is that of its positions; machines may share one."""
    line = sorted(
        (m for m in plant.machines if m.line == machine.line and m.id != machine.id),
        key=lambda m: (m.position, m.id),
    )
    earlier = [m.position for m in line if m.position < machine.position]
    later = [m.position for m in line if m.position > machine.position]
    return Near(
        before=[m for m in line if earlier and m.position == max(earlier)],
        beside=[m for m in line if m.position == machine.position],
        after=[m for m in line if later and m.position == min(later)],
        same_class=[m for m in plant.machines_of(machine.class_id) if m.id != machine.id],
    )


def neighbour_menu(t: Translate, language: str, around: Near) -> Component:
    """All neighbours behind one word; the script makes the list when it is opened."""
    groups = [
        (t("Feed this machine"), around.before),
        (t("At the same position"), around.beside),
        (t("Fed by this machine"), around.after),
        (t("Of the same class"), around.same_class),
    ]
    lists = [
        [title, [[name_of(m, language), machine_page(m)] for m in machines]]
        for title, machines in groups
        if machines
    ]
    return html.Details(
        [
            html.Summary(t("All neighbours")),
            html.Div(className="menu", **{"data-groups": json.dumps(lists)}),
        ],
        className="neighbour-menu",
    )


def name_of(machine: Machine, language: str) -> str:
    """The machine's name as the reader says it."""
    return pick(machine.name, language) or machine.id


def machine_page(machine: Machine) -> str:
    """Address of a machine's page."""
    return f"/machine/{quote(machine.id)}"

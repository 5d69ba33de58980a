"""One reader's visit to one address: all that a page's layout may depend on."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from dash.development.base_component import Component

from dashboard.data import Reader
from dashboard.i18n import Translate

__all__ = ["Show", "Visit"]


class Visit(NamedTuple):
    """/machine/mill-01?kind=signals is name "mill-01" and query {"kind": "signals"}."""

    t: Translate
    language: str
    reader: Reader
    name: str
    """The address after its first part, unquoted; "" for none."""
    query: Mapping[str, str]


Show = Callable[[Visit], Component | None]
"""A page: its layout, or None where its address leads nowhere."""

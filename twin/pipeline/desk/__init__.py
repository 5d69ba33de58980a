"""The desk: people's actions and the plant's events become documents, exactly once."""

from twin.pipeline.desk.desk import Desk
from twin.pipeline.desk.effects import Context, Effects, Handler, Undoer, refused
from twin.pipeline.desk.handling import HANDLERS, UNDOERS
from twin.pipeline.desk.part import run_desk, start_desk
from twin.pipeline.desk.state import DeskState

__all__ = [
    "HANDLERS",
    "UNDOERS",
    "Context",
    "Desk",
    "DeskState",
    "Effects",
    "Handler",
    "Undoer",
    "refused",
    "run_desk",
    "start_desk",
]

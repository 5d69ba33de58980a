"""The wall display: a page without Dash, read from metres away, touched by nobody for months."""

from dashboard.wall.routes import register

__all__ = ["register"]

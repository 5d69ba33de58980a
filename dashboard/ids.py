"""Ids of components that callbacks refer to."""

__all__ = ["CHARTS", "CHART_KIND", "CHART_SPAN", "LOCATION", "MACHINE", "PAGE"]

LOCATION = "location"
PAGE = "page"
MACHINE = "machine"
"""Store: the machine on this page."""
CHARTS = "charts"
CHART_KIND = "chart-kind"
CHART_SPAN = "chart-span"

"""Ids of components that callbacks refer to."""

__all__ = ["LOCATION", "PAGE"]

LOCATION = "location"
PAGE = "page"

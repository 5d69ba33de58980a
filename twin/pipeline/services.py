"""Planned services as the desk keeps them, for those who only read: the planner, the screens."""

from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from twin.stores.base import Store

__all__ = ["HOUR_US", "end_us", "planned_services", "services_of", "under_way"]

HOUR_US = 3_600_000_000
Service = Mapping[str, Any]


def planned_services(store: Store) -> list[Service]:
    """Services that are planned, soonest first. Raises StoreError."""
    text = store.documents("desk").get("services")
    return services_of(orjson.loads(text) if text else [])


def services_of(document: Any) -> list[Service]:
    """Planned services of the desk's document, soonest first; what is no service is left out."""
    if not isinstance(document, list):
        return []
    planned = [s for s in document if isinstance(s, dict) and s.get("state") == "planned"]
    return sorted(planned, key=lambda s: int(s["start"]))


def end_us(service: Service) -> float:
    """When it is to be over, µs UTC."""
    return int(service["start"]) + float(service["duration_h"]) * HOUR_US


def under_way(services: Iterable[Service], now_us: int) -> set[str]:
    """Machines whose planned service is under way at plant time now_us, µs UTC."""
    return {s["machine"] for s in services if s["start"] <= now_us < end_us(s)}

"""A spare part that is not there when a service would need it, in the reader's words."""

from dashboard.access.language import reader_language, t
from dashboard.i18n import pick
from dashboard.times import local
from twin.pipeline.planning.parts import Shortage
from twin.plant import Plant

__all__ = ["shortage_words"]

MINUTE_US = 60_000_000


def shortage_words(plant: Plant, missing: Shortage | None) -> str | None:
    """Which part, and from when on there is one, by the plant's clock; None: none is missing."""
    if missing is None:
        return None
    name = next((part.name for part in plant.parts if part.id == missing.part), "") or missing.part
    first = local(-(-missing.first // MINUTE_US) * MINUTE_US, plant.zone)
    says = t("No spare part “{part}” is left for that time. The next one is there from {time} on.")
    return says.format(part=pick(name, reader_language()), time=first.strftime("%Y-%m-%d %H:%M"))

"""The plant and what the store knows of it, brought to agree when a part starts.

A changed plant file makes a new catalogue, a changed model file a new model; both are told to the
worker by an entry in every stream, so that they have a place in the order of the readings.
"""

from pathlib import Path
from typing import NamedTuple

from twin.catalogue import Catalogue
from twin.config import Settings
from twin.modelfile import FIT_VERSION, ClassModel, load_model, parse_model
from twin.plant import Plant, load_plant
from twin.stores.base import Store
from twin.stores.codec import catalogue_entry, model_entry

__all__ = ["Site", "load_site", "models_folder", "prepare"]


class Site(NamedTuple):
    """A plant, its slots and lanes, and the models in the store."""

    plant: Plant
    catalogue: Catalogue
    models: dict[str, ClassModel]


def prepare(store: Store, settings: Settings) -> Site:
    """Bring the store in line with the plant file and the model files. Raises TwinError.

    Does nothing where nothing changed, so every part may do it, in any order.
    """
    plant = load_plant(settings.plant)
    held = store.catalogue()
    catalogue = Catalogue() if held is None else Catalogue.from_json(held)
    updated = catalogue.update(plant)
    if updated.version != catalogue.version:
        notice = None if held is None else catalogue_entry(updated.version)
        store.set_catalogue(updated.to_json().encode(), notice)
    for class_id in plant.classes:
        _offer_model(store, class_id, models_folder(settings) / f"{class_id}.json")
    return load_site(store, plant)


def load_site(store: Store, plant: Plant) -> Site:
    """What the store holds for a plant, prepared before."""
    held = store.catalogue()
    catalogue = Catalogue().update(plant) if held is None else Catalogue.from_json(held)
    texts = {c: store.model(c) for c in plant.classes}
    models = {c: parse_model(text, f"stored model {c}") for c, text in texts.items() if text}
    return Site(plant, catalogue, models)


def models_folder(settings: Settings) -> Path:
    """Where fitted models lie: as told, or beside the plant file."""
    return settings.models or settings.plant.parent / "models"


def _offer_model(store: Store, class_id: str, path: Path) -> None:
    """Put a model file into the store unless the store has it, or a later one."""
    if not path.is_file():
        return
    model = load_model(path)
    held = store.model(class_id)
    if held is not None:
        known = parse_model(held, f"stored model {class_id}")
        fit = known.fitted.get(FIT_VERSION, known.version)
        if known == model or fit > model.version or fit == model.version < known.version:
            return
        if fit < known.version >= model.version:  # recalibrated since: the new fit comes after it
            model = model.model_copy(update={"version": known.version + 1})
    text = model.model_dump_json(by_alias=True).encode()
    store.set_model(class_id, text, model_entry(class_id, model.version))

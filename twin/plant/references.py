"""What the tables of orders and services name in vain, and what they say twice: a sentence each."""

from collections.abc import Iterable, Iterator
from zoneinfo import ZoneInfo

from twin.plant.closures import span_of
from twin.plant.plant import PlantFile
from twin.plant.products import Product, Step

__all__ = ["order_faults", "some"]


def order_faults(plant: PlantFile) -> list[str]:
    """Faults of products, changeovers, sites, crews, parts, shifts and closures; [] if none."""
    return [
        *_products(plant),
        *_changeovers(plant),
        *_sites(plant),
        *_services(plant),
        *_shifts(plant),
        *_closures(plant),
    ]


def some(ids: Iterable[str]) -> str:
    """The first few of them, and how many there are."""
    names = sorted(set(ids))
    listed = ", ".join(names[:12])
    return (
        f"{listed}, … ({len(names)} in all)" if len(names) > 12 else listed or "none: there is none"
    )


def _products(plant: PlantFile) -> Iterator[str]:
    for n, product in enumerate(plant.products):
        for k, step in enumerate(product.steps):
            yield from _step(plant, f"product[{n}] ({product.id}).step[{k}]", step)


def _step(plant: PlantFile, where: str, step: Step) -> Iterator[str]:
    machines = {m.id for m in plant.machines}
    named = [m.class_id for m in plant.machines]
    if step.class_id is not None:
        yield from _wanted(f"{where}.class", [step.class_id], plant.classes)
        if step.class_id in plant.classes and step.class_id not in named:
            yield f"{where}.class: got {step.class_id!r}, want a class of which there is a machine"
    yield from _wanted(f"{where}.machines", step.machines, machines)
    yield from _wanted(f"{where}.machine", [own.id for own in step.own], machines)
    yield from _twice(f"{where}.machine", [own.id for own in step.own])


def _changeovers(plant: PlantFile) -> Iterator[str]:
    families = {"*", *_families(plant.products)}
    for n, changeover in enumerate(plant.changeovers):
        where = f"changeover[{n}]"
        yield from _wanted(f"{where}.class", [changeover.class_id], plant.classes)
        yield from _wanted(f"{where}.from", [changeover.before], families)
        yield from _wanted(f"{where}.to", [changeover.after], families)
        if changeover.before == changeover.after != "*":
            yield f"{where}: got from and to {changeover.after!r}, want two families"


def _sites(plant: PlantFile) -> Iterator[str]:
    sites = {site.id for site in plant.sites}
    for n, line in enumerate(plant.lines):
        if line.site is not None:
            yield from _wanted(f"line[{n}] ({line.id}).site", [line.site], sites)
        elif len(sites) > 1:
            yield f"line[{n}] ({line.id}).site: got nothing, want one of {some(sites)}"
    ways: list[str] = []
    for n, way in enumerate(plant.transports):
        yield from _wanted(f"transport[{n}].from", [way.start], sites)
        yield from _wanted(f"transport[{n}].to", [way.end], sites)
        ways.append(" and ".join(sorted((way.start, way.end))))
    yield from _twice("transport", ways, "a way between")
    for n, crew in enumerate(plant.crews):
        yield from _wanted(f"crew[{n}] ({crew.id}).sites", crew.sites, sites)


def _services(plant: PlantFile) -> Iterator[str]:
    """A skill that no crew has could never be planned; without crews one is taken to have all."""
    skills = {skill for crew in plant.crews for skill in crew.skills}
    parts = {part.id for part in plant.parts}
    for class_id, machine_class in plant.classes.items():
        service = machine_class.service
        if service.skill is not None and plant.crews:
            yield from _wanted(f"class.{class_id}.service.skill", [service.skill], skills)
        if service.part is not None:
            yield from _wanted(f"class.{class_id}.service.part", [service.part], parts)


def _shifts(plant: PlantFile) -> Iterator[str]:
    lines = {line.id for line in plant.lines}
    for n, shift in enumerate(plant.shifts):
        yield from _wanted(f"shift[{n}].lines", shift.lines, lines)


def _closures(plant: PlantFile) -> Iterator[str]:
    zone = ZoneInfo(plant.plant.timezone)
    for n, closure in enumerate(plant.closures):
        yield from _wanted(f"closure[{n}].lines", closure.lines, [x.id for x in plant.lines])
        yield from _wanted(f"closure[{n}].crews", closure.crews, [x.id for x in plant.crews])
        yield from _wanted(f"closure[{n}].sites", closure.sites, [x.id for x in plant.sites])
        start, end = span_of(closure, zone)
        if end <= start:
            yield f"closure[{n}].to: got {closure.end}, want none before {closure.start}"


def _families(products: Iterable[Product]) -> set[str]:
    return {product.family for product in products}


def _wanted(where: str, named: Iterable[str], known: Iterable[str]) -> Iterator[str]:
    want = set(known)
    for got in named:
        if got not in want:
            yield f"{where}: got {got!r}, want one of {some(want)}"


def _twice(where: str, ids: list[str], what: str = "id") -> Iterator[str]:
    for twice in sorted({i for i in ids if ids.count(i) > 1}):
        yield f"{where}: got {what} {twice!r} {ids.count(twice)} times, want it once"

"""A desk on a small plant that makes two products, and orders of them."""

from desk_bench import HOUR_US, T0_US, Bench
from worker_plant import PARTITIONS, settings_in

from twin.pipeline.site import prepare
from twin.stores.memory import MemoryStore
from twin.types import Event

PRODUCTS = """
[[product]]
id = "cover"
family = "iron"
late_cost_h = 10
[[product.step]]
class = "mill"
minutes = 2
[[product.step]]
class = "press"
minutes = 1
[[product.step]]
machines = ["mill-0", "mill-1"]
minutes = 1
[[product]]
id = "bracket"
family = "steel"
[[product.step]]
class = "press"
minutes = 1
"""
DUE_US = T0_US + 48 * HOUR_US


def settings_with_products(folder):
    settings = settings_in(folder)
    text = settings.plant.read_text()
    settings.plant.write_text(text + PRODUCTS)
    return settings


def order_bench(folder, store=None):
    store = store or MemoryStore(PARTITIONS)
    return Bench(store, prepare(store, settings_with_products(folder)))


def order(product="cover", quantity=10, due=DUE_US, **more):
    return {"product": product, "quantity": quantity, "due": due, **more}


def tell(bench, kind, machine, order_id, step, after_s=0, **more):
    """What the plant reports of a step."""
    detail = {"order": order_id, "step": step, "machine": machine, **more}
    bench.store.add_events([Event(bench.now + int(after_s * 1e6), kind, machine, detail)])

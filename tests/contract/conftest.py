"""Every store there is, for the laws that all of them keep."""

import pytest

from twin.stores.embedded import EmbeddedStore
from twin.stores.memory import MemoryStore
from twin.stores.redis import RedisStore


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    store = EmbeddedStore(tmp_path_factory.mktemp("store"), partitions=2)
    yield store
    store.close()


@pytest.fixture(params=["memory", "embedded"])
def store(request):
    if request.param == "memory":
        yield MemoryStore(partitions=2)
        return
    held = request.getfixturevalue("server")
    held._link.call("FLUSHALL")
    fresh = RedisStore(held.server.url, partitions=2)
    yield fresh
    fresh.close()

"""The store on a Redis server, by what its verbs are about."""

from twin.stores.redis.store import RedisStore

__all__ = ["RedisStore"]

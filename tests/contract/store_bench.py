"""Entries, commits and leases for the laws of stores."""

from twin.stores.base import Commit

TTL_MS = 30_000


def entry(n):
    return [b"k", b"x", b"n", b"%d" % n]


def numbers(entries):
    return [int(fields[3]) for _, fields in entries]


def commit(last_id, state=(), view=(), **rest):
    return Commit(last_id, {"catalogue": "1"}, state, view, **rest)


def owned(store, p=0):
    lease = store.lease(p, "w", TTL_MS)
    assert lease is not None
    return lease

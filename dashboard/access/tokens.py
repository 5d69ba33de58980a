"""The same token twice is the same action: asked again, it is answered again and not done again.

A token is claimed before the action is kept and holds the action's id after it, both in the store,
so that it does not matter which web process is asked, or that one died in between.
"""

import hashlib
from collections.abc import Callable

import orjson

from twin.actions import unpack_action
from twin.errors import StoreError
from twin.stores.base import DeskCommit, Store

__all__ = ["KIND", "known_id", "once"]

KIND = "tokens"
KEPT_US = 3_600_000_000
LOST_US = 5_000_000
"""A claim this old whose action never came was its process's last."""
SKEW_MS = 60_000
"""By how much the store's clock may be behind ours."""
SEARCH_MOST = 10_000


def known_id(store: Store, who: str, token: str) -> str | None:
    """The id of the action that this person's token stands for, if it was done."""
    text = store.documents(KIND).get(_key(who, token))
    return None if text is None else _id_of(text)


def once(store: Store, who: str, token: str, wall_us: int, do: Callable[[], bytes]) -> str:
    """Do it, which gives the action's id, unless it was done: then that id. Raises StoreError.

    Whether a store that fell silent had written the action is found out when it is asked again.
    """
    key = _key(who, token)
    held = store.documents(KIND)
    before = held.get(key)
    if before is not None and (found := _found(store, who, token, before, wall_us)) is not None:
        return found
    changes: dict[str, bytes | None] = {k: None for k, v in held.items() if _is_old(v, wall_us)}
    changes[key] = orjson.dumps({"wall": wall_us, "id": None})
    store.commit_desk(DeskCommit({KIND: changes}, (KIND, key, before)))
    action_id = do().decode()
    store.set_documents(KIND, {key: orjson.dumps({"wall": wall_us, "id": action_id})})
    return action_id


def _found(store: Store, who: str, token: str, text: bytes, wall_us: int) -> str | None:
    """The id of an action claimed before; None if its process died before it was kept."""
    known = _id_of(text) or _recall(store, who, token, orjson.loads(text)["wall"])
    if known is None and wall_us - orjson.loads(text)["wall"] < LOST_US:
        raise StoreError("store: this action is under way")
    return known


def _recall(store: Store, who: str, token: str, claimed_us: int) -> str | None:
    """The action itself, where its process died before it could note the id."""
    since = b"%d-0" % max(0, claimed_us // 1000 - SKEW_MS)
    for action_id, text in store.actions(since, SEARCH_MOST):
        action = unpack_action(text)
        if (action.who, action.token) == (who, token):
            return action_id.decode()
    return None


def _key(who: str, token: str) -> str:
    return hashlib.sha256(f"{who}\0{token}".encode()).hexdigest()[:32]


def _id_of(text: bytes) -> str | None:
    found: str | None = orjson.loads(text)["id"]
    return found


def _is_old(text: bytes, wall_us: int) -> bool:
    return bool(wall_us - orjson.loads(text)["wall"] > KEPT_US)

"""The store on a server: what people did, and the documents that follow from it."""

from typing import Any

from twin.stores import keys
from twin.stores.base import ACTIONS_MAX, DeskCommit, Documents
from twin.stores.redis.link import Link, Send, add_events

__all__ = ["DeskVerbs"]


class DeskVerbs:
    """Actions in, documents out."""

    _link: Link

    def add_action(self, text: bytes) -> bytes:
        capped = ("MAXLEN", "~", ACTIONS_MAX)
        made: bytes = self._link.call("XADD", keys.ACTIONS, *capped, "*", b"a", text)
        return made

    def actions(self, after: bytes, count: int) -> list[tuple[bytes, bytes]]:
        found = self._link.call("XRANGE", keys.ACTIONS, b"(" + after, b"+", "COUNT", count)
        return [(i, fields[1]) for i, fields in found]

    def documents(self, kind: str) -> dict[str, bytes]:
        held = self._link.hash(keys.documents(kind))
        return {name.decode(): text for name, text in held.items()}

    def document(self, kind: str, name: str) -> bytes | None:
        found: bytes | None = self._link.call("HGET", keys.documents(kind), name)
        return found

    def set_documents(self, kind: str, changes: Documents) -> None:
        self._link.together(lambda send: _put(send, kind, changes))

    def commit_desk(self, commit: DeskCommit) -> None:
        kind, name, text = commit.expected

        def fill(send: Send) -> None:
            for changed, documents in commit.documents.items():
                _put(send, changed, documents)
            add_events(send, commit.events)
            for p, batch in commit.entries.items():
                for entry in batch:
                    send("XADD", keys.readings(p), "*", *entry)

        self._link.unless_changed(keys.documents(kind), name, text, fill)


def _put(send: Send, kind: str, changes: Documents) -> None:
    key = keys.documents(kind)
    for name, text in changes.items():
        command: tuple[Any, ...] = ("HDEL", key, name)
        send(*(command if text is None else ("HSET", key, name, text)))

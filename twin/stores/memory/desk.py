"""The store in memory: what people did, and the documents that follow from it."""

from twin.stores.base import DeskCommit, Documents, StaleError
from twin.stores.memory.stream import StreamVerbs

__all__ = ["DeskVerbs"]


class DeskVerbs(StreamVerbs):
    """Actions in, documents out."""

    def add_action(self, text: bytes) -> bytes:
        with self._changed:
            return self._actions.add(text)

    def actions(self, after: bytes, count: int) -> list[tuple[bytes, bytes]]:
        with self._changed:
            return self._actions.after(after, count)

    def documents(self, kind: str) -> dict[str, bytes]:
        with self._changed:
            return dict(self._documents.get(kind, {}))

    def document(self, kind: str, name: str) -> bytes | None:
        with self._changed:
            return self._documents.get(kind, {}).get(name)

    def set_documents(self, kind: str, changes: Documents) -> None:
        with self._changed:
            for name, text in changes.items():
                if text is None:
                    self._documents[kind].pop(name, None)
                else:
                    self._documents[kind][name] = text

    def commit_desk(self, commit: DeskCommit) -> None:
        kind, name, text = commit.expected
        with self._changed:
            if self._documents[kind].get(name) != text:
                raise StaleError(f"{kind}: {name} was written by somebody else meanwhile")
            for changed, documents in commit.documents.items():
                self.set_documents(changed, documents)
            self.append(commit.entries, events=commit.events)

"""The person behind a request, and what they may do."""

from typing import NamedTuple

from flask import g

from twin.actions import ROLES, VERBS, Role

__all__ = ["NOBODY", "Person", "current_person", "may", "rank"]


class Person(NamedTuple):
    """Whoever asks. An open installation knows no users: its reader is admin, named or not yet."""

    name: str
    role: Role
    signed_in: bool

    @property
    def needs_name(self) -> bool:
        """Whether a name must be given before something is written in it."""
        return not self.name


NOBODY = Person("", "viewer", False)


def current_person() -> Person:
    """The person of the request under way."""
    found: Person = g.get("person", NOBODY)
    return found


def may(person: Person, verb: str) -> bool:
    """Whether a person's role suffices. Raises KeyError for a verb that there is not."""
    return rank(person.role) >= rank(VERBS[verb].role)


def rank(role: Role) -> int:
    """Roles as numbers that rise."""
    return ROLES.index(role)

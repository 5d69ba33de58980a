"""What `twin user` does: one function a word, and how a password is asked for."""

import getpass
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime

from twin.actions import ROLES
from twin.config import Settings
from twin.errors import SchemaError
from twin.pipeline import people
from twin.stores.base import Store
from twin.stores.embedded import open_store

__all__ = ["run_user"]


def run_user(
    settings: Settings, what: str, name: str | None, role: str | None, from_stdin: bool
) -> list[str]:
    """Do it and say in lines what was done. Raises SchemaError, StoreError."""
    if (name is None) != (what == "list"):
        got, want = (repr(name), "no name") if name else ("no name", "a NAME")
        raise SchemaError(f"user {what}: got {got}, want {want}")
    if (role is None) != (what not in {"add", "role"}):
        got, want = (f"--role {role}", "none") if role else ("no --role", "--role ROLE")
        raise SchemaError(f"user {what}: got {got}, want {want}")
    if role is not None and role not in ROLES:  # said before a password is asked for
        raise SchemaError(f"role: got {role!r}, want one of {', '.join(ROLES)}")
    store = open_store(settings)
    try:
        return _DO[what](store, name or "", role or "", from_stdin)
    finally:
        store.close()


def _add(store: Store, name: str, role: str, from_stdin: bool) -> list[str]:
    if people.find_user(store, name) is not None:  # said before a password is asked for
        raise SchemaError(f"user: got {name!r}, want a name that is not taken yet")
    made = people.add_user(store, name, role, _ask(from_stdin), time.time_ns() // 1000)
    return [f"{made.name} may sign in as {made.role}"]


def _list(store: Store, _name: str, _role: str, _from_stdin: bool) -> list[str]:
    found = people.list_users(store)
    lines = [f"{_day(user.made)}  {user.role:<8}  {user.name}" for user in found]
    return lines or ["nobody yet: on this computer the screens are open, elsewhere they are shut"]


def _remove(store: Store, name: str, _role: str, _from_stdin: bool) -> list[str]:
    people.remove_user(store, name)
    return [f"{name} may not sign in any more"]


def _set_role(store: Store, name: str, role: str, _from_stdin: bool) -> list[str]:
    changed = people.set_role(store, name, role)
    return [f"{changed.name} is {changed.role} from now on"]


def _set_password(store: Store, name: str, _role: str, from_stdin: bool) -> list[str]:
    people.known_user(store, name)  # said before a password is asked for
    changed = people.set_password(store, name, _ask(from_stdin))
    return [f"{changed.name} has a new password and is signed out everywhere"]


def _ask(from_stdin: bool) -> str:
    """A password typed twice and not shown, or the first line of the standard input."""
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise SchemaError("password: got no terminal to ask on, want --password-stdin")
    first = getpass.getpass(f"Password, {people.PASSWORD_LEAST} characters or more: ")
    if getpass.getpass("Once more: ") != first:
        raise SchemaError("password: got two that differ, want the same twice")
    return first


def _day(time_us: int) -> str:
    return datetime.fromtimestamp(time_us / 1e6, UTC).strftime("%Y-%m-%d")


_DO: dict[str, Callable[[Store, str, str, bool], list[str]]] = {
    "add": _add,
    "list": _list,
    "remove": _remove,
    "role": _set_role,
    "password": _set_password,
}

"""Who may sign in: users kept in the store, their passwords as Argon2id hashes alone.

A user's generation rises with every change that must end its sessions, and begins with the moment
at which the user was made, so that a name given again never revives an old session.
"""

import threading
import unicodedata
from functools import cache
from typing import NamedTuple

import orjson
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from twin.actions import ROLES, Role
from twin.errors import SchemaError
from twin.stores.base import DeskCommit, StaleError, Store

__all__ = [
    "KIND",
    "PASSWORD_LEAST",
    "User",
    "add_user",
    "check_password",
    "checked_name",
    "find_user",
    "known_user",
    "list_users",
    "remove_user",
    "set_password",
    "set_role",
    "user_key",
]

KIND = "users"
NAME_MOST = 60
PASSWORD_LEAST = 12
"""Characters. Source: OWASP ASVS 4.0.3, 2.1.1 (at least 12) and 2.1.2 (more than 128 denied)."""
PASSWORD_MOST = 128
HASHES_AT_ONCE = 2
"""Each holds 64 MiB while it is worked out (RFC 9106, second recommendation)."""

_HASHER = PasswordHasher()
_TURN = threading.BoundedSemaphore(HASHES_AT_ONCE)


class User(NamedTuple):
    """One person who may sign in."""

    name: str
    role: Role
    hash: str
    generation: int
    """Sessions of another generation have ended."""
    made: int
    """µs UTC of the clock on the wall."""


def user_key(name: str) -> str:
    """Under which a user is kept: "Early" and "early" are one person."""
    return unicodedata.normalize("NFKC", name).strip().casefold()


def checked_name(name: str) -> str:
    """A person's name as it is shown. Raises SchemaError."""
    shown = " ".join(unicodedata.normalize("NFC", name).split())
    if not 1 <= len(shown) <= NAME_MOST or not shown.isprintable():
        raise SchemaError(f"name: got {len(shown)} characters, want 1 to {NAME_MOST} printable")
    return shown


def list_users(store: Store) -> list[User]:
    """All users by name. Raises StoreError."""
    return sorted((_unpack(text) for text in store.documents(KIND).values()), key=lambda u: u.name)


def find_user(store: Store, name: str) -> User | None:
    """The user of a name, however it is spelt. Raises StoreError."""
    text = store.documents(KIND).get(user_key(name))
    return None if text is None else _unpack(text)


def known_user(store: Store, name: str) -> User:
    """The user of a name. Raises SchemaError, naming those there are."""
    return _known(store, name)[0]


def add_user(store: Store, name: str, role: str, password: str, wall_us: int) -> User:
    """Let somebody sign in. Raises SchemaError for a name taken, and for what is not allowed."""
    shown = checked_name(name)
    user = User(shown, _role(role), _hashed(_password(password, shown)), wall_us, wall_us)
    try:
        _replace(store, user, None)
    except StaleError:
        raise SchemaError(f"user: got {shown!r}, want a name that is not taken yet") from None
    return user


def remove_user(store: Store, name: str) -> None:
    """End somebody's sessions for good. Raises SchemaError for nobody's name."""
    _known(store, name)
    store.set_documents(KIND, {user_key(name): None})


def set_role(store: Store, name: str, role: str) -> User:
    """Give a user another role; sessions go on with it. Raises SchemaError."""
    user, text = _known(store, name)
    return _replace(store, user._replace(role=_role(role)), text)


def set_password(store: Store, name: str, password: str) -> User:
    """Give a user another password and end the sessions begun with the old one."""
    user, text = _known(store, name)
    hashed = _hashed(_password(password, user.name))
    return _replace(store, user._replace(hash=hashed, generation=user.generation + 1), text)


def check_password(store: Store, name: str, password: str) -> User | None:
    """The user if the password is theirs, else None, after the same time for a name unknown.

    A hash of weaker parameters than ours is replaced. Raises StoreError.
    """
    text = store.documents(KIND).get(user_key(name)) if len(password) <= PASSWORD_MOST else None
    user = None if text is None else _unpack(text)
    if not _verifies(user.hash if user else _nobody(), password) or user is None:
        return None
    if _HASHER.check_needs_rehash(user.hash):
        user = user._replace(hash=_hashed(_normal(password)))
        try:
            _replace(store, user, text)
        except StaleError:  # changed meanwhile by somebody who meant it
            return find_user(store, name)
    return user


def _known(store: Store, name: str) -> tuple[User, bytes]:
    held = store.documents(KIND)
    text = held.get(user_key(name))
    if text is None:
        names = ", ".join(_unpack(t).name for t in held.values()) or "there is none yet"
        raise SchemaError(f"user: got {name!r}, want one of: {names}")
    return _unpack(text), text


def _replace(store: Store, user: User, before: bytes | None) -> User:
    """Write a user unless somebody else has done so meanwhile. Raises StaleError."""
    key = user_key(user.name)
    text = orjson.dumps(user._asdict())
    store.commit_desk(DeskCommit({KIND: {key: text}}, (KIND, key, before)))
    return user


def _unpack(text: bytes) -> User:
    return User(**orjson.loads(text))


def _role(role: str) -> Role:
    for known in ROLES:
        if role == known:
            return known
    raise SchemaError(f"role: got {role!r}, want one of {', '.join(ROLES)}")


def _password(password: str, name: str) -> str:
    normal = _normal(password)
    if not PASSWORD_LEAST <= len(normal) <= PASSWORD_MOST:
        raise SchemaError(
            f"password: got {len(normal)} characters, want {PASSWORD_LEAST} to {PASSWORD_MOST}"
        )
    if user_key(name) == normal.casefold() or len(set(normal)) == 1:
        raise SchemaError("password: got one that is guessed first, want another")
    return normal


def _normal(password: str) -> str:
    """One form for what different keyboards send. Source: NIST SP 800-63B, 5.1.1.2."""
    return unicodedata.normalize("NFKC", password)


def _hashed(password: str) -> str:
    with _TURN:
        return _HASHER.hash(password)


def _verifies(hashed: str, password: str) -> bool:
    with _TURN:
        try:
            return _HASHER.verify(hashed, _normal(password))
        except (VerificationError, InvalidHashError):
            return False


@cache
def _nobody() -> str:
    """A hash that no password has, verified for names unknown."""
    return _hashed("\0")

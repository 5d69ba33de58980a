"""The installation's secret: made once, kept in the store, the same for every web process."""

import secrets

from twin.errors import StoreError
from twin.stores.base import DeskCommit, StaleError, Store

__all__ = ["secret_key"]

KIND, NAME = "secrets", "signing"
N_BYTES = 32


def secret_key(store: Store) -> bytes:
    """What signs cookies and kiosk links; whoever asks first makes it. Raises StoreError.

    Two processes that start at once agree: the one that writes second reads the first one's.
    """
    if (found := store.documents(KIND).get(NAME)) is not None:
        return bytes.fromhex(found.decode())
    made = secrets.token_hex(N_BYTES).encode()
    try:
        store.commit_desk(DeskCommit({KIND: {NAME: made}}, expected=(KIND, NAME, None)))
    except StaleError:
        if (found := store.documents(KIND).get(NAME)) is None:
            raise StoreError("store: the secret was made and removed again at once") from None
        return bytes.fromhex(found.decode())
    return bytes.fromhex(made.decode())

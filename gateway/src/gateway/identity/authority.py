"""Identity is its own authority: it knows keys and revocations from its own database."""

from collections.abc import Mapping

from chassis.database import Database

from gateway.identity.sessions import revocations, signing_keys
from gateway.identity.sessions.moments import real_now


class OwnAuthority:
    def __init__(self, database: Database) -> None:
        self._database = database

    def keys(self) -> Mapping[str, bytes]:
        with self._database.reading() as connection:
            return signing_keys.public_keys(connection, real_now())

    def revocations(self) -> Mapping[str, float]:
        with self._database.reading() as connection:
            found = revocations.effective(connection, real_now())
        return {key: issued_before.timestamp() for key, issued_before in found.items()}

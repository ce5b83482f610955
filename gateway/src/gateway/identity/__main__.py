"""`python -m gateway identity serve | background | migrate | ops | rotate-keys | seed-demo`."""

import sys
from collections.abc import Sequence
from contextlib import closing

from chassis.database import Database

from chassis import service
from gateway.identity import demo
from gateway.identity.app import DEFINITION
from gateway.identity.sessions import signing_keys
from gateway.identity.sessions.moments import real_now
from gateway.identity.settings import IdentitySettings


def main(arguments: Sequence[str]) -> int:
    """Run one command of identity. Returns the exit code."""
    match arguments:
        case ["rotate-keys"]:
            return _rotate_keys()
        case ["seed-demo"]:
            return _seed_demo()
        case _:
            return service.main(DEFINITION, arguments)


def _rotate_keys() -> int:
    with _database(_settings()) as database, database.begin() as connection:
        kid = signing_keys.rotate(connection, real_now())
    sys.stdout.write(f"identity: new tokens are signed with key {kid}\n")
    return 0


def _seed_demo() -> int:
    settings = _settings()
    if settings.env != "local":
        sys.stderr.write("seed-demo: the demo organisation is for JOURNEYMAN_ENV=local only\n")
        return 2
    with _database(settings) as database:
        demo.seed(database, real_now())
    sys.stdout.write(f"identity: demo organisation ready, password {demo.PASSWORD}\n")
    return 0


def _settings() -> IdentitySettings:
    return IdentitySettings()  # type: ignore[call-arg] # from the environment


def _database(settings: IdentitySettings) -> "closing[Database]":
    return closing(Database(settings.database_url.get_secret_value(), "journeyman-identity-command"))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

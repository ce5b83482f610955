"""`python -m gateway identity serve | background | migrate | ops | rotate-keys | seed-demo`."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager

from chassis.database import Database
from sqlalchemy import Connection

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
    with _transaction(_settings()) as connection:
        kid = signing_keys.rotate(connection, real_now())
    sys.stdout.write(f"identity: new tokens are signed with key {kid}\n")
    return 0


def _seed_demo() -> int:
    settings = _settings()
    if settings.env != "local":
        sys.stderr.write("seed-demo: the demo organisation is for JOURNEYMAN_ENV=local only\n")
        return 2
    with _transaction(settings) as connection:
        demo.seed(connection, real_now())
    sys.stdout.write(f"identity: demo organisation ready, password {demo.PASSWORD}\n")
    return 0


def _settings() -> IdentitySettings:
    return IdentitySettings()  # type: ignore[call-arg] # from the environment


@contextmanager
def _transaction(settings: IdentitySettings) -> Iterator[Connection]:
    url = settings.database_url.get_secret_value()
    with closing(Database(url, "journeyman-identity-command")) as database, database.begin() as connection:
        yield connection


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

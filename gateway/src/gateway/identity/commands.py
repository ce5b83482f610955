"""What an operator does to identity by hand."""

import getpass
import re
import sys
from contextlib import closing

from chassis.database import Database
from chassis.errors import InvalidFields

from gateway.identity import demo, first_admin
from gateway.identity.passwords.policy import PasswordPolicy
from gateway.identity.sessions import signing_keys
from gateway.identity.sessions.moments import real_now
from gateway.identity.sessions.passwords import PasswordHasher
from gateway.identity.settings import IdentitySettings
from gateway.identity.users.rules import UsernameTaken

_USERNAME = re.compile(r"[a-z0-9]([a-z0-9._-]{0,62}[a-z0-9])?")


def rotate_keys() -> int:
    with _database(_settings()) as database, database.begin() as connection:
        kid = signing_keys.rotate(connection, real_now())
    sys.stdout.write(f"identity: new tokens are signed with key {kid}\n")
    return 0


def withdraw_keys() -> int:
    with _database(_settings()) as database, database.begin() as connection:
        kid = signing_keys.withdraw(connection, real_now())
    sys.stdout.write(f"identity: tokens are good when signed with key {kid}, and no others\n")
    return 0


def seed_demo() -> int:
    settings = _settings()
    if settings.env != "local":
        return _refuse("seed-demo: the demo organisation is for JOURNEYMAN_ENV=local only")
    with _database(settings) as database:
        demo.seed(database, real_now())
    sys.stdout.write(f"identity: demo organisation ready, password {demo.PASSWORD}\n")
    return 0


def create_admin(username: str) -> int:
    """Open the first administrator's account; the password is asked for, or is the input's first line."""
    settings = _settings()
    if not _USERNAME.fullmatch(username):
        return _refuse("create-admin: a login name has lower case letters, digits, dots, dashes, at most 64")
    password = _password()
    try:
        PasswordPolicy().demand(password, [username], "password")
        password_hash = PasswordHasher().hash(password)
        with _database(settings) as database, database.begin() as connection:
            first_admin.create(connection, username, password_hash, real_now())
    except InvalidFields as error:
        return _refuse(f"create-admin: the password {error.problems[0].english}")
    except first_admin.AdministratorThere:
        return _refuse("create-admin: there is an active system_admin already, who can open accounts")
    except UsernameTaken:
        return _refuse(f"create-admin: the login name {username} is taken")
    sys.stdout.write(f"identity: {username} is the system administrator\n")
    return 0


def _password() -> str:
    """Never from the command line: every process of the machine can read that."""
    if sys.stdin.isatty():
        return getpass.getpass("Password: ")
    return sys.stdin.readline().rstrip("\r\n")


def _refuse(why: str) -> int:
    sys.stderr.write(f"{why}\n")
    return 2


def _settings() -> IdentitySettings:
    return IdentitySettings()  # type: ignore[call-arg] # from the environment


def _database(settings: IdentitySettings) -> "closing[Database]":
    return closing(Database(settings.database_url.get_secret_value(), "journeyman-identity-command"))

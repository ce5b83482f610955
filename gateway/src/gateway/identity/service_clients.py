"""The clients by which the platform's own services call each other."""

from collections.abc import Mapping
from datetime import datetime

from chassis.outbox import Fact
from pydantic import SecretStr
from sqlalchemy import Connection

from gateway.identity.api_clients import store
from gateway.identity.api_clients.store import Client
from gateway.identity.sessions import revocations

PERMISSIONS = frozenset(
    {
        "customers.read",
        "events.read",
        "orgUnits.read",
        "revocations.read",
        "users.read",
        "visits.read",
    }
)


def renew(connection: Connection, clients: Mapping[str, SecretStr], at: datetime) -> list[Fact]:
    """Make the services' clients what the settings say. Returns the facts to publish.

    One that they no longer name is disabled and its tokens are refused; settings without any say nothing, for
    a process that was started without them must not shut every service out.
    """
    for client_id, secret in sorted(clients.items()):
        name = f"Service {client_id}"
        client = Client(client_id, name, PERMISSIONS, secret.get_secret_value(), of_settings=True)
        store.renew(connection, client, at)
    gone = store.disable_other_than(connection, list(clients)) if clients else []
    return revocations.write_all(connection, gone, at)

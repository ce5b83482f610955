"""The clients by which the platform's own services call each other."""

from collections.abc import Mapping
from datetime import datetime

from pydantic import SecretStr
from sqlalchemy import Connection

from gateway.identity.api_clients import store
from gateway.identity.api_clients.store import Client

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


def renew(connection: Connection, clients: Mapping[str, SecretStr], at: datetime) -> None:
    """Make the services' clients what the settings say."""
    for client_id, secret in sorted(clients.items()):
        client = Client(client_id, f"Service {client_id}", PERMISSIONS, secret.get_secret_value())
        store.renew(connection, client, at)

"""What identity reads from its environment."""

from collections.abc import Mapping
from typing import Annotated

from chassis.settings import ServiceSettings
from pydantic import Field, SecretStr, StringConstraints

ClientId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{1,62}[a-z0-9]$")]
# A digest of the secret is kept that is quick to compute: the secret itself must be too long to guess.
ClientSecret = Annotated[SecretStr, StringConstraints(min_length=32)]


class IdentitySettings(ServiceSettings):
    """Settings of identity. It asks no other service, so it needs no client of its own."""

    client_id: str = ""
    client_secret: SecretStr = SecretStr("")
    # The clients of the other services with their secrets, made or renewed at every start.
    service_clients: Mapping[ClientId, ClientSecret] = Field(default_factory=dict)

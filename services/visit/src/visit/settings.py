"""What visit reads from its environment."""

from pathlib import Path

from chassis.settings import ServiceSettings
from chassis.uploads.links import key_from_text
from pydantic import SecretStr, field_validator


class VisitSettings(ServiceSettings):
    """The files folder is where photos arrive."""

    files_folder: Path
    files_url: str
    files_key: SecretStr

    @field_validator("files_key")
    @classmethod
    def _key_can_sign(cls, value: SecretStr) -> SecretStr:
        key_from_text(value.get_secret_value())
        return value

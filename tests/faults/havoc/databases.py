"""The databases of the platform, read past its services."""

from typing import Any

import psycopg
from local_stack.stack import Stack

Row = tuple[Any, ...]


class Databases:
    def __init__(self, stack: Stack) -> None:
        self._urls = {name: database.owner_url for name, database in stack._layout.databases.items()}

    @property
    def services(self) -> list[str]:
        return list(self._urls)

    def rows(self, service: str, query: str, *values: object) -> list[Row]:
        with psycopg.connect(self._urls[service], autocommit=True) as connection:
            return connection.execute(query, values).fetchall()

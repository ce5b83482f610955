"""A service of the tests: the notes of the schema, read over the event feed. Run as a process."""

import sys
from pathlib import Path

from chassis.database import Database
from chassis.events import EventFeedServicer
from chassis.service import Parts, ServiceDefinition, main
from chassis.settings import ServiceSettings
from chassis.testing import OneUnitEach


def greet(database: Database) -> int:
    with database.reading() as connection:
        sys.stdout.write(connection.exec_driver_sql("SELECT 'hello from ' || current_user").scalar_one())
    return 3


DEFINITION = ServiceDefinition(
    name="notes",
    migrations=Path(__file__).parent / "schema",
    settings=ServiceSettings,
    build=lambda runtime: Parts(servicers=[EventFeedServicer(runtime.name)], tree=OneUnitEach(), errors={}),
    operator_commands={"greet": greet},
)

if __name__ == "__main__":
    raise SystemExit(main(DEFINITION, sys.argv[1:]))

"""The composition root of marketing-resources."""

from chassis.database.migrations import migrations_folder
from chassis.events import EventFeedServicer
from chassis.service import Parts, Runtime, ServiceDefinition
from chassis.settings import ServiceSettings
from directory.cache import Identity

import directory
from directory import Directory
from marketing_resources import people


def build(runtime: Runtime) -> Parts:
    """Make the parts of the service."""
    units = Directory(runtime.database, Identity(runtime.channel("identity")))
    return Parts(
        tree=units,
        servicers=[
            EventFeedServicer(runtime.name),
        ],
        errors={
            **people.ERRORS,
        },
        subscriptions=[directory.subscription()],
        sweeps=[],
    )


DEFINITION = ServiceDefinition(
    name="marketing",
    migrations=migrations_folder(__file__),
    settings=ServiceSettings,
    build=build,
)

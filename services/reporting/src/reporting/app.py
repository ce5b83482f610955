"""The composition root of reporting."""

from chassis.database.migrations import migrations_folder
from chassis.events import EventFeedServicer
from chassis.service import Parts, Runtime, ServiceDefinition
from directory.cache import Identity

from directory import Directory
from reporting.servicer import ReportServicer
from reporting.settings import ReportingSettings
from reporting.subscriptions import subscriptions


def build(runtime: Runtime) -> Parts:
    """Make the parts of the service."""
    return Parts(
        servicers=[ReportServicer(), EventFeedServicer("reporting")],
        tree=Directory(runtime.database, Identity(runtime.channel("identity"))),
        errors={},
        subscriptions=subscriptions(),
    )


DEFINITION = ServiceDefinition(
    name="reporting",
    migrations=migrations_folder(__file__),
    settings=ReportingSettings,
    build=build,
)

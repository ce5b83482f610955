"""Puts visit together: the only place that knows all of its capabilities."""

from chassis.database.migrations import migrations_folder
from chassis.events import EventFeedServicer
from chassis.service import Parts, Runtime, ServiceDefinition, Sweep
from directory.cache import Identity

import directory
from directory import Directory
from visit import attendance, organisation, people, signal_checks, tracks, violations, work_policies
from visit.settings import VisitSettings


def build(runtime: Runtime) -> Parts:
    units = Directory(runtime.database, Identity(runtime.channel("identity")))
    return Parts(
        tree=units,
        servicers=[
            EventFeedServicer(runtime.name),
            work_policies.WorkPolicyServicer(units),
            attendance.AttendanceServicer(units),
            tracks.TrackServicer(units),
            violations.ViolationServicer(),
        ],
        errors={
            **organisation.ERRORS,
            **people.ERRORS,
            **work_policies.ERRORS,
            **attendance.ERRORS,
        },
        subscriptions=[
            directory.subscription(),
        ],
        sweeps=[
            Sweep("signal-checks", 1, signal_checks.SignalSweep(runtime.database, runtime.clock, units).run),
        ],
    )


DEFINITION = ServiceDefinition(
    name="visit",
    migrations=migrations_folder(__file__),
    settings=VisitSettings,
    build=build,
)

"""Puts visit together: the only place that knows all of its capabilities."""

from chassis.corrections import CorrectionServicer, CorrectionsToDecide
from chassis.database.migrations import migrations_folder
from chassis.events import EventFeedServicer
from chassis.service import Parts, Runtime, ServiceDefinition, Sweep
from chassis.work import WorkServicer
from directory.cache import Identity

import directory
from chassis import corrections
from directory import Directory, Followers
from visit import (
    attendance,
    customers,
    discipline,
    organisation,
    photos,
    signal_checks,
    tracks,
    violations,
    visit_plans,
    visits,
    work_policies,
)
from visit.settings import VisitSettings


def build(runtime: Runtime) -> Parts:
    settings = runtime.settings
    assert isinstance(settings, VisitSettings)  # noqa: S101 - the definition names them
    database = runtime.database
    units = Directory(database, Identity(runtime.channel("identity")))
    known = customers.KnownCustomers(database, runtime.channel("customer"))
    files = photos.PhotoFiles(settings.files_folder, settings.files_url, settings.files_key_bytes())
    plans = visit_plans.PlansFollow(visits.begun_stops)
    return Parts(
        tree=units,
        servicers=[
            EventFeedServicer(runtime.name),
            work_policies.WorkPolicyServicer(units),
            attendance.AttendanceServicer(units),
            tracks.TrackServicer(units),
            violations.ViolationServicer(),
            discipline.DisciplinaryActionServicer(units),
            visit_plans.VisitPlanServicer(database, units, known, visits.begun_stops),
            visits.VisitServicer(units, known, photos.PhotoEvidence(database, files)),
            photos.PhotoServicer(files),
            CorrectionServicer(runtime.name, [visits.CompletedVisits()]),
            WorkServicer(
                [
                    visit_plans.Drafts(),
                    visit_plans.Missing(units),
                    visits.InProgress(),
                    CorrectionsToDecide(runtime.name, visits.CompletedVisits()),
                ]
            ),
        ],
        errors={
            **organisation.ERRORS,
            **work_policies.ERRORS,
            **attendance.ERRORS,
            **customers.ERRORS,
            **discipline.ERRORS,
            **visit_plans.ERRORS,
            **visits.ERRORS,
            **photos.ERRORS,
            **corrections.ERRORS,
        },
        subscriptions=[
            directory.subscription(Followers(move=plans.move, hand_over=plans.hand_over)),
            customers.subscription(),
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

"""The composition root of identity."""

from typing import cast

from chassis.database.migrations import migrations_folder
from chassis.errors import ErrorTable
from chassis.events import EventFeedServicer
from chassis.search import SearchServicer
from chassis.service import Parts, Runtime, ServiceDefinition, Sweep
from chassis.service.parts import impatient
from chassis.uploads.tables import TableFiles
from chassis.work import WorkServicer

import gateway
from chassis import operations, outbox
from gateway.identity import backups, records, service_clients
from gateway.identity.accounts import ERRORS as ACCOUNTS_ERRORS
from gateway.identity.accounts import Accounts
from gateway.identity.api_clients import errors as api_client_errors
from gateway.identity.api_clients.servicer import ApiClientServicer
from gateway.identity.audit_log import errors as audit_log_errors
from gateway.identity.audit_log.operator import verify_audit
from gateway.identity.audit_reviews import errors as audit_review_errors
from gateway.identity.auditing import Auditing
from gateway.identity.authority import OwnAuthority
from gateway.identity.devices.tasks import ToDecide as PhonesToDecide
from gateway.identity.notices.parts import Telling
from gateway.identity.org_unit_changes import errors as org_unit_change_errors
from gateway.identity.org_unit_changes.servicer import OrgUnitChangeServicer
from gateway.identity.org_unit_changes.sweep import DueChanges
from gateway.identity.org_units import errors as org_unit_errors
from gateway.identity.org_units.servicer import OrgUnitServicer
from gateway.identity.org_units.store import OwnTree
from gateway.identity.own_token import OwnToken
from gateway.identity.roles import errors as role_errors
from gateway.identity.roles.servicer import RoleServicer
from gateway.identity.search.sources import People, Units
from gateway.identity.sessions import signing_keys
from gateway.identity.sessions.moments import real_now
from gateway.identity.sessions.revocations import Announcer, Revoker
from gateway.identity.sessions.signing_keys import SigningKey
from gateway.identity.sessions.tokens import TokenSigner
from gateway.identity.settings import IdentitySettings
from gateway.identity.signing_in import ERRORS as SIGNING_IN_ERRORS
from gateway.identity.signing_in import SigningIn
from gateway.identity.webhooks import errors as webhook_errors

ANNOUNCE_SECONDS = 1.0
FORGET_SECONDS = 600.0
DUE_SECONDS = 2.0
# A call waits for the announcement of its revocation, but not for a Redis that hangs.
REDIS_SECONDS = 0.5
# What identity may do at the other services.
PERMISSIONS = {"events.read"}

ERRORS: ErrorTable = {
    **org_unit_errors.ERRORS,
    **org_unit_change_errors.ERRORS,
    **ACCOUNTS_ERRORS,
    **role_errors.ERRORS,
    **SIGNING_IN_ERRORS,
    **api_client_errors.ERRORS,
    **webhook_errors.ERRORS,
    **audit_log_errors.ERRORS,
    **audit_review_errors.ERRORS,
    **records.ERRORS,
}


def build(runtime: Runtime) -> Parts:
    runtime.authority = OwnAuthority(runtime.database)
    _prepare(runtime)
    doorbell = impatient(runtime.settings, seconds=REDIS_SECONDS)
    announce = Announcer(runtime.database, doorbell, runtime.revocations)
    revoker = Revoker(announce)
    signer = TokenSigner(SigningKey(runtime.database))
    runtime.token = OwnToken(signer, PERMISSIONS)
    tree = OwnTree(runtime.database)
    due = DueChanges(runtime.database, runtime.clock, tree, revoker.announce)
    settings = cast("IdentitySettings", runtime.settings)
    files = TableFiles(settings.files_folder, settings.files_url, settings.files_key_bytes())
    signing_in = SigningIn(runtime, tree, signer, revoker)
    auditing = Auditing(runtime, settings, tree, files)
    accounts = Accounts(runtime, tree, files, signing_in, revoker)
    telling = Telling(runtime, settings, tree)
    kept = records.Records(runtime, settings, tree)
    return Parts(
        servicers=[
            *signing_in.servicers,
            OrgUnitServicer(),
            OrgUnitChangeServicer(tree, revoker),
            *accounts.servicers,
            WorkServicer([*accounts.tasks, PhonesToDecide(), *auditing.tasks, *records.TASKS]),
            RoleServicer(tree, revoker),
            ApiClientServicer(revoker, settings.service_clients),
            *auditing.servicers,
            *telling.servicers,
            *kept.servicers,
            SearchServicer([People(), Units()]),
            EventFeedServicer(runtime.name),
            operations.OperationsServicer(runtime.name, ERRORS, files.download_link),
        ],
        tree=tree,
        errors=ERRORS,
        jobs={**auditing.jobs, **telling.jobs, **signing_in.jobs, **accounts.jobs},
        subscriptions=[*auditing.subscriptions, *telling.subscriptions, *kept.subscriptions],
        sweeps=[
            *auditing.sweeps,
            *telling.sweeps,
            *kept.sweeps,
            *accounts.sweeps,
            Sweep("announce-revocations", ANNOUNCE_SECONDS, announce),
            Sweep("org-unit-changes", DUE_SECONDS, due),
            Sweep("forget-sessions", FORGET_SECONDS, signing_in.forget),
        ],
    )


def _prepare(runtime: Runtime) -> None:
    settings = cast("IdentitySettings", runtime.settings)
    at = real_now()
    with runtime.database.begin() as connection:
        signing_keys.make_first(connection, at)
        facts = service_clients.renew(connection, settings.service_clients, at)
        outbox.append(connection, facts, runtime.clock.now())


DEFINITION = ServiceDefinition(
    name="identity",
    migrations=migrations_folder(gateway.__file__),
    settings=IdentitySettings,
    build=build,
    operator_commands={
        "verify-audit": verify_audit,
        "record-backup": backups.record,
        "last-backup": backups.show_last,
    },
)

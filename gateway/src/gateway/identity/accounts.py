"""Puts accounts together: their keeping, the changes that are filed, and imports."""

from collections.abc import Sequence

from chassis.errors import ErrorTable
from chassis.imports import errors as import_errors
from chassis.server import Servicer
from chassis.service import Runtime, Sweep
from chassis.uploads.tables import TableFiles
from chassis.work import TaskSource

from gateway.identity.account_changes import errors as account_change_errors
from gateway.identity.account_changes.overdue import OverdueChanges
from gateway.identity.account_changes.servicer import AccountChangeServicer
from gateway.identity.account_changes.tasks import ToCarryOut, ToDecide
from gateway.identity.org_units import errors as org_unit_errors
from gateway.identity.org_units.store import OwnTree
from gateway.identity.roles import errors as role_errors
from gateway.identity.sessions.revocations import Revoker
from gateway.identity.signing_in import SigningIn
from gateway.identity.user_imports import servicer as user_imports
from gateway.identity.user_imports.job import UserImportJob
from gateway.identity.users import errors as user_errors
from gateway.identity.users.servicer import UserServicer
from gateway.identity.users.unbound import UnboundReview

REVIEW_SECONDS = 60.0
OVERDUE_SECONDS = 60.0

ERRORS = {**user_errors.ERRORS, **account_change_errors.ERRORS, **import_errors.ERRORS}
_OF_ROWS: ErrorTable = {**ERRORS, **org_unit_errors.ERRORS, **role_errors.ERRORS}


class Accounts:
    """The parts of identity that keep accounts."""

    def __init__(
        self, runtime: Runtime, tree: OwnTree, files: TableFiles, signing_in: SigningIn, revoker: Revoker
    ) -> None:
        database, clock = runtime.database, runtime.clock
        passwords = signing_in.policy, signing_in.hasher
        imports = user_imports.UserImports(runtime.name, files)
        self.servicers: Sequence[Servicer] = [
            UserServicer(tree, *passwords, revoker, imports),
            AccountChangeServicer(tree, *passwords, revoker),
        ]
        self.tasks: Sequence[TaskSource] = [ToDecide(), ToCarryOut()]
        self.jobs = {
            user_imports.KIND: UserImportJob(
                database=database, clock=clock, tree=tree, files=files, errors=_OF_ROWS
            )
        }
        self.sweeps = [
            Sweep("review-unbound", REVIEW_SECONDS, UnboundReview(database, clock, tree)),
            Sweep("overdue-account-changes", OVERDUE_SECONDS, OverdueChanges(database, clock)),
        ]

"""What identity keeps on record, and what discipline does to accounts."""

from collections.abc import Sequence
from typing import Any

from chassis.errors import ErrorTable
from chassis.events import Subscription
from chassis.server import Servicer
from chassis.service import Runtime, Sweep
from chassis.work import TaskSource

from gateway.identity.discipline import errors as discipline_errors
from gateway.identity.discipline import following as discipline
from gateway.identity.login_days import following as login_days
from gateway.identity.login_days.servicer import LoginDayServicer
from gateway.identity.login_days.sweep import AbsenceSweep
from gateway.identity.org_units.store import OwnTree
from gateway.identity.parameters.servicer import ParameterServicer
from gateway.identity.rule_documents import errors as rule_document_errors
from gateway.identity.rule_documents import work as rule_document_work
from gateway.identity.rule_documents.servicer import RuleDocumentServicer
from gateway.identity.security_incidents import errors as incident_errors
from gateway.identity.security_incidents import work as incident_work
from gateway.identity.security_incidents.servicer import SecurityIncidentServicer
from gateway.identity.settings import IdentitySettings

ABSENCE_SECONDS = 60.0

ERRORS: ErrorTable = {**discipline_errors.ERRORS, **incident_errors.ERRORS, **rule_document_errors.ERRORS}
TASKS: Sequence[TaskSource] = (
    incident_work.ToTakeUp(),
    incident_work.ToClose(),
    rule_document_work.ToSign(),
    rule_document_work.ToRewrite(),
)


class Records:
    """The parts of the service that keep records."""

    def __init__(self, runtime: Runtime, settings: IdentitySettings, tree: OwnTree) -> None:
        absences = AbsenceSweep(runtime.database, runtime.clock)
        self.servicers: Sequence[Servicer] = [
            LoginDayServicer(),
            SecurityIncidentServicer(),
            RuleDocumentServicer(),
            ParameterServicer(),
        ]
        self.subscriptions: Sequence[Subscription[Any]] = [
            login_days.subscription(runtime.clock),
            *([discipline.subscription(runtime.clock, tree)] if "visit" in settings.sources else ()),
        ]
        self.sweeps: Sequence[Sweep] = [Sweep("absences", ABSENCE_SECONDS, absences.run)]

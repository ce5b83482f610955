"""The composition root of marketing-resources."""

from chassis.corrections import CorrectionServicer, CorrectionsToDecide
from chassis.database.migrations import migrations_folder
from chassis.events import EventFeedServicer
from chassis.sealing import Sealer
from chassis.sealing.watch import STRETCH_SECONDS, Watch
from chassis.search import SearchServicer
from chassis.service import Parts, Runtime, ServiceDefinition, Sweep
from chassis.settings import ServiceSettings
from chassis.work import WorkServicer
from directory.cache import Identity

import directory
from chassis import corrections
from directory import Directory, Followers
from marketing_resources.approvals import errors as approval_errors
from marketing_resources.approvals.servicer import ApprovalTaskServicer
from marketing_resources.approvals.work import sources as decisions
from marketing_resources.budgets import errors as budgets_errors
from marketing_resources.budgets.search import Budgets
from marketing_resources.budgets.servicer import BudgetServicer
from marketing_resources.disbursements import errors as disbursement_errors
from marketing_resources.disbursements.servicer import DisbursementServicer
from marketing_resources.funds import errors as funds_errors
from marketing_resources.funds.search import Funds
from marketing_resources.funds.servicer import FundServicer
from marketing_resources.ledger import errors as ledger_errors
from marketing_resources.ledger.chain import LEDGER
from marketing_resources.ledger.operator import verify_ledger
from marketing_resources.ledger.servicer import LedgerServicer
from marketing_resources.ledger.verification import prove_next
from marketing_resources.spend_plans import errors as spend_plan_errors
from marketing_resources.spend_plans import moves as spend_plan_moves
from marketing_resources.spend_plans.corrections import SubmittedPlans
from marketing_resources.spend_plans.search import SpendPlans
from marketing_resources.spend_plans.servicer import SpendPlanServicer
from marketing_resources.spend_plans.work import Rejected


def build(runtime: Runtime) -> Parts:
    """Make the parts of the service."""
    units = Directory(runtime.database, Identity(runtime.channel("identity")))
    watch = Watch(LEDGER, prove_next, runtime.database, runtime.metrics)
    return Parts(
        tree=units,
        servicers=[
            EventFeedServicer(runtime.name),
            FundServicer(),
            BudgetServicer(units),
            LedgerServicer(),
            SpendPlanServicer(),
            ApprovalTaskServicer(),
            DisbursementServicer(),
            SearchServicer([SpendPlans(), Budgets(), Funds()]),
            CorrectionServicer(runtime.name, [SubmittedPlans()]),
            WorkServicer([*decisions(), Rejected(), CorrectionsToDecide(runtime.name, SubmittedPlans())]),
        ],
        errors={
            **funds_errors.ERRORS,
            **budgets_errors.ERRORS,
            **ledger_errors.ERRORS,
            **spend_plan_errors.ERRORS,
            **approval_errors.ERRORS,
            **disbursement_errors.ERRORS,
            **corrections.ERRORS,
        },
        subscriptions=[directory.subscription(Followers(hand_over=spend_plan_moves.hand_over))],
        sweeps=[
            Sweep("ledger-sealer", 1, Sealer(runtime.database, LEDGER).run),
            Sweep("ledger-watch", STRETCH_SECONDS, watch.run),
        ],
    )


DEFINITION = ServiceDefinition(
    name="marketing",
    migrations=migrations_folder(__file__),
    settings=ServiceSettings,
    build=build,
    operator_commands={"verify-ledger": verify_ledger},
)

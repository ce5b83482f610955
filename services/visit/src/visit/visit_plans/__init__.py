"""Weekly visit plans: drafted, submitted, amended."""

from visit.visit_plans.errors import ERRORS
from visit.visit_plans.moves import PlansFollow
from visit.visit_plans.servicer import VisitPlanServicer
from visit.visit_plans.work import Drafts, Missing

__all__ = ["ERRORS", "Drafts", "Missing", "PlansFollow", "VisitPlanServicer"]

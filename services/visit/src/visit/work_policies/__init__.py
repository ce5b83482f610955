"""Work policies: hours, grace and fines, by unit and date."""

from visit.work_policies.errors import ERRORS
from visit.work_policies.servicer import WorkPolicyServicer

__all__ = ["ERRORS", "WorkPolicyServicer"]

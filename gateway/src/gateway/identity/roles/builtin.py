"""The built-in roles: those of SYS-01, SYS-02 and SYS-12 (R160), and the auditor.

A role says what its holder may do; the scope of the assignment says with which rows. A manager who also
visits shops holds `field_rep` with scope SELF besides.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from gateway.identity.roles.rules import administers


@dataclass(frozen=True, slots=True)
class Role:
    """A named set of permission patterns, and the source system that it comes from."""

    code: str
    english: str
    chinese: str
    origin: str
    permissions: frozenset[str]


_ORGANISATION = ("orgUnits.read", "users.read")
_FIELD_VIEW = (
    *_ORGANISATION,
    "attendance.read",
    "customers.read",
    "disciplinaryActions.read",
    "loginDays.read",
    "reports.read",
    "tracks.read",
    "violations.read",
    "visitPlans.read",
    "visits.read",
    "workPolicies.read",
)
_ASKS_FOR_DISTRIBUTION = ("customerDistributions.read", "customerDistributions.write")
_SELLING = (
    *_ORGANISATION,
    *_ASKS_FOR_DISTRIBUTION,
    "customers.create",
    "customers.read",
    "customers.update",
    "loginDays.read",
    "reports.read",
)
_CORRECTIONS = ("corrections.file", "corrections.read")
_DECIDING = (*_CORRECTIONS, "corrections.decide")
_FIELD_WORK = (*_CORRECTIONS, "attendance.clock", "tracks.append", "visitPlans.write", "visits.write")
_SPENDING_VIEW = (
    *_ORGANISATION,
    "approvalTasks.read",
    "budgets.read",
    "disbursements.read",
    "funds.read",
    "ledgerEntries.read",
    "reports.read",
    "spendPlans.read",
)
# Whose phone is whose.
_PHONES = ("devices.decide", "devices.read")
_SIGN_IN_UPKEEP = ("devices.read", "users.resetPassword", "users.resetTotp", "users.unlock")
# A superior decides what becomes of the accounts of those below, and may freeze one beforehand.
_SUPERIOR = (
    "accountChanges.decide",
    "accountChanges.file",
    "accountChanges.read",
    "roles.read",
    "users.certify",
    *_PHONES,
)
# R139: a superior takes the steps of the ladder.
_DISCIPLINE = ("disciplinaryActions.take",)
_CARRYING_OUT = ("accountChanges.carryOut", "accountChanges.read")
_CUSTOMER_UPKEEP = (*_ASKS_FOR_DISTRIBUTION, "customers.create", "customers.import", "customers.update")


def _role(code: str, english: str, chinese: str, origin: str, *permissions: Iterable[str]) -> Role:
    return Role(code, english, chinese, origin, frozenset().union(*permissions))


ROLES: Mapping[str, Role] = {
    role.code: role
    for role in (
        _role("auditor", "Auditor", "审计员", "", ["*.read", "auditLog.export", "auditReviews.create"]),
        _role(
            "department_head",
            "Department or project head",
            "部门、项目组负责人",
            "SYS-01",
            _FIELD_VIEW,
            _CUSTOMER_UPKEEP,
            _SUPERIOR,
            _DISCIPLINE,
            _DECIDING,
        ),
        _role(
            "district_manager",
            "District manager",
            "区域经理",
            "SYS-01",
            _FIELD_VIEW,
            _CUSTOMER_UPKEEP,
            _DISCIPLINE,
            _DECIDING,
            _PHONES,
        ),
        _role("field_rep", "Field representative", "业务员", "SYS-01", _FIELD_VIEW, _SELLING, _FIELD_WORK),
        _role(
            "group_management",
            "Group management",
            "集团管理层",
            "SYS-12",
            _FIELD_VIEW,
            _DISCIPLINE,
            _SUPERIOR,
            ["customerDistributions.read", "customers.distribute", "customers.update", "orgUnitChanges.read"],
            ["ruleDocuments.approve", "ruleDocuments.read"],
        ),
        _role(
            "group_marketing",
            "Group marketing department",
            "集团公司市场营销部",
            "SYS-12",
            _ORGANISATION,
            _CARRYING_OUT,
            ["customerDistributions.read", "customers.distribute", "customers.read", "reports.read"],
            ["ruleDocuments.read", "ruleDocuments.write"],
        ),
        _role(
            "hq_finance",
            "Headquarters finance",
            "总部财务部",
            "SYS-02",
            _SPENDING_VIEW,
            ["approvalTasks.decide", "budgets.create", "funds.create", "ledgerProof.read"],
            ["spendPlans.auditFees"],
        ),
        _role(
            "hq_market_department",
            "Headquarters market department",
            "总部市场部",
            "SYS-02",
            _SPENDING_VIEW,
            ["approvalTasks.decide", "spendPlans.reviewForMarketDepartment"],
        ),
        _role(
            "hq_marketing_centre",
            "Headquarters marketing centre",
            "总部营销中心",
            "SYS-02",
            _SPENDING_VIEW,
            _DECIDING,
            ["approvalTasks.decide", "spendPlans.reviewForMarketingCentre"],
        ),
        _role(
            "operations_planner",
            "Internet operations planner",
            "互联网运营中心策划",
            "SYS-02",
            _SPENDING_VIEW,
            _CORRECTIONS,
            ["spendPlans.write"],
        ),
        _role(
            "platform_admin",
            "Platform administrator",
            "平台管理员",
            "SYS-01",
            _FIELD_VIEW,
            _CUSTOMER_UPKEEP,
            _SIGN_IN_UPKEEP,
            _CARRYING_OUT,
            ["auditLog.read", "auditProof.read", "roles.read", "workPolicies.create"],
            ["users.certify", "users.create", "users.import", "users.update"],
            ["parameters.update", "securityIncidents.handle", "securityIncidents.read"],
        ),
        _role(
            "regional_manager",
            "Regional manager",
            "大区经理",
            "SYS-01",
            _FIELD_VIEW,
            _CUSTOMER_UPKEEP,
            _SUPERIOR,
            _DISCIPLINE,
            _DECIDING,
            ["workPolicies.create"],
        ),
        _role("salesperson", "Salesperson", "业务人员", "SYS-12", _SELLING),
        _role(
            "section_admin",
            "Section administrator",
            "版块管理员",
            "SYS-12",
            _ORGANISATION,
            _SIGN_IN_UPKEEP,
            ["accountChanges.file", "accountChanges.read", "roles.read", "users.certify"],
            ["auditLog.export", "auditLog.read", "auditReviews.create", "auditReviews.read"],
            ["customers.read", "loginDays.read", "reports.read"],
        ),
        _role(
            "section_head",
            "Section head",
            "版块负责人",
            "SYS-12",
            _FIELD_VIEW,
            _SELLING,
            _SUPERIOR,
            _DISCIPLINE,
            _DECIDING,
        ),
        _role("system_admin", "System administrator", "系统管理员", "SYS-12", ["*"]),
    )
}

_FIELD = ("department_head", "district_manager", "field_rep", "regional_manager", "salesperson")
_FIELD_RIGHTS = frozenset[str]().union(*(ROLES[code].permissions for code in _FIELD))
# What every superior gives to those below, whether or not they do that work: the rights of the field, and
# those of the section's administrator.
GIVEN_BY_SUPERIORS = ROLES["section_admin"].permissions.union(
    permission for permission in _FIELD_RIGHTS if not administers(permission)
)

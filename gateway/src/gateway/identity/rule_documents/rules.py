"""How a version of the organisation's rules comes into force (R162, R035). Pure."""

import re
from datetime import date
from enum import StrEnum

_LINK = re.compile(r"https://[^\s/?#\[\]]+([/?#]\S*)?", re.IGNORECASE)


class State(StrEnum):
    """Where a version is kept to stand; from a signed one's date follows whether it is in force."""

    DRAFT = "DRAFT"
    SUBMITTED = "SUBMITTED"
    APPROVED = "APPROVED"


class Standing(StrEnum):
    """Where a version stands on a day."""

    DRAFT = "DRAFT"
    SUBMITTED = "SUBMITTED"
    APPROVED = "APPROVED"
    EFFECTIVE = "EFFECTIVE"
    SUPERSEDED = "SUPERSEDED"


class RuleDocumentExists(Exception):
    """The code stands for another document."""


class RuleVersionInTheMaking(Exception):
    """Two drafts at a time would each leave out what the other changes."""


class RuleVersionNotDraft(Exception):
    """What has been submitted is not rewritten under the eyes of who signs it."""


class RuleVersionNotSubmitted(Exception):
    """Only what was submitted is signed or returned."""


class OwnRuleVersion(Exception):
    """R162: somebody else than the author signs."""


class RuleVersionTooEarly(Exception):
    """The version would hold for days that have passed, or from before the version that it replaces."""


class ContentMissing(Exception):
    """A version has words, or a link to them."""


class NoLink(Exception):
    """The link leads nowhere."""


def demand_draft(state: State) -> None:
    """Raise RuleVersionNotDraft unless it is one."""
    if state is not State.DRAFT:
        raise RuleVersionNotDraft


def demand_content(text: str, link: str) -> None:
    """Raise ContentMissing or NoLink unless somebody can read the rules."""
    if not text.strip() and not link:
        raise ContentMissing
    if link and not _leads_somewhere(link):
        raise NoLink


def demand_signable(state: State, author_id: str, signer_id: str) -> None:
    """R162: raise RuleVersionNotSubmitted or OwnRuleVersion unless this person may sign or return it."""
    if state is not State.SUBMITTED:
        raise RuleVersionNotSubmitted
    if signer_id == author_id:
        raise OwnRuleVersion


def demand_effective_date(effective_date: date, today: date, latest_signed: date | None) -> None:
    """R162, R035: raise RuleVersionTooEarly unless the version is signed before it holds.

    Args:
        effective_date: the day from which it shall hold.
        today: the day on which it is signed.
        latest_signed: the day from which the newest signed version holds. None: it is the first, and the
            organisation may bring along rules that it has kept on paper.
    """
    if latest_signed is not None and not (today <= effective_date and latest_signed < effective_date):
        raise RuleVersionTooEarly


def standing(state: State, effective_date: date, today: date, *, is_current: bool) -> Standing:
    """Return where a version stands today.

    Args:
        state: where it is kept to stand.
        effective_date: the day from which it holds once signed.
        today: the day.
        is_current: whether no later signed version holds today.
    """
    if state is not State.APPROVED:
        return Standing(state.value)
    if effective_date > today:
        return Standing.APPROVED
    return Standing.EFFECTIVE if is_current else Standing.SUPERSEDED


def _leads_somewhere(link: str) -> bool:
    return bool(_LINK.fullmatch(link))

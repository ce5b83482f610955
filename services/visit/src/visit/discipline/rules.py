"""The disciplinary ladder (R139, R196, R032). Pure.

The rulebook names the five steps and nothing about how long one counts or lasts: none expires, and a use ban
or a suspension lasts until a superior ends it.
"""

from collections.abc import Iterable, Mapping
from enum import IntEnum, StrEnum


class Step(IntEnum):
    """R139: the five steps, in their order."""

    ORAL_WARNING = 1
    WRITTEN_WARNING = 2
    USE_BAN = 3
    SUSPENSION = 4
    DISMISSAL = 5


STEP_WORDS: Mapping[Step, tuple[str, str]] = {
    Step.ORAL_WARNING: ("an oral warning", "口头警告"),
    Step.WRITTEN_WARNING: ("a written warning", "书面警告"),
    Step.USE_BAN: ("a use ban", "禁止使用系统"),
    Step.SUSPENSION: ("a suspension", "停职"),
    Step.DISMISSAL: ("dismissal", "辞退"),
}


class Cause(StrEnum):
    """What a step is taken for.

    R139 names alteration of data, leak and breach. R032: lending the phone is a falsification, with its fine
    besides. R196: a breach of the standards of conduct; a serious one skips to dismissal.
    """

    VIOLATIONS = "VIOLATIONS"
    FALSIFICATION = "FALSIFICATION"
    LEAK = "LEAK"
    CONDUCT = "CONDUCT"


class State(StrEnum):
    EFFECTIVE = "EFFECTIVE"
    ENDED = "ENDED"
    WITHDRAWN = "WITHDRAWN"


ENDING = frozenset({Step.USE_BAN, Step.SUSPENSION})


class OwnDisciplinaryAction(Exception):
    """Nobody takes a step against themselves, nor takes it back."""


class _AnotherStepNext(Exception):
    """`next_step` is the one that follows; `english` and `chinese` are its words."""

    def __init__(self, next_step: Step) -> None:
        super().__init__(next_step.name)
        self.next_step = next_step.name
        self.english, self.chinese = STEP_WORDS[next_step]


class StepBelowLadder(_AnotherStepNext):
    """The person has been on that step, or above it."""


class StepSkipsLadder(_AnotherStepNext):
    """Only a serious breach skips steps, for a reason."""


class LadderAtItsEnd(Exception):
    """The person is dismissed."""


class ActionWithdrawn(Exception):
    """The action was taken back."""


class ActionEnded(Exception):
    """The action has been served already."""


class StepHasNoEnd(Exception):
    """A warning has nothing that could end, and a dismissal is for good."""


class ViolationNotFound(Exception):
    """There is no such violation of the person, or the caller does not see it."""


class ViolationCited(Exception):
    """A breach is punished once."""

    def __init__(self, violation_id: str) -> None:
        super().__init__(violation_id)
        self.violation_id = violation_id


class GroundsMissing(Exception):
    """A step names what it is taken for: violations, or facts. `field` is the one that is missing."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


def step_to_take(wanted: Step | None, counting: Iterable[Step], skip_reason: str) -> Step:
    """R139: return the step that is taken against somebody.

    Args:
        wanted: the step that the superior has chosen. None: the next one.
        counting: the steps that count against the person: those that were not taken back.
        skip_reason: why a serious breach skips steps (R196). Empty: it does not.

    Raises LadderAtItsEnd, StepBelowLadder, StepSkipsLadder.
    """
    height = max(counting, default=0)
    if height == Step.DISMISSAL:
        raise LadderAtItsEnd
    following = Step(height + 1)
    if wanted is None:
        return following
    if wanted < following:
        raise StepBelowLadder(following)
    if wanted > following and not skip_reason.strip():
        raise StepSkipsLadder(following)
    return wanted


def demand_grounds(cause: Cause, *, cites: bool, facts: str) -> None:
    """Raise GroundsMissing unless the step names what it is taken for."""
    if cause is Cause.VIOLATIONS and not cites:
        raise GroundsMissing("violation_ids")
    if cause is not Cause.VIOLATIONS and not facts.strip():
        raise GroundsMissing("facts")


def demand_superior(caller_id: str, user_id: str) -> None:
    """Raise OwnDisciplinaryAction when the two are one."""
    if caller_id == user_id:
        raise OwnDisciplinaryAction


def demand_counting(state: State) -> None:
    """Raise ActionWithdrawn when there is nothing left to take back."""
    if state is State.WITHDRAWN:
        raise ActionWithdrawn


def demand_endable(step: Step, state: State) -> None:
    """R139: a use ban and a suspension end. Raises StepHasNoEnd, ActionWithdrawn, ActionEnded."""
    if step not in ENDING:
        raise StepHasNoEnd
    demand_counting(state)
    if state is State.ENDED:
        raise ActionEnded

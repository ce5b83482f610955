"""Civil dates as requests carry them."""

from datetime import date

from chassis.errors import FieldProblem, InvalidFields


def civil_date(text: str, path: str) -> date:
    """Return the date; the contract has checked its shape, not that there is such a day (30 February).

    Raises InvalidFields that names `path`.
    """
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise no_such_date(path) from None


def optional_date(text: str, path: str) -> date | None:
    """Return the date, None for an empty text. Raises InvalidFields that names `path`."""
    return civil_date(text, path) if text else None


def no_such_date(path: str) -> InvalidFields:
    """Return what refuses a day that is not in the calendar, or not with all its hours."""
    return InvalidFields(FieldProblem(path, "NO_SUCH_DATE", "is no day of the calendar", "日历中没有这一天"))

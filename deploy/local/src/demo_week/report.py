"""What the demo prints in the end."""

from collections.abc import Iterable

from rich.console import Console
from rich.table import Table

from demo_week.checks import Check
from demo_week.demo import Outcome


def show(outcome: Outcome, seconds: dict[str, float], console: Console) -> None:
    imported, points = outcome.imported, outcome.points
    console.print(
        f"\nShops: {outcome.rows:,} rows in, {imported.created:,} customers, {imported.rejected:,} refused"
        f"{_by_reason(imported.reasons.items())}"
    )
    console.print(
        f"Track points: {points.sent:,} sent ({outcome.tracks}), {points.accepted:,} kept, "
        f"{points.duplicate:,} known already, {points.refused.total():,} refused"
        f"{_by_reason(points.refused.items())}"
    )
    console.print(_violations(outcome))
    console.print(_people(outcome))
    console.print(_checks(outcome.checks))
    console.print(f"{sum(seconds.values()):.1f} s in all")


def _by_reason(counts: Iterable[tuple[str, int]]) -> str:
    words = ", ".join(f"{reason} {number:,}" for reason, number in sorted(counts))
    return f" ({words})" if words else ""


def _violations(outcome: Outcome) -> Table:
    table = Table(title="Violations found", title_justify="left")
    for heading in ("Person", "Rule", "What", "Day", "Fine"):
        table.add_column(heading)
    names = {person.id: person.api.username for person in outcome.team.people}
    for found in sorted(outcome.reports.violations, key=lambda found: (found["workDate"], found["userId"])):
        fine = found.get("fine") or {}
        table.add_row(
            names.get(found["userId"], found["userId"]),
            found["ruleId"],
            found["kind"].removeprefix("KIND_"),
            found["workDate"],
            f"{fine['units']} {fine['currencyCode']}" if fine else "",
        )
    return table


def _people(outcome: Outcome) -> Table:
    table = Table(title="Ranking by valid visits", title_justify="left")
    headings = ("Rank", "Person", "Valid", "Visits", "Ad hoc", "Compliance", "In order", "On time", "Late")
    for heading in headings:
        table.add_column(heading, justify="left" if heading == "Person" else "right")
    people = {person.id: person for person in outcome.team.people}
    for place in outcome.reports.ranking:
        row, days = outcome.reports.visits[place["userId"]], outcome.reports.attendance[place["userId"]]
        person = people[place["userId"]]
        table.add_row(
            str(place["rank"]),
            f"{person.user['displayName']} ({person.api.username})",
            *(str(row[name]) for name in ("validCount", "visitCount", "adHocCount")),
            f"{row['callCompliance']:.0%}",
            str(row["inSequenceCount"]),
            f"{days['attendanceRate']:.0%}",
            str(days["lateCount"]),
        )
    return table


def _checks(checks: list[Check]) -> Table:
    """The checks that fail; all in one line when none does."""
    failed = [check for check in checks if not check.holds]
    table = Table(title=f"{len(checks) - len(failed)} of {len(checks)} checks hold", title_justify="left")
    if failed:
        for heading in ("Check", "Expected", "Found"):
            table.add_column(heading)
        for check in failed:
            table.add_row(check.name, str(check.expected), str(check.found), style="red")
    return table

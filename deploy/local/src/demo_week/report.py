"""What the demo prints in the end."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date

from rich.console import Console
from rich.table import Table

from demo_week.api import Json
from demo_week.checks import Check
from demo_week.demo import Outcome
from demo_week.spending import BALANCES, DECIDERS, FINANCE_SYSTEM, PLANNER, Ledger, Spending, balances, units
from demo_week.team import Team


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
    console.print(_exceptions(outcome.team))
    console.print(_violations(outcome))
    console.print(_people(outcome))
    console.print(_spend_plan(outcome.spending))
    console.print(_budgets(outcome.spending))
    console.print(_ledger(outcome.spending.ledger))
    _checks(outcome.checks, console)
    console.print(f"{sum(seconds.values()):.1f} s in all")


def _by_reason(counts: Iterable[tuple[str, int]]) -> str:
    words = ", ".join(f"{reason} {number:,}" for reason, number in sorted(counts))
    return f" ({words})" if words else ""


def _exceptions(team: Team) -> str:
    late = [person.api.username for person in team.people if person.plan["submittedLate"]]
    amendments = sum(len(person.plan["amendments"]) for person in team.people)
    photos = sum(person.photos_refused for person in team.people)
    return (
        f"Plans: {len(team.people)}, {len(late)} late ({', '.join(late)}), {amendments} amended. "
        f"Photos refused before the checklist: {photos}"
    )


def _violations(outcome: Outcome) -> Table:
    table = Table(title=f"{len(outcome.reports.violations)} violations found", title_justify="left")
    for heading in ("Person", "Rule", "What", "Times", "Days", "Fines"):
        table.add_column(heading, justify="right" if heading in {"Times", "Fines"} else "left")
    names = {person.id: person.api.username for person in outcome.team.people}
    found = defaultdict[tuple[str, str, str], list[Json]](list)
    for violation in outcome.reports.violations:
        what = violation["kind"].removeprefix("KIND_")
        found[names[violation["userId"]], violation["ruleId"], what].append(violation)
    for key, breaches in sorted(found.items()):
        days = sorted({date.fromisoformat(breach["workDate"]) for breach in breaches})
        weekdays = " ".join(f"{day:%a}" for day in days)
        table.add_row(*key, str(len(breaches)), weekdays, _fines(breaches))
    return table


def _fines(breaches: Iterable[Json]) -> str:
    fines = [breach["fine"] for breach in breaches if breach.get("fine")]
    total = sum(int(fine["units"]) for fine in fines)
    return f"{total} {fines[0]['currencyCode']}" if fines else ""


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


def _spend_plan(spending: Spending) -> str:
    planned = sum(units(item["amount"]) for item in spending.plan["items"])
    deciders = ", ".join(username for _, username in DECIDERS.values())
    return (
        f"Spend plan of {spending.month:%Y-%m}: {len(spending.plan['items'])} items, {planned:,} CNY, "
        f"refused at first ({spending.refused_with}), submitted by {PLANNER}, approved by {deciders}, "
        f"paid by {FINANCE_SYSTEM}"
    )


def _budgets(spending: Spending) -> Table:
    table = Table(title="Budgets before and after, CNY", title_justify="left")
    for heading in ("Budget", "Granted", "Available", "Reserved", "Committed", "Paid"):
        table.add_column(heading, justify="left" if heading == "Budget" else "right")
    for budget_id, before in spending.before.items():
        states = [balances(before), balances(spending.after[budget_id])]
        cells = (" → ".join(dict.fromkeys(f"{state[name]:,}" for state in states)) for name in BALANCES)
        table.add_row(spending.name(before), *cells)
    return table


def _ledger(ledger: Ledger) -> str:
    verdict = f"{len(ledger.findings)} findings" if ledger.findings else "nothing changed, removed or put in"
    return f"Ledger: {ledger.entries:,} sealed entries verified, {verdict}"


def _checks(checks: list[Check], console: Console) -> None:
    failed = [check for check in checks if not check.holds]
    console.print(
        f"{len(checks) - len(failed)} of {len(checks)} checks hold", style="red" if failed else "green"
    )
    if failed:
        table = Table("Check", "Expected", "Found", style="red")
        for check in failed:
            table.add_row(check.name, str(check.expected), str(check.found))
        console.print(table)

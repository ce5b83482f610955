"""The people of the demo, signed in, with the customers they will visit."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from demo_week import script
from demo_week.api import Api, Json
from demo_week.errors import DemoError
from demo_week.person import Person, place_of
from demo_week.phone import Phone
from demo_week.week import WORKDAYS

_PAGE = 200
_SIGN_INS_AT_ONCE = 2  # as many as identity hashes; more are told to come back


@dataclass(frozen=True)
class Team:
    people: Sequence[Person]
    manager: Api
    stranger: Api


@contextmanager
def signed_in(gateway_url: str) -> Iterator[Team]:
    """Signs everybody in whom the demo needs."""
    with ExitStack() as held:
        names = [f"shanghai.rep{number + 1}" for number in range(script.PEOPLE)]
        accounts = [
            held.enter_context(Api(gateway_url, name))
            for name in (*names, "shanghai.manager", "hangzhou.rep1")
        ]
        with ThreadPoolExecutor(_SIGN_INS_AT_ONCE) as crew:
            users = list(crew.map(Api.sign_in, accounts))
        people = [
            Person(api, number + 1, user, Phone(api, f"demo-phone-{number + 1}"))
            for number, (api, user) in enumerate(zip(accounts[: script.PEOPLE], users, strict=False))
        ]
        yield Team(people, accounts[-2], accounts[-1])


def choose_customers(manager: Api, person: Person, stops_a_day: int) -> None:
    """Gives the person a route for each day, of customers near each other, and one customer to spare."""
    page = manager.get("/v1/customers", ownerId=person.id, orderBy="name", pageSize=_PAGE)
    placed = [customer for customer in page["customers"] if customer.get("position")]
    near = _nearest(placed, WORKDAYS * stops_a_day + 1)
    person.spare = near.pop()
    person.routes = [near[day * stops_a_day : (day + 1) * stops_a_day] for day in range(WORKDAYS)]


def _nearest(customers: Sequence[Json], wanted: int) -> list[Json]:
    """Returns `wanted` customers, nearest to the first one first."""
    if len(customers) < wanted:
        raise DemoError(f"{wanted} customers are needed for a week, and there are {len(customers)}")
    latitude, longitude = place_of(customers[0])

    def distance(customer: Json) -> tuple[float, str]:
        north, east = place_of(customer)
        return (north - latitude) ** 2 + (east - longitude) ** 2, customer["id"]

    return sorted(customers, key=distance)[:wanted]

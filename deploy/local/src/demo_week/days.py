"""Plays the days of the week, everybody at once, step by step on one clock."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import date, time
from functools import partial

from demo_week import script
from demo_week.api import Json
from demo_week.person import DISPLAY, FRONT, Person, place_of
from demo_week.week import BusinessClock

Act = Callable[[Person], None]


@dataclass(frozen=True)
class Week:
    """The days from Monday to Friday, the people, and the clock they all live by."""

    days: list[date]
    people: Sequence[Person]
    clock: BusinessClock
    crew: Executor
    visit_done: Callable[[], None]

    def everybody(self, act: Act) -> None:
        for _ in self.crew.map(act, self.people):
            pass

    def play(self, number: int) -> None:
        """Plays one day, 0 for Monday."""
        for wall_time, act in sorted(Day(self, number).agenda(), key=lambda entry: entry[0]):
            self.clock.set(self.days[number], wall_time)
            self.everybody(act)


@dataclass(frozen=True)
class Day:
    week: Week
    number: int

    @property
    def date(self) -> date:
        return self.week.days[self.number]

    def agenda(self) -> Iterator[tuple[time, Act]]:
        yield script.DAY_BEGINS, self._begin
        yield script.LATE_ARRIVAL, self._arrive_late
        for index, wall_time in enumerate(script.VISITS):
            yield wall_time, partial(self._visit, index)
        yield script.NOON, self._noon
        yield script.DAY_ENDS, self._end
        yield script.NIGHT, self._send

    def _begin(self, person: Person) -> None:
        self._send(person)
        if (person.number, self.number) not in script.CLOCKS_IN_LATE:
            self._clock_in(person, is_late=False)

    def _arrive_late(self, person: Person) -> None:
        if (person.number, self.number) in script.CLOCKS_IN_LATE:
            self._clock_in(person, is_late=True)
        if self.number == script.MONDAY and person.number in script.PLAN_IS_LATE:
            person.submit_plan()

    def _noon(self, person: Person) -> None:
        self._send(person)
        to = script.MOVES_LAST_STOP.get((person.number, self.number))
        if to is not None:
            customer = person.routes[self.number].pop()
            person.routes[to].append(customer)
            person.move_stop(customer, self.week.days[to], "店铺今日歇业")

    def _end(self, person: Person) -> None:
        self._send(person)
        person.clock_out(self.date, place_of(person.routes[self.number][-1]))

    def _clock_in(self, person: Person, *, is_late: bool) -> None:
        person.clock_in(self.date, place_of(person.routes[self.number][0]), is_late=is_late)

    def _send(self, person: Person) -> None:
        answer_is_lost = (person.number, self.number) in script.LOSES_ANSWER
        person.phone.send(self.week.clock.now(), answer_is_lost=answer_is_lost)

    def _visit(self, index: int, person: Person) -> None:
        route = person.routes[self.number]
        if index < len(route):
            is_last = index == len(route) - 1
            if not (is_last and (person.number, self.number) in script.SKIPS_LAST_STOP):
                self._visit_customer(person, index, route[index])
        elif index == len(route) and (person.number, self.number) in script.VISITS_UNPLANNED:
            self._visit_customer(person, index, person.spare)

    def _visit_customer(self, person: Person, index: int, customer: Json) -> None:
        clock, stop = self.week.clock, (person.number, self.number, index)
        visit_id = person.open_visit(customer, is_planned=customer is not person.spare)
        if stop in script.PHOTO_BEFORE_CHECKLIST:
            person.try_early_photo(visit_id, clock.now())
        person.check_shop(visit_id, clock.now())
        is_valid = stop not in script.FRONT_PHOTO_ONLY
        person.take_photos(visit_id, (FRONT, DISPLAY) if is_valid else (FRONT,), clock.now())
        person.leave_shop(visit_id, is_valid=is_valid)
        self.week.visit_done()

"""What does not go by the book in the week: who does what wrong or otherwise, and when.

People are numbered from 1 as in `shanghai.rep1`, days from 0 for Monday, stops of a day from 0.
"""

from datetime import time

from demo_week.tracks import Faults

MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY = range(5)

PEOPLE = 8
PLAN_IS_LATE = {5}
CLOCKS_IN_LATE = {(3, TUESDAY)}
FRONT_PHOTO_ONLY = {(2, WEDNESDAY, 1), (6, THURSDAY, 0), (7, FRIDAY, 2)}
PHOTO_BEFORE_CHECKLIST = {(1, MONDAY, 0)}
VISITS_UNPLANNED = {(4, THURSDAY)}
# The shop is closed: the last stop of the day is moved to another day by an amendment.
MOVES_LAST_STOP = {(1, TUESDAY): THURSDAY}
SKIPS_LAST_STOP = {(8, FRIDAY)}
LOSES_ANSWER = {(1, MONDAY)}

# Of tracks that are made; real ones have faults of their own.
FAULTS = {
    (1, MONDAY): Faults(recorded_before_work=True),
    (1, TUESDAY): Faults(clock_unset=True),
    (2, WEDNESDAY): Faults(silence=(time(10, 0), time(11, 10))),
    (4, MONDAY): Faults(clock_ahead=True),
    (6, FRIDAY): Faults(silence=(time(14, 0), time(15, 5))),
}

DAY_BEGINS = time(8, 10)
LATE_ARRIVAL = time(8, 47)
VISITS = (time(9, 0), time(10, 30), time(13, 30), time(14, 30), time(15, 30), time(16, 30), time(17, 15))
NOON = time(12, 30)
DAY_ENDS = time(18, 5)
NIGHT = time(23, 50)  # the signal of the day has been due for judgement since half past six
EVENING_BEFORE = time(19, 0)

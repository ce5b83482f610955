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

# Whose money it is, and which kind of fee (R039).
FUNDS = (
    ("HQ-EXHIBITION", "总部", "广告宣传展览费"),
    ("HQ-PROMOTION", "总部", "促销费"),
    ("GD-MARKETING", "终端广东分公司", "营销推广费"),
    ("GD-ACTIVITY", "终端广东分公司", "促销活动费"),
)
# Fund, class of resources (R038), yuan for a month: more than the five weeks of a month ask for.
BUDGETS = (
    ("HQ-EXHIBITION", "advertising", 300_000),
    ("HQ-PROMOTION", "promo_goods", 120_000),
    ("GD-MARKETING", "advertising", 200_000),
    ("GD-ACTIVITY", "other", 60_000),
)
# Budget, yuan, purpose, channel, expected effect, bought by the headquarters (R043).
SPEND_ITEMS = (
    ("HQ-EXHIBITION advertising", 48_000, "电商平台站内广告", "天猫", "新增访客 30,000", False),
    ("HQ-PROMOTION promo_goods", 18_500, "新品试用装", "线下门店", "覆盖 200 家门店", True),
    ("GD-MARKETING advertising", 26_000, "地铁灯箱广告", "广州地铁", "曝光 500,000 次", False),
)

OFFICE_BEGINS = time(8, 5)
DAY_BEGINS = time(8, 10)
LATE_ARRIVAL = time(8, 47)
VISITS = (time(9, 0), time(10, 30), time(13, 30), time(14, 30), time(15, 30), time(16, 30), time(17, 15))
NOON = time(12, 30)
DAY_ENDS = time(18, 5)
NIGHT = time(23, 50)  # the signal of the day has been due for judgement since half past six
EVENING_BEFORE = time(19, 0)

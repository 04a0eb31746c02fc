"""Where a unit of a plan stands on a day: derived from its month and its visit. Pure."""

from datetime import date

NOT_BEGUN = ("planned", "prepared")


def standing(
    today: date,
    *,
    last_day: date,
    visit_state: str = "",
    visited_on: date | None = None,
    left_out: bool = False,
    closed: bool = False,
) -> str:
    """The code of `choices.UnitStanding`.

    `last_day` is the last day of the month the unit is due in. A unit whose visit has not begun is late after that
    day, and missed once the year is over or the plan is closed. A visit that began later than planned was late.
    """
    if left_out:
        return "left_out"
    if visit_state == "cancelled":
        return "cancelled"
    if visit_state and visit_state not in NOT_BEGUN:
        return "done" if visited_on is None or visited_on <= last_day else "done_late"
    if closed or today.year > last_day.year:
        return "missed"
    if today > last_day:
        return "late"
    return "planned" if visit_state else "not_due"

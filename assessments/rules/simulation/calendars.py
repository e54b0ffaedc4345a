"""When the model's graders are on duty."""

from assessments.rules.simulation.worlds import DAY, HOURS_A_WEEK, WORKDAYS, World


class Calendar:
    """Duty of one world: the same hours each weekday, none at weekends, in weeks of leave and before joining."""

    def __init__(self, world: World) -> None:
        self.starts = world.starts.tolist()
        self.hours = world.options.duty_hours / WORKDAYS
        self.away = world.away.tolist()
        self.weeks = world.options.weeks

    def is_here(self, grader: int, now: float) -> bool:
        """Whether the grader has come and isn't on leave this week."""
        week = int(now // HOURS_A_WEEK)
        return week >= self.weeks or not self.away[grader][week]

    def next_on_duty(self, grader: int, now: float) -> float:
        """The first moment from now on at which the grader is on duty; now itself where they are."""
        day = int(now // DAY)
        while True:
            start = day * DAY + self.starts[grader]
            is_workday = day % 7 < WORKDAYS and self.is_here(grader, start)
            if is_workday and now < start + self.hours:
                return max(now, start)
            day += 1

    def hours_worked(self, grader: int, now: float) -> float:
        """Hours since the day's duty began."""
        return now - (now // DAY * DAY + self.starts[grader])

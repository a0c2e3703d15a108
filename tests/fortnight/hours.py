"""Working time of the office, counted by walking its minutes.

A table says of every minute from 1 September to 31 October 2026 whether the office works in it; every answer is read
off that table, minute by minute. The days are written here from the State Council's notice and config.md, not read
from the shipped calendar: a wrong calendar is to be found too.

Not here: what is due when (recount.py).
"""

from datetime import date, datetime, timedelta, timezone

ZONE = timezone(timedelta(hours=8))  # Shanghai, no summer time in 2026
FIRST = datetime(2026, 9, 1, tzinfo=ZONE)
LAST = datetime(2026, 11, 30, tzinfo=ZONE)
MINUTE = timedelta(minutes=1)

OFF = {date(2026, 9, d) for d in (25, 26, 27)} | {date(2026, 10, d) for d in range(1, 8)}
MAKE_UP = {date(2026, 9, 20), date(2026, 10, 10)}  # Monday's hours
OFFICE = {weekday: [("09:00", "12:00"), ("13:30", "17:30")] for weekday in range(5)}


def of_day(text):
    """Minute of the day of `HH:MM`."""
    return int(text[:2]) * 60 + int(text[3:])


class Hours:
    """Working minutes, of the office or of one person's own week (`own`: weekday -> intervals)."""

    def __init__(self, own=None):
        week = OFFICE if own is None else own
        self.open = []
        day = FIRST.date()
        while day < LAST.date():
            minutes = [False] * 1440
            stands_for = 0 if day in MAKE_UP else day.weekday()
            # Personal hours never open a holiday.
            for start, end in week.get(stands_for, []) if works(day) else []:
                minutes[of_day(start) : of_day(end)] = [True] * (of_day(end) - of_day(start))
            self.open += minutes
            day += timedelta(days=1)

    def index(self, at):
        return int((at - FIRST) // MINUTE)

    def is_open(self, at):
        return self.open[self.index(at)]

    def next_open(self, at):
        """`at` itself in working time, else the next opening."""
        if self.is_open(at):
            return at
        n = self.index(at)
        while not self.open[n]:
            n += 1
        return FIRST + n * MINUTE

    def add(self, at, seconds):
        """The first instant by which so much working time has passed."""
        at, left = self.next_open(at), timedelta(seconds=seconds)
        while True:
            if self.is_open(at):
                end = FIRST + (self.index(at) + 1) * MINUTE
                if left <= end - at:
                    return at + left
                left -= end - at
                at = end
            else:
                at = self.next_open(at)

    def between(self, start, end):
        """Working time from one instant to another, as a timedelta."""
        spent, at = timedelta(), start
        while at < end:
            stop = min(FIRST + (self.index(at) + 1) * MINUTE, end)
            if self.is_open(at):
                spent += stop - at
            at = stop
        return spent

    def close_of(self, day):
        """When the last working minute of a day ends."""
        at = datetime(day.year, day.month, day.day, tzinfo=ZONE)
        n = self.index(at)
        last = max(m for m in range(1440) if self.open[n + m])
        return at + (last + 1) * MINUTE


def works(day):
    """Is it a business day?"""
    return day in MAKE_UP or (day.weekday() < 5 and day not in OFF)


def day_after(day, count):
    """The count-th business day after (or, negative, before) a day."""
    step = timedelta(days=1 if count > 0 else -1)
    left = abs(count)
    while left:
        day += step
        left -= works(day)
    return day

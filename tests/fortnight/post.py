"""Which notices must have been mailed, when, and to whom: the recount's side of the post.

A notice is ready when its instant has come and its reader (the person, or who stands in for them that day) is at work.
It goes within the digest window and SLACK of that, or after the outage; by then it may have fallen out, because the
case was closed or the deadline met.

Not here: the mails that went (compare.py).
"""

from datetime import datetime, time, timedelta

from hours import ZONE, Hours

WINDOW = timedelta(minutes=5)
RETRY = timedelta(hours=1)  # the longest pause between tries


class Post:
    def __init__(self, recount, outages, slack):
        self.look, self.office = recount.look, recount.hours
        self.outages, self.slack = outages, slack
        # JSON has no numbers as keys.
        week = lambda hours: {int(day): spans for day, spans in hours.items()}
        self.own = {w: Hours(week(p["hours"])) for w, p in self.look.people.items() if p["hours"]}

    def hours_of(self, who):
        return self.own.get(who, self.office)

    def at_work(self, reader, when):
        return self.hours_of(reader).is_open(when) and not self.look.away(reader, when.date())

    def ready(self, person, when):
        """The first instant from then on at which the reader of that day is at work."""
        while True:
            reader = self.look.reader(person, when.date())
            opening = self.hours_of(reader).next_open(when)
            if opening.date() == when.date():
                return opening
            # Another day may have another reader.
            when = datetime.combine(when.date() + timedelta(days=1), time(), ZONE)

    def latest(self, person, when):
        """By when it must have gone."""
        when = self.ready(person, when) + WINDOW
        for down, up in self.outages:
            if down <= when + self.slack and when < up:
                when = up + RETRY
        return self.ready(person, when + self.slack) + self.slack

    def states(self, notice, until):
        """What may have become of a notice by the end."""
        ready, latest = self.ready(notice["person"], notice["at"]), self.latest(notice["person"], notice["at"])
        row = notice["row"]
        gone = notice["gone"] or (row.ended if row else None)
        if gone and row and row.ended:
            gone = min(gone, row.ended)
        may = set()
        if ready <= until and not (gone and gone <= ready):
            may.add("sent")
        if gone and gone <= latest or notice["moved"] and notice["moved"] <= latest:
            may.add("skipped")
        if latest >= until:
            may.add("waiting")
        return may

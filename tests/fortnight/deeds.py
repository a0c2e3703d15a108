"""What people do about their cases: close at once or late, hand over, accept, return, call back, or nothing.

Each deed is a command of one person at a minute; whether the product takes it is the product's to say, and whether it
was right to is the recount's.

Not here: calls (story.py), what a deed leads to (recount.py).
"""

from datetime import datetime, timedelta

import office
from hours import day_after

NAMED = ["--caller-name", "陈先生", "--matter", "营业执照怎么办"]
CLOSING = ["--outcome", "handled", "--duty", "own", *NAMED, "--text", "已告知所需材料"]


class Deeds:
    def __init__(self, story):
        self.story, self.r = story, story.r
        self.archived = []

    # ---- when and who

    def later(self, at, minutes):
        """So much later, but in working hours; none after the story's end."""
        at += timedelta(minutes=minutes)
        while True:
            if at.date() > self.story.days[-1]:
                return None
            clock = at.hour * 60 + at.minute
            if at.date() not in self.story.days or clock > 17 * 60 + 18:
                at = datetime(at.year, at.month, at.day, 9, 6) + timedelta(days=1, minutes=self.r.randint(0, 90))
            elif clock < 9 * 60 + 6:
                at = at.replace(hour=9, minute=6)
            elif 11 * 60 + 55 < clock < 13 * 60 + 36:
                at = at.replace(hour=13, minute=36) + timedelta(minutes=self.r.randint(0, 30))
            else:
                return at

    def days_on(self, at, days):
        """The same minute some working days later."""
        left = [d for d in self.story.days if d > at.date()]
        return at.replace(year=left[days - 1].year, month=left[days - 1].month, day=left[days - 1].day) \
            if len(left) >= days else None

    def holder_of(self, ext, at):
        day = at.date().isoformat()
        for h in self.story.facts["holdings"]:
            if h["ext"] == ext and h.get("from", "") <= day < h.get("to", "9"):
                return h
        return {}

    def person_at(self, ext, at):
        h = self.holder_of(ext, at)
        if "person" in h:
            return h["person"]
        if "desk" not in h:
            return h.get("lead", office.FALLBACK)
        desk = self.story.facts["desks"][h["desk"]]
        found = self.story.facts["departments"][desk["department"]]["head"]
        clock, weekday = at.strftime("%H:%M"), at.weekday() < 5
        for row in desk["roster"]:
            if row.get("date", at.date().isoformat() if weekday else "") == at.date().isoformat() and row["at"][0] <= clock < row["at"][1]:
                found = row["person"]
        return found

    def handler(self, call):
        """Who will have the case, as the story knows it."""
        at = datetime.fromisoformat(call["start"])
        people = [p for p in call["parts"] if p["ext"] != office.QUEUE]
        if not people:
            return self.person_at(call["dialled"], at)
        last = people[-1] if len(people) > 1 and people[-1]["talk"] >= 10 else people[0]
        return self.person_at(last["ext"], datetime.fromisoformat(last["at"]))

    # ---- deeds

    def act(self, at, call, actor, verb, *words):
        if at is None:
            return
        self.story.steps.append({"at": at.isoformat(timespec="seconds"), "do": "act", "call": call["key"],
                                 "actor": actor, "verb": verb, "words": list(words)})

    def after(self, call):
        if call["kind"] in ("internal", "known", "soon", "out", "coded") or call.get("old"):
            return
        end, who = datetime.fromisoformat(call["end"]), self.handler(call)
        if not call["parts"]:
            return self.about_a_missed_call(call, end, who)
        plans = {"at_once": 28, "next_days": 12, "too_late": 10, "handed": 12, "expired": 4, "returned": 5,
                 "to_department": 4, "assigned": 4, "promised": 4, "ping_pong": 3, "guided": 4, "again": 4, "rings_again": 6, "rings_after_closing": 4,
                 "unit_then_nothing": 3, "nothing": 10}
        plan = self.r.choices(list(plans), list(plans.values()))[0]
        getattr(self, plan)(call, self.later(end, self.r.randint(6, 100)), who)

    def about_a_missed_call(self, call, end, who):
        way = self.r.choices(["calls", "in_vain", "rings_again", "misses_again", "nothing"],
                             [40, 10, 20, 10, 20])[0]
        at = self.later(end, self.r.randint(10, 300))
        if at is None or not call["caller"]:
            return
        if way == "calls":
            self.story.ring_out(at, who, call["caller"])
        elif way == "in_vain":
            self.story.ring_out(at, who, call["caller"], talk=0)
        elif way == "rings_again":
            self.story.direct(at, self.story.present(at.date()), call["caller"], "again_after_missed")
        elif way == "misses_again":
            self.story.missed(at, call["caller"], who=self.story.present(at.date()))
        elif len(self.archived) < 2:
            # An old line of a caller who still waits to be called back: it must not close that.
            self.archived.append(call["caller"])

    def close(self, call, at, who):
        """On a later day the caller must have been told everything once; one in seven forgets, and is refused."""
        if at and at.date().isoformat() != call["start"][:10] and self.r.random() < 6 / 7:
            self.act(at - timedelta(minutes=4), call, who, "told-once", "--basis", "条例第8条", "--materials", "身份证",
                     "--procedure", "窗口办理", "--limit", "五个工作日")
        self.act(at, call, who, "close", *CLOSING)

    def at_once(self, call, at, who):
        self.close(call, at, who)

    def next_days(self, call, at, who):
        self.act(at, call, who, "register", *NAMED)
        if at:
            self.close(call, self.days_on(at, self.r.randint(1, 3)), who)

    def too_late(self, call, at, who):
        """An inquiry is due the next day; this one is closed on the third. Only a head may call it complex."""
        category, head = self.r.choice([("inquiry", 0), ("inquiry", 0), ("complex", 0), ("complex", 1)])
        dept = self.story.people[who]["department"]
        by = self.story.facts["departments"][dept]["head"] if head else who
        self.act(at, call, by, "register", *NAMED, "--category", category)
        if at:
            if category == "complex" and call["caller"]:
                self.story.ring_out(self.later(at, 30) or at, who, call["caller"])
            self.close(call, self.days_on(at, 3), who)

    def assigned(self, call, at, who):
        """The head gives it to another of the department."""
        dept = self.story.people[who]["department"]
        head, *rest = self.story.facts["departments"][dept]["members"]
        if at is None or dept == "bureau" or who == head:
            return
        to = self.r.choice([w for w in rest if w != who])
        self.act(at, call, head, "assign", "--to", to, "--reason", "工作调整")
        self.close(call, self.days_on(at, self.r.randint(1, 3)), to)

    def promised(self, call, at, who):
        """The caller is given a date; it is kept, or not."""
        if at is None:
            return
        until = day_after(at.date(), self.r.randint(1, 8)).isoformat()
        self.act(at, call, who, "promise", "--until", until, "--text", "届时答复来电人")
        if self.r.random() < 0.6:
            self.close(call, self.days_on(at, self.r.randint(1, 4)), who)

    def ping_pong(self, call, at, who):
        """To and fro: the second return freezes it until the supervisor rules."""
        if at is None or who in ("zhao", "qian"):
            return
        for _ in range(2):
            to = self.other_hands(at, who)
            self.hand(call, at, who, to)
            at = self.later(at, self.r.randint(15, 60))
            self.act(at, call, to, "return", "--reason", "不属本科室职责")
            at = self.later(at, self.r.randint(15, 60)) if at else None
            if at is None:
                return
        dept = self.story.people[who]["department"]
        head = self.story.facts["departments"][dept]["head"]
        if head != who:
            self.act(self.later(at, 60), call, head, "rule", "--to", who, "--reason", "由首问责任人办结")

    def other_hands(self, at, who):
        dept = self.story.people[who]["department"]
        others = [w for w, p in self.story.people.items()
                  if p["department"] not in (dept, "bureau", "front") and not self.story.away(w, at.date())]
        return self.r.choice(others)

    def hand(self, call, at, who, to):
        self.act(at, call, who, "hand-over", "--to", to, "--duty", "unit", *NAMED, "--caller-told", "已转相关科室",
                 "--text", "请办理")

    def handed(self, call, at, who):
        if at is None:
            return
        to = self.other_hands(at, who)
        self.hand(call, at, who, to)
        accepted = self.later(at, self.r.randint(20, 150))
        self.act(accepted, call, to, "accept")
        if accepted is None:
            return
        way = self.r.choice(["calls", "says", "late", "never"])
        contact = self.later(accepted, self.r.randint(20, 200)) if way != "late" else self.days_on(accepted, 2)
        if contact and way in ("calls", "late") and call["caller"]:
            self.story.ring_out(contact, to, call["caller"])
        elif contact and way == "says":
            self.act(contact, call, to, "contact", "--text", "已与来电人通话")
        self.close(call, self.days_on(accepted, self.r.randint(1, 4)), to)

    def expired(self, call, at, who):
        if at:
            self.hand(call, at, who, self.other_hands(at, who))

    def returned(self, call, at, who):
        if at is None:
            return
        to = self.other_hands(at, who)
        self.hand(call, at, who, to)
        self.act(self.later(at, self.r.randint(15, 120)), call, to, "return", "--reason", "不属本科室职责")
        self.close(call, self.days_on(at, 1), who)

    def to_department(self, call, at, who):
        if at is None:
            return
        own = self.story.people[who]["department"]
        dept = self.r.choice([d for d in ("permits", "tax", "land") if d != own])
        self.hand(call, at, who, dept)
        self.act(self.later(at, 40), call, self.story.facts["departments"][dept]["head"], "accept")

    def guided(self, call, at, who):
        self.act(at, call, who, "close", "--outcome", "guided", "--duty", "outside", "--matter", "户口迁移",
                 "--right-body", "公安局", "--right-phone", "02112345678", "--text", "已告知去公安局")

    def again(self, call, at, who):
        """Closed, then opened again; closed in time or never."""
        self.close(call, at, who)
        reopened = self.later(at, 60) if at else None
        self.act(reopened, call, who, "reopen", "--reason", "材料清单有误")
        if reopened and self.r.random() < 0.5:
            self.close(call, self.days_on(reopened, 2), who)

    def rings_again(self, call, at, who):
        """The caller rings again while the case is open: the same person or another answers."""
        if at is None or not call["caller"]:
            return
        answers = self.r.choice([who, self.story.present(at.date())])
        if self.story.away(answers, at.date()):
            return
        self.story.direct(at, answers, call["caller"], "chase")
        self.act(self.later(at, 50), call, who, "register", *NAMED)

    def rings_after_closing(self, call, at, who):
        """Closed, yet the caller rings again some days later: a new case, and a question whether it was settled."""
        if at is None or not call["caller"]:
            return
        self.at_once(call, at, who)
        again = self.days_on(at, self.r.randint(1, 3))
        if again:
            self.story.direct(again, self.story.present(again.date()), call["caller"], "rang_again")

    def unit_then_nothing(self, call, at, who):
        """Another unit's matter, it is written down, and nobody hands it over: the relay falls due."""
        self.act(at, call, who, "register", "--duty", self.r.choice(["unit", "other"]), *NAMED)

    def nothing(self, call, at, who):
        pass

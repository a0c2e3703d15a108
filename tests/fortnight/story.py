"""What happens in the office in a fortnight: who rings, who picks up, what people do about it. Seeded.

    python3 story.py --seed 1 --calls 40 > story.json

Prints one JSON object: the facts of the office, `calls` (what truly happened, minute by minute) and `steps`: the lines
as the switch prints them when it prints them, the commands people give, the mail server's bad afternoon.

Not here: what ought to come of it (recount.py).
"""

import argparse
import json
import random
from datetime import date, datetime, timedelta

import office

WORKDAYS = [date(2026, 9, 28), date(2026, 9, 29), date(2026, 9, 30), date(2026, 10, 8), date(2026, 10, 9),
            date(2026, 10, 10), date(2026, 10, 12)]
HOLIDAY = date(2026, 10, 3)
S = timedelta(seconds=1)


def text(at):
    return at.isoformat(timespec="seconds")


class Story:
    def __init__(self, seed, calls_a_day, days):
        self.r = random.Random(seed)
        self.facts = office.build()
        self.people = self.facts["people"]
        self.days = WORKDAYS[:days]
        self.calls, self.steps = [], []
        self.last_id, self.callers = 0, 0
        self.per_day = calls_a_day

    # ---- who is there

    def away(self, who, day):
        return any(a <= day.isoformat() <= b for a, b in self.people[who]["away"])

    def present(self, day, dept=None, but=()):
        pool = [w for w, p in self.people.items() if not self.away(w, day) and w not in but]
        return self.r.choice([w for w in pool if dept is None or self.people[w]["department"] == dept])

    def ext_of(self, who):
        return self.people[who]["ext"]

    def caller(self):
        self.callers += 1
        return f"1390000{self.callers:04}"

    # ---- the switch

    def line(self, call, ext, ring, talk, called, more=False, **fields):
        cells = [""] * 30
        cells[0] = datetime.fromisoformat(call["start"]).strftime("%Y/%m/%d %H:%M:%S")
        cells[1] = f"{talk // 3600:02}:{talk // 60 % 60:02}:{talk % 60:02}"
        cells[2], cells[3], cells[4], cells[5], cells[6] = str(ring), call["shown"], "I", called, call["dialled"]
        cells[8], cells[9], cells[10] = "0", f"<{call['key']}>", "1" if more else "0"
        cells[11], cells[12], cells[13], cells[14] = f"E{ext}", f"Extn{ext}", "T9001", "Line 1.1"
        cells[15] = cells[16] = "0"
        for at, value in fields.items():
            cells[int(at[1:]) - 1] = value
        return ",".join(cells)

    def ring_in(self, at, dialled, caller, kind, shown=None, end_mark=True):
        self.last_id += 1
        call = {"key": f"c{self.last_id}", "kind": kind, "start": text(at), "lines": [],
                "feed": "pbx" if end_mark else "branch", "end_mark": end_mark,
                "direction": "incoming", "caller": caller, "shown": shown if shown is not None else caller,
                "dialled": dialled, "parts": []}
        self.calls.append(call)
        return call

    def say(self, call, at, line):
        call["lines"].append({"line": line, "parts": len(call["parts"]), "printed": text(at)})
        self.steps.append({"at": text(at), "do": "line", "feed": call["feed"], "call": call["key"], "line": line})

    def part(self, call, ext, answered, talk, **more):
        """Truth: an extension had the caller from then, for so long. Told before the line that prints it."""
        call["parts"].append({"ext": ext, "at": text(answered), "talk": talk, **more})

    def end(self, call, at):
        call["end"] = text(at)
        return call

    def direct(self, at, who, caller, kind="direct", shown=None, talk=None, account=""):
        ext, ring, talk = self.ext_of(who), self.r.randint(2, 25), talk or self.r.randint(15, 600)
        call = self.ring_in(at, ext, caller, kind, shown)
        self.part(call, ext, at + ring * S, talk)
        done = at + (ring + talk) * S
        self.say(call, done, self.line(call, ext, ring, talk, ext, f8=account))
        return self.end(call, done)

    def pickup(self, at, caller):
        """One phone rings, a colleague takes it."""
        absent = self.present(at.date())
        who = self.present(at.date(), self.people[absent]["department"], but=(absent,))
        dialled, ext, ring, talk = self.ext_of(absent), self.ext_of(who), self.r.randint(8, 20), self.r.randint(20, 400)
        call = self.ring_in(at, dialled, caller, "pickup")
        self.say(call, at + ring * S, self.line(call, dialled, ring, 0, dialled, more=True))
        self.part(call, ext, at + (ring + 1) * S, talk)
        done = at + (ring + 1 + talk) * S
        self.say(call, done, self.line(call, ext, 1, talk, dialled))
        return self.end(call, done)

    def group(self, at, caller, named=True):
        """A ring group; sometimes the switch names only the group."""
        number, dept = self.r.choice(list(office.GROUPS.items()))
        members = [w for w in self.facts["departments"][dept]["members"][1:5] if not self.away(w, at.date())]
        ext = self.ext_of(self.r.choice(members)) if named else number
        ring, talk = self.r.randint(2, 15), self.r.randint(20, 400)
        call = self.ring_in(at, number, caller, "group" if named else "group_as_such")
        self.part(call, ext, at + ring * S, talk)
        done = at + (ring + talk) * S
        self.say(call, done, self.line(call, ext, ring, talk, number))
        return self.end(call, done)

    def queue(self, at, caller):
        """A machine answers, then a person."""
        who, wait, talk = self.present(at.date(), "civil"), self.r.randint(10, 90), self.r.randint(20, 400)
        call, ring = self.ring_in(at, office.QUEUE, caller, "queue"), self.r.randint(2, 12)
        self.part(call, office.QUEUE, at, wait)
        self.say(call, at + wait * S, self.line(call, office.QUEUE, 0, wait, office.QUEUE, more=True))
        self.part(call, self.ext_of(who), at + (wait + ring) * S, talk)
        done = at + (wait + ring + talk) * S
        self.say(call, done, self.line(call, self.ext_of(who), ring, talk, office.QUEUE))
        return self.end(call, done)

    def switchboard(self, at, caller):
        """The desk answers, and passes two in three on."""
        ring, talk = self.r.randint(2, 12), self.r.randint(10, 40)
        call = self.ring_in(at, office.SWITCHBOARD, caller, "switchboard")
        desk = office.SWITCHBOARD
        self.part(call, desk, at + ring * S, talk)
        done = at + (ring + talk) * S
        passed = self.r.random() < 2 / 3
        self.say(call, done, self.line(call, desk, ring, talk, desk, more=passed))
        if passed:
            to = self.present(at.date(), self.r.choice(["permits", "tax", "civil", "land", "archive"]))
            ring2, talk2 = self.r.randint(2, 15), self.r.choice([9, 10, 30, 60, 200, 500])
            self.part(call, self.ext_of(to), done + ring2 * S, talk2)
            done += (ring2 + talk2) * S
            self.say(call, done, self.line(call, self.ext_of(to), ring2, talk2, desk))
        return self.end(call, done)

    def missed(self, at, caller, kind="missed", shown=None, who=None):
        """Nobody answered: the phone rang out, the mailbox took it, the queue was left, or the caller soon gave up."""
        who = who or self.present(at.date())
        ext = office.QUEUE if kind == "queue_left" else self.ext_of(who)
        ring = self.r.randint(1, 4) if kind == "soon" else self.r.randint(10, 40)
        call = self.ring_in(at, ext, caller, kind, shown)
        if kind == "voicemail":
            done = at + (ring + 20) * S
            self.say(call, done, self.line(call, ext, ring, 20, ext, f12="V9501", f13="VM Channel 1"))
        elif kind == "queue_left":
            done = at + ring * S
            self.say(call, done, self.line(call, ext, 0, ring, ext))
        else:
            done = at + ring * S
            self.say(call, done, self.line(call, ext, ring, 0, ext))
        return self.end(call, done)

    def ring_out(self, at, who, number, talk=None):
        """Somebody of ours calls out."""
        ext, ring, talk = self.ext_of(who), self.r.randint(3, 15), talk if talk is not None else self.r.randint(20, 200)
        call = self.ring_in(at, "9" + number, number, "out", shown=ext)
        call.update(direction="outgoing", by=ext, answered=text(at + ring * S) if talk else None, talk=talk)
        done = at + (ring + talk) * S
        self.say(call, done, self.line(call, ext, ring, talk, "9" + number, f5="O"))
        return self.end(call, done)

    def internal(self, at):
        one = self.present(at.date())
        two = self.present(at.date(), but=(one,))
        call = self.ring_in(at, self.ext_of(two), self.ext_of(one), "internal")
        call["direction"] = "internal"
        done = at + 65 * S
        self.say(call, done, self.line(call, self.ext_of(one), 5, 60, self.ext_of(two), f5="O", f9="1",
                                       f14=f"E{self.ext_of(two)}", f15=f"Extn{self.ext_of(two)}"))
        return self.end(call, done)

    # ---- the branch's switch: HiPath lines, stamped at the end, without call ids and without an end mark

    def hipath(self, end, ext, ring, talk, number, kind):
        span = f"{talk // 3600:02}:{talk // 60 % 60:02}:{talk % 60:02}" if talk else ""
        waited = f"{ring // 60:02}:{ring % 60:02}" if ring else ""
        return f"{end:%d.%m.%y%H:%M:%S}  1{ext:>6}{waited:5}{span:8}{number:25}{'':11}{kind:>2}"

    def branch_direct(self, at, caller):
        return self.branch(at, caller, "branch_direct", passed=False)

    def branch_through(self, at, caller):
        return self.branch(at, caller, "branch_through", passed=True)

    def branch(self, at, caller, kind, passed):
        ext, ring, talk = self.ext_of(self.present(at.date())), self.r.randint(2, 25), self.r.randint(15, 300)
        call = self.ring_in(at, ext, caller, kind, end_mark=False)
        self.part(call, ext, at + ring * S, talk)
        done = at + (ring + talk) * S
        self.say(call, done, self.hipath(done, ext, ring, talk, caller, 1))
        if passed:
            to, ring2, talk2 = self.ext_of(self.present(at.date(), "tax")), self.r.randint(2, 8), self.r.choice([9, 10, 90, 400])
            self.part(call, to, done + ring2 * S, talk2)
            done += (ring2 + talk2) * S
            self.say(call, done, self.hipath(done, to, 0, talk2, caller, 35))
        return self.end(call, done)

    def branch_missed(self, at, caller):
        ext, ring = self.ext_of(self.present(at.date())), self.r.randint(10, 40)
        call = self.ring_in(at, ext, caller, "branch_missed", end_mark=False)
        done = at + ring * S
        self.say(call, done, self.hipath(done, ext, ring, 0, caller, 1))
        return self.end(call, done)

    # ---- the days

    def a_time(self, day):
        base = datetime(day.year, day.month, day.day)
        shift = self.r.choices(["day", "lunch", "early", "late"], [88, 6, 3, 3])[0]
        low, high = {"day": (540, 1045), "lunch": (720, 809), "early": (515, 539), "late": (1050, 1062)}[shift]
        return base + timedelta(seconds=self.r.randint(low * 60, high * 60))

    def a_call(self, at):
        kinds = {"direct": 30, "pickup": 8, "group": 8, "group_as_such": 2, "queue": 6, "queue_left": 2,
                 "switchboard": 22, "missed": 8, "voicemail": 3, "soon": 2, "internal": 3, "withheld": 2, "known": 1,
                 "unheld": 1, "coded": 2, "branch_direct": 8, "branch_through": 5, "branch_missed": 3}
        kind = self.r.choices(list(kinds), list(kinds.values()))[0]
        caller = self.caller()
        if kind in ("missed", "voicemail", "soon", "queue_left"):
            return self.missed(at, caller, kind)
        if kind == "direct":
            # Some lines come with the long-distance zero before a mobile number.
            return self.direct(at, self.present(at.date()), caller, shown=self.r.choice([caller, caller, "0" + caller]))
        if kind == "coded":
            return self.direct(at, self.present(at.date()), caller, kind, account="11")
        if kind == "withheld":
            return self.direct(at, self.present(at.date()), None, kind, shown="")
        if kind == "known":
            return self.direct(at, self.present(at.date()), office.CLEANER, kind)
        if kind == "unheld":
            call = self.ring_in(at, office.UNHELD, caller, kind)
            self.part(call, office.UNHELD, at + 5 * S, 60)
            self.say(call, at + 65 * S, self.line(call, office.UNHELD, 5, 60, office.UNHELD))
            return self.end(call, at + 65 * S)
        if kind == "group_as_such":
            return self.group(at, caller, named=False)
        if kind == "internal":
            return self.internal(at)
        return getattr(self, kind)(at, caller)

    def run(self, acts):
        for day in self.days:
            for at in sorted(self.a_time(day) for _ in range(self.per_day)):
                acts.after(self.a_call(at))
        if len(self.days) > 3:
            at = datetime(HOLIDAY.year, HOLIDAY.month, HOLIDAY.day, 10, 20)
            self.direct(at, self.present(HOLIDAY), self.caller(), "holiday")
            self.missed(at + timedelta(hours=2), self.caller())
        self.archive(acts.archived)
        if len(self.days) > 2:  # the mail server is away from mid-morning until after lunch
            self.steps += [{"at": f"{self.days[2]}T09:50:00", "do": "post_down"},
                           {"at": f"{self.days[2]}T14:20:00", "do": "post_up"}]
        if len(self.days) > 5:  # and for a night, in which somebody comes back from leave
            self.steps += [{"at": f"{self.days[4]}T15:40:00", "do": "post_down"},
                           {"at": f"{self.days[5]}T10:10:00", "do": "post_up"}]
        self.number()
        self.steps.sort(key=lambda s: s["at"])
        last = self.days[-1]
        return {
            "seed": None, "start": "2026-09-28T08:30:00", "end": f"{last}T18:00:00", **self.facts,
            "working_days": [d.isoformat() for d in self.days],
            "directory": office.toml(self.facts), "calls": self.calls, "steps": self.steps,
        }

    def number(self):
        """A switch numbers its calls as they begin; here they were invented in another order."""
        calls = sorted(self.calls, key=lambda call: call["start"])
        ids = {f"<{call['key']}>": str(1_000_001 + n) for n, call in enumerate(calls)}
        for row in [line for call in calls for line in call["lines"]] + [s for s in self.steps if "line" in s]:
            mark = row["line"].split(",")[9] if "," in row["line"] else ""
            row["line"] = row["line"].replace(mark, ids[mark]) if mark else row["line"]

    def archive(self, callers):
        """Lines of early September that the switch hands over on the second morning, when its buffer is found."""
        if len(self.days) < 2:
            return
        handed = datetime(2026, 9, 29, 9, 40)
        for n in range(20):
            before = len(self.steps)
            caller = callers[n] if n < len(callers) else self.caller()
            at = datetime(2026, 9, 1, 10) + timedelta(days=n // 2, minutes=n)
            (self.missed if n % 5 == 4 else self.direct)(at, self.present(self.days[0]), caller)
            self.calls[-1]["old"] = True
            for step in self.steps[before:]:
                step["at"] = text(handed)


class NoActs:
    archived = ()

    def after(self, call):
        pass


def main():
    flags = argparse.ArgumentParser()
    flags.add_argument("--seed", type=int, default=1)
    flags.add_argument("--calls", type=int, default=12, help="a day")
    flags.add_argument("--days", type=int, default=7, help="working days")
    flags = flags.parse_args()
    import deeds

    story = Story(flags.seed, flags.calls, flags.days)
    out = story.run(deeds.Deeds(story))
    out["seed"] = flags.seed
    print(json.dumps(out, ensure_ascii=False))


if __name__ == "__main__":
    main()

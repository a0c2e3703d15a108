"""What ought to have come of the fortnight, counted from the story alone by the rules of rules.md and config.md.

Told from outside are only instants that depend on the machine: when the program received each line, took each command,
and noticed that a call had fallen silent (60 s after its last line; no earlier, and hardly later). Whose, due when,
breached or not, who is told what: all of that is counted here.

    line, command, deadline, rung -> one agenda in time -> Case.…

Not here: working time (hours.py), the directory (lookup.py), reading and comparing the program's answers (compare.py).
"""

import heapq
from datetime import datetime, timedelta

from hours import ZONE, Hours, day_after, works
from lookup import Lookup

S = timedelta(seconds=1)
CLOSE_IN = {"inquiry": 1, "service": 5, "complex": 15}
RUNGS = {0: -1, 1: 0, 2: 1, 3: 3, 4: 5}
MAX_AGE_DAYS, MAX_RETURNS, SHORT_ABANDON, TAKEN_OVER, HOUR = 2, 1, 6, 10, 3600


def at(text):
    """Wall time of the site."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


class Deadline:
    def __init__(self, kind, started, due, made):
        self.kind, self.started, self.due, self.made = kind, started, due, made
        self.met = self.breached = self.charged = None
        self.dropped, self.ended = False, None  # ended: when it stopped to count, by the program's clock

    def live(self):
        return self.met is None and not self.dropped


class Case:
    def __init__(self, call, kind, opened, received):
        self.call, self.kind, self.opened, self.received = call, kind, opened, received
        self.first, self.certainty, self.state, self.category = None, None, "open", "service"
        self.duty, self.offer, self.linked, self.closed = None, None, None, None
        self.spoken = self.relayed = self.called_since = None
        self.returns = 0
        self.custody, self.deadlines, self.notices, self.violations = [], [], [], []
        self.chases, self.outcome, self.passed_on = 0, None, None
        self.named = self.told_once = self.caller_told = self.settled = self.acted = False
        self.either = []  # deadlines that were met in time, which the switch told of as they passed

    @property
    def handler(self):
        return self.custody[-1]["person"]

    def move(self, who, when):
        if self.custody and self.handler == who:
            return
        if self.custody:
            self.custody[-1]["to"] = when
        self.custody.append({"person": who, "from": when, "to": None})

    def live(self, kind):
        return next((d for d in self.deadlines if d.kind == kind and d.live()), None)

    def is_open(self):
        return self.state not in ("closed", "void")


class Recount:
    def __init__(self, story, received, acted, silent, slack, broken=None):
        self.story, self.received, self.acted, self.broken = story, received, acted, broken
        self.silent, self.slack = silent, slack
        self.look, self.hours = Lookup(story, broken), Hours()
        self.calls = {c["key"]: c for c in story["calls"]}
        self.answers, self.cases, self.case_of, self.by_call = {}, [], {}, {}
        self.agenda, self.count, self.refusals = [], 0, {}
        self.first_line = {}

    # ---- the agenda

    def put(self, when, what, *more):
        self.count += 1
        heapq.heappush(self.agenda, (when, self.count, what, more))

    def run(self, until):
        for call in self.story["calls"]:
            for n, line in enumerate(call["lines"]):
                self.put(self.received[line["line"]], self.heard, call, n)
        for n, step in enumerate(self.story["steps"]):
            if step["do"] == "act" and n in self.acted:
                self.put(self.acted[n]["at"], self.act, n, step)
        while self.agenda and self.agenda[0][0] <= until:
            self.now, _, what, more = heapq.heappop(self.agenda)
            what(self.now, *more)
        return self

    # ---- who answered

    def truth(self, call, parts):
        """First answerer and the rest, of the first so many parts: (part, person, how sure, answerable, department)."""
        found = []
        for part in call["parts"][:parts]:
            if not self.look.is_machine(part["ext"]):
                found.append((part, *self.look.held(part["ext"], at(part["at"]))))
        if self.broken == "first":
            found = found[::-1]
        return found

    def answer(self, call):
        """What a call's row must say, of the whole call."""
        if call["direction"] != "incoming":
            return {"answered_by": None if call["direction"] == "outgoing" else call["dialled"], "case": None}
        found = self.truth(call, len(call["parts"]))
        if not found:
            return {"answered_by": None, "person": None, "answered_at": None}
        part, person, sure, _, _ = found[0]
        return {"answered_by": part["ext"], "person": person, "certainty": sure, "answered_at": at(part["at"])}

    # ---- lines

    def heard(self, now, call, n):
        parts = call["lines"][n]["parts"]
        last = n + 1 == len(call["lines"])
        self.first_line.setdefault(call["key"], now)
        if call["direction"] == "incoming" and call["caller"] not in self.story["known"]:
            self.draft(now, call, parts, last, n)
        if call["direction"] == "outgoing" and call["talk"]:
            self.spoke(now, call, at(call["answered"]), self.look.held(call["by"], at(call["answered"]))[0], True)

    def draft(self, now, call, parts, last, n):
        found, case = self.truth(call, parts), self.by_call.get(call["key"])
        if call["key"] in self.case_of and case is None:
            return  # attached to another's case: a later leg of it is that call's alone
        if case is None and found:
            case = self.answered(now, call, found)
        elif case and not case.settled and found:
            self.hold(case, found)
        elif case and case.first is None and case.kind == "callback" and found:
            self.found_later(now, case, found)
        elif case and case.settled and len(found) > 1:
            self.transfer(now, case, found)
        if last and call["end_mark"]:
            self.settle(now, call, len(call["lines"]))
        else:
            soonest, noticed = now + 60 * S, self.silent.get(call["key"])
            fits = noticed and soonest - S <= noticed <= soonest + self.slack
            self.put(noticed if fits else soonest, self.settle_if_silent, call, n)

    def settle_if_silent(self, now, call, n):
        # Without an end mark the last line, too, is followed by a minute's silence.
        if n + 1 == len(call["lines"]) or self.received[call["lines"][n + 1]["line"]] > now:
            self.settle(now, call, n + 1)

    def too_old(self, when, now):
        return self.end_of_days(when, MAX_AGE_DAYS) < now

    def answered(self, now, call, found):
        """The first answered line: does it open a case?"""
        part, person, sure, answerable, dept = found[0]
        when = at(part["at"])
        if self.too_old(when, now):
            return None
        same = [c for c in self.cases if c.is_open() and call["caller"] and c.call["caller"] == call["caller"]
                and c.settled and c.kind == "call"]
        mine = [c for c in same if person and person in (c.first, c.handler)]
        waiting = [c for c in self.cases if c.kind == "callback" and c.is_open() and call["caller"]
                   and c.call["caller"] == call["caller"]]
        if waiting:
            self.spoke(now, call, when, person, False)
            same = same or waiting
        if mine:
            mine[-1].chases += 1
            self.case_of[call["key"]] = mine[-1]
            return None
        case = Case(call, "call", when, self.first_line[call["key"]])
        if not same:
            case.linked = self.rang_again(call, when)
        else:
            case.linked = same[-1]
            same[-1].chases += same[-1].is_open()
        self.cases.append(case)
        self.case_of[call["key"]] = self.by_call[call["key"]] = case
        self.hold(case, found)
        return case

    def rang_again(self, call, when):
        """After closing: a new case, and a candidate, if within ten business days."""
        closed = [c for c in self.cases if not c.is_open() and c.kind == "call" and call["caller"]
                  and c.call["caller"] == call["caller"] and when <= self.end_of_days(c.closed, 10)]
        if not closed:
            return None
        before = closed[-1]
        who = None if self.only_in_charge(before) else before.handler
        before.violations.append({"kind": "repeat_contact", "person": who, "at": when})
        return before

    def hold(self, case, found):
        """A draft: computed anew with each line."""
        part, person, sure, answerable, dept = found[0]
        case.kind, case.first, case.certainty, case.opened = "call", person, sure, at(part["at"])
        case.custody = []
        case.move(answerable, case.opened)
        case.department = dept or self.look.department(answerable)
        if len(found) > 1:
            self.transfer(None, case, found)

    def found_later(self, now, case, found):
        """A call that was taken for missed has an answerer after all."""
        part, person, sure, answerable, dept = found[0]
        case.kind, case.first, case.certainty, case.opened = "call", person, sure, at(part["at"])
        self.drop(case.live("callback"))
        case.move(answerable, now)
        case.department = dept or self.look.department(answerable)
        self.first_deadlines(now, case)

    def transfer(self, now, case, found):
        """The switch passed the caller on: a handover, if the transferee talked for ten seconds."""
        part, person, _, _, _ = found[1]
        if part["talk"] < TAKEN_OVER or not person or person == case.handler or case.passed_on or case.acted:
            return
        case.passed_on = at(part["at"])
        case.move(person, case.passed_on)
        case.department = self.look.department(person)
        self.happened(case, "put_through", person, now)

    def settle(self, now, call, lines):
        case = self.by_call.get(call["key"])
        if case and not case.settled:
            case.settled = True
            self.first_deadlines(now, case)
            for notice in case.notices:
                notice["at"] = notice["at"] or now
            self.coded(now, call, case)
        elif case is None and self.only_machines(call, lines):
            self.missed(now, call)

    def only_machines(self, call, lines):
        parts = call["parts"][: call["lines"][lines - 1]["parts"]]
        return call["key"] not in self.case_of and all(self.look.is_machine(p["ext"]) for p in parts)

    def coded(self, now, call, case):
        """The clerk keyed 11 on the phone: an inquiry, handled."""
        if call["kind"] == "coded":
            case.category = "inquiry"
            self.drop(case.live("close"))
            self.close_deadline(now, case)
            self.close(case, now, "handled")

    def missed(self, now, call):
        started = at(call["start"])
        gone = at(call["lines"][0]["printed"])
        if self.too_old(gone, now) or (gone - started).total_seconds() < SHORT_ABANDON or not call["caller"]:
            return
        waiting = [c for c in self.cases if c.kind == "callback" and c.is_open() and c.call["caller"] == call["caller"]]
        if waiting:
            self.case_of[call["key"]] = waiting[-1]  # further misses attach
            waiting[-1].chases += 1
            return
        _, _, answerable, dept = self.look.held(call["dialled"], started)
        case = Case(call, "callback", gone, self.first_line[call["key"]])
        case.settled = True
        case.move(answerable, gone)
        case.department = dept or self.look.department(answerable)
        self.cases.append(case)
        self.case_of[call["key"]] = self.by_call[call["key"]] = case
        self.deadline(now, case, "callback", gone, self.hours.add(gone, 4 * HOUR))

    def spoke(self, now, call, when, who, outgoing):
        """An answered call to or from a caller: contact of an answered call's case, the end of a missed call's."""
        for case in self.cases:
            if not case.is_open() or case.call["caller"] != call["caller"] or when < case.opened or case.call is call:
                continue
            if case.kind == "callback":
                self.case_of.setdefault(call["key"], case)
                self.meet(case, "callback", when)
                self.close(case, now, "called_back")
            elif outgoing and who and self.look.department(who) == case.department:
                self.case_of.setdefault(call["key"], case)
                self.meet(case, "contact", when)
                self.feedback(now, case, when)

    # ---- deadlines

    def end_of_days(self, start, days):
        return self.hours.close_of(day_after(start.date(), days))

    def first_deadlines(self, now, case):
        self.register_deadline(now, case)
        self.close_deadline(now, case)

    def register_deadline(self, now, case):
        day = case.opened.date()
        left = self.hours.between(case.opened, self.hours.close_of(day)).total_seconds() if works(day) else 0
        self.deadline(now, case, "register", case.opened,
                      self.hours.close_of(day) if left >= HOUR else self.end_of_days(case.opened, 1))

    def close_deadline(self, now, case):
        days = CLOSE_IN[case.category] + (1 if self.broken == "due" else 0)
        self.deadline(now, case, "close", case.opened, self.end_of_days(case.opened, days))

    def relay_deadline(self, now, case):
        if not any(d.kind == "relay" for d in case.deadlines):
            self.deadline(now, case, "relay", case.opened, self.end_of_days(case.opened, 1))
            if case.passed_on:
                self.meet(case, "relay", case.passed_on)

    def feedback(self, now, case, when):
        """Only while `close` is more than five business days from the answer; from the last time the caller was spoken
        to, first the answer itself."""
        case.spoken = max(case.spoken or case.opened, when)
        if case.relayed and when >= case.relayed:
            case.called_since = True
        row, close = case.live("feedback"), case.live("close")
        long = close and close.due > self.end_of_days(case.opened, 5)
        if row and row.started < when:
            self.meet(case, "feedback", when)
        elif row and not long:
            self.drop(row)
        if long and not case.live("feedback"):
            self.deadline(now, case, "feedback", case.spoken, self.end_of_days(case.spoken, 5))

    def deadline(self, now, case, kind, started, due):
        due = max(due, self.hours.add(case.received, HOUR))
        row = Deadline(kind, started, due, now)
        case.deadlines.append(row)
        self.put(max(due, now), self.passes, case, row)
        for rung, days in RUNGS.items():
            when = self.rung_at(due, days)
            if when >= now:
                self.put(when, self.urge, case, row, rung)

    def rung_at(self, due, days):
        """So many business days from the deadline, at its own clock time."""
        days += self.broken == "rung" and days > 0
        return datetime.combine(day_after(due.date(), days), due.timetz()) if days else due

    def passes(self, now, case, row):
        if not row.live() or not case.is_open():
            return
        if row.kind in ("callback", "contact") and self.met_in_time(now, case, row):
            case.either.append(row)
        row.breached = row.due
        row.charged = self.charged(case, row)
        case.violations.append({"kind": "late_" + row.kind, "person": row.charged, "at": row.due})
        if row.kind == "accept":  # expiry returns it
            by, case.offer, case.state = case.offer["by"], None, "open"
            self.drop(row)
            self.gone(case, "offered")
            self.happened(case, "bounced" if self.broken != "offer" else "returned", by, now)

    def met_in_time(self, now, case, row):
        """Somebody spoke with the caller in time, and the line that tells of it comes just when the deadline passes: the
        clock finds it passed, or it does not."""
        calls = [c for c in self.story["calls"] if c["direction"] == "outgoing" and c["talk"]
                 and c["caller"] == case.call["caller"] and row.started <= at(c["answered"]) <= row.due]
        return any(row.due <= self.received[c["lines"][-1]["line"]] <= row.due + self.slack / 5 for c in calls)

    def charged(self, case, row):
        if row.kind == "accept":
            return case.offer["answerable"]
        if self.broken == "charge":
            return case.custody[0]["person"]
        if row.kind == "relay":
            return case.first if case.certainty != "ambiguous" else None
        return None if self.only_in_charge(case) else case.handler

    @staticmethod
    def only_in_charge(case):
        """Who has it only because nobody knows who answered is not charged."""
        return case.certainty == "ambiguous" and len(case.custody) == 1

    def meet(self, case, kind, when):
        row = case.live(kind)
        if row:
            row.met, row.ended = when, self.now

    def drop(self, row):
        if row and row.live():
            row.dropped, row.ended = True, self.now

    # ---- urging

    def urge(self, now, case, row, rung):
        if not row.live() or not case.is_open():
            return
        urged = case.offer["answerable"] if row.kind == "accept" else case.handler
        for who in self.look.recipients(urged, rung):
            case.notices.append({"kind": row.kind, "rung": rung, "person": who, "due": row.due, "at": now, "row": row,
                                 "gone": None, "moved": None})

    def happened(self, case, kind, who, now):
        case.notices.append({"kind": kind, "rung": 0, "person": who, "due": None, "at": now, "row": None, "gone": None,
                             "moved": None})

    def gone(self, case, kind):
        """What was told of is no longer so."""
        for notice in case.notices:
            if notice["kind"] == kind:
                notice["gone"] = notice["gone"] or self.now

    # ---- what people do

    def act(self, now, n, step):
        case = self.case_of.get(step["call"])
        words = dict(zip(step["words"][::2], step["words"][1::2]))
        lacks = self.refused(now, case, step, words) if case else "no case"
        if lacks:
            self.refusals[n] = lacks
        if self.acted[n]["taken"] and case:
            case.acted = True
            self.VERBS[step["verb"]](self, now, case, step["actor"], words)

    def refused(self, now, case, step, words):
        """Why a rule forbids it, if one does."""
        verb, actor = step["verb"], step["actor"]
        concerned = [case.handler, case.first, *self.look.above(case.handler)]
        if verb not in ("accept", "return") and actor not in concerned:
            return "it is another's case"
        if verb == "close" and words["--duty"] == "own" and self.later_day(case, now) and not case.told_once:
            return "not at once, and not told once"
        if words.get("--category") == "complex" and actor not in self.look.above(case.handler)[:1]:
            return "only the supervisor chooses this category"
        if verb in ("accept", "return") and case.state != "offered":
            return "nothing is offered"
        if verb == "reopen" and case.is_open() or verb != "reopen" and not case.is_open():
            return f"it is {case.state}"
        if verb == "hand-over" and case.state != "open":
            return f"it is {case.state}"
        if verb == "rule" and case.state != "frozen":
            return "there is nothing to rule on"
        return None

    def later_day(self, case, now):
        day = case.opened.date()
        return now.date() != (day if works(day) else day_after(day, 1))

    def write_down(self, now, case, words):
        if "--category" in words and words["--category"] != case.category:
            case.category = words["--category"]
            if case.live("close"):
                self.drop(case.live("close"))
                self.close_deadline(now, case)
                self.feedback(now, case, case.opened)
        if words.get("--duty") in ("unit", "other", "unclear"):
            self.relay_deadline(now, case)
        elif "--duty" in words:
            self.drop(case.live("relay"))
        case.caller_told |= "--caller-told" in words
        if "--matter" in words:
            self.meet(case, "register", now)

    def register(self, now, case, actor, words):
        self.write_down(now, case, words)

    def told_once(self, now, case, actor, words):
        case.told_once = True

    def hand_over(self, now, case, actor, words):
        self.write_down(now, case, words)
        self.meet(case, "relay", now)
        to = words["--to"]
        answerable = self.story["departments"][to]["head"] if to in self.story["departments"] else to
        case.state, case.offer = "offered", {"answerable": answerable, "by": case.handler}
        self.deadline(now, case, "accept", now, self.hours.add(now, 4 * HOUR))
        for who in self.may_accept(to, actor, case.handler):
            self.happened(case, "offered", who, now)

    def may_accept(self, to, *but):
        """Whom an offer is told: the person; of a department its head, who answers for it, and all with a mailbox."""
        if to not in self.story["departments"]:
            people = [to]
        else:
            dept = self.story["departments"][to]
            if self.broken == "offer":
                return [dept["head"]]
            people = [dept["head"]] + [w for w in dept["members"] if w != dept["head"] and self.look.people[w]["mail"]]
        return [w for w in people if w not in but]

    def accept(self, now, case, actor, words):
        self.meet(case, "accept", now)
        self.gone(case, "offered")
        for notice in case.notices:
            notice["moved"] = now
        case.state, case.offer = "open", None
        case.move(actor, now if self.broken != "custody" else now - timedelta(hours=1))
        case.department = self.look.department(actor)
        self.deadline(now, case, "contact", now, self.end_of_days(now, 1))

    def return_(self, now, case, actor, words):
        self.meet(case, "accept", now)
        self.gone(case, "offered")
        by, case.offer, case.state = case.offer["by"], None, "open"
        case.returns += 1
        self.happened(case, "returned", by, now)
        if case.returns <= MAX_RETURNS:
            return
        # Frozen until the supervisor rules; who sent it back again is to explain that.
        case.state = "frozen"
        case.violations.append({"kind": "buck_passing", "person": actor, "at": now})
        self.happened(case, "to_rule", self.look.above(case.handler)[0], now)

    def rule(self, now, case, actor, words):
        """The supervisor says whose it is."""
        case.state = "open"
        self.gone(case, "to_rule")
        if words["--to"] != case.handler:
            self.assign(now, case, actor, words)
        else:
            self.happened(case, "assigned", case.handler, now)

    def promise(self, now, case, actor, words):
        """The date becomes the close deadline."""
        self.drop(case.live("close"))
        until = datetime.fromisoformat(words["--until"])
        self.deadline(now, case, "close", case.opened, self.hours.close_of(until.date()))
        self.feedback(now, case, case.opened)

    def assign(self, now, case, actor, words):
        """By force."""
        self.write_down(now, case, words)
        self.meet(case, "relay", now)
        for notice in case.notices:
            notice["moved"] = now
        before = case.handler
        case.move(words["--to"], now)
        case.relayed = now
        case.department = self.look.department(words["--to"])
        self.deadline(now, case, "contact", now, self.end_of_days(now, 1))
        self.happened(case, "assigned", words["--to"], now)
        if before not in (actor, words["--to"]):
            self.happened(case, "given_away", before, now)

    def contact(self, now, case, actor, words):
        self.meet(case, "contact", now)
        self.feedback(now, case, now)

    def close_(self, now, case, actor, words):
        self.write_down(now, case, words)
        if words["--outcome"] == "guided":
            self.meet(case, "relay", now)
        elif case.relayed and case.certainty != "ambiguous" and not case.called_since and not case.caller_told \
                and not case.passed_on:
            # Nobody told the caller where the matter went.
            case.violations.append({"kind": "not_told", "person": case.first, "at": now})
        self.close(case, now, words["--outcome"])

    def close(self, case, now, outcome):
        for row in case.deadlines:
            if row.live() and row.kind in ("register", "close", "contact", "redo"):
                row.met = row.ended = now
            self.drop(row)
        for notice in case.notices:
            # Whose case it was hears that it is no longer, closed or not.
            if notice["kind"] != "given_away":
                notice["gone"] = notice["gone"] or now
        case.state, case.closed, case.outcome, case.offer = "closed", now, outcome, None
        case.custody[-1]["to"] = now

    def reopen(self, now, case, actor, words):
        case.state, case.closed, case.outcome = "open", None, None
        case.custody.append({"person": case.handler, "from": now, "to": None})
        self.deadline(now, case, "redo", now, self.end_of_days(now, 3))

    VERBS = {"register": register, "told-once": told_once, "hand-over": hand_over, "accept": accept, "return": return_,
             "assign": assign, "rule": rule, "promise": promise, "contact": contact, "close": close_, "reopen": reopen}

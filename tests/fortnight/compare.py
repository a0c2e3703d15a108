"""The program's answers beside the recount's.

    python3 compare.py story.json product.json [--break RULE]

Prints every disagreement and ends with 1 if there is one. Tolerances: what follows from the switch's stamps is compared
to the second; what follows from the instant of a command or of receipt, which the program prints in whole seconds, may
differ by two; when a mail goes may be late by SLACK.

`--break` changes one rule of the recount, to show that the comparison notices.
"""

import argparse
import email
import email.policy
import email.utils
import json
import os
import re
from collections import Counter
from datetime import datetime, timedelta

from hours import ZONE
from post import Post
from recount import Recount

TWO = timedelta(seconds=2)
ADMIN, CAP = "root@x.cn", 10
VERBS = {"register": "registered", "told-once": "told_once", "hand-over": "offered", "accept": "accepted",
         "return": "returned", "assign": "assigned", "rule": "ruled_to", "promise": "promised",
         "contact": "contacted", "close": "closed", "reopen": "reopened"}


def instant(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(ZONE) if text else None


def near(a, b, by=TWO):
    return a is None and b is None or None not in (a, b) and abs(a - b) <= by


class Product:
    """What the program said."""

    def __init__(self, said, story):
        self.said = said
        self.until = instant(said["phases"][-1]["start"])
        self.received = {row["raw"]: instant(row["received_at"]) for row in said["journal"]}
        calls = {row["id"]: row for row in said["calls"]}
        of_line = {row["raw"]: calls.get(row["call"]) for row in said["journal"]}
        self.call = {c["key"]: of_line.get(c["lines"][0]["line"]) for c in story["calls"]}
        self.cases = {row["id"]: row for row in said["cases"]}

    def acted(self):
        """When each command was taken: by the event it left."""
        used, found = set(), {}
        for act in self.said["acts"]:
            step, case = act["step"], self.cases.get(act["case"])
            begun, ended = instant(act["begun"]), instant(act["ended"])
            found[step] = {"at": begun, "taken": act["code"] == 0, "err": act["err"]}
            if act["code"] != 0:
                continue
            for event in case["events"]:
                when = instant(event["at"])
                key = (case["id"], event["seq"])
                fits = begun - TWO <= when <= ended + TWO and event["actor"] == self.actor[step]
                if fits and event["kind"] == VERBS[self.verb[step]] and key not in used:
                    used.add(key)
                    found[step]["at"] = when
                    break
            else:
                found[step]["lost"] = True
        return found


    def lateness(self, story):
        """The most by which a line was received later than it was printed, or the day began."""
        began = [instant(phase["start"]) for phase in self.said["phases"]]
        late = timedelta()
        for step in story["steps"]:
            if step["do"] == "line":
                printed, received = instant(step["at"] + "+08:00"), self.received[step["line"]]
                since = max([printed] + [b for b in began if printed < b <= received])
                late = max(late, received - since)
        return late

    def silent(self):
        """When the clock found a call silent."""
        found = {}
        for key, call in self.call.items():
            case = self.cases.get(call["case"]) if call else None
            if case and case["call"] == call["id"]:
                kinds = {e["kind"]: instant(e["at"]) for e in reversed(case["events"])}
                # Whole seconds do not tell which came first, the silence or the next line; the order of events does.
                heard = kinds.get("answerer_found")
                found[key] = min(kinds["settled"], heard - TWO / 4) if heard else kinds.get("settled")
        return found


class Compare:
    def __init__(self, story, product, recount, slack):
        self.story, self.product, self.recount, self.slack = story, product, recount, slack
        self.wrong, self.checked = [], Counter()

    def same(self, what, where, ours, theirs, ok=None):
        self.checked[what] += 1
        if not (ours == theirs if ok is None else ok):
            self.wrong.append(f"{what}: {where}: the rules say {ours}, the program says {theirs}")

    def run(self):
        self.lines()
        self.calls()
        self.acts()
        self.match_cases()
        for ours, theirs in self.pairs:
            where = f"case {theirs['id']} (call {ours.call['key']}, {ours.call['kind']})"
            self.case(where, ours, theirs)
            self.deadlines(where, ours, theirs)
            self.custody(where, ours, theirs)
            self.notices(where, ours, theirs)
        self.violations()
        Mails(self).run()

    def lines(self):
        for call in self.story["calls"]:
            for line in call["lines"]:
                self.same("line", call["key"], True, line["line"] in self.product.received)

    def calls(self):
        for call in self.story["calls"]:
            theirs, ours, where = self.product.call[call["key"]], self.recount.answer(call), call["key"]
            if theirs is None:
                self.same("call", where, "a call", None)
                continue
            self.same("direction", where, call["direction"], theirs["direction"])
            if call["direction"] != "incoming":
                case = self.recount.case_of.get(call["key"])
                self.same("evidence for a case", where, case is not None, theirs["case"] is not None)
                continue
            self.same("answered by", where, ours["answered_by"], theirs["answered_by"])
            self.same("first answerer", where, ours["person"], theirs["answered_by_person"])
            if ours["answered_by"]:
                self.same("certainty", where, ours["certainty"], theirs["certainty"])
                self.same("answered at", where, ours["answered_at"], instant(theirs["answered_at"]))
            case = self.recount.case_of.get(call["key"])
            self.same("has a case", where, case is not None, theirs["case"] is not None)

    def acts(self):
        for n, act in self.recount.acted.items():
            step = self.story["steps"][n]
            where = f"step {n} {step['verb']} by {step['actor']} on {step['call']} at {act['at']}"
            refused = self.recount.refusals.get(n)
            self.same("act taken", where, refused or "taken", "taken" if act["taken"] else act["err"].strip(),
                      act["taken"] == (refused is None))
            if act.get("lost"):
                self.same("act's event", where, "an event", None)

    def match_cases(self):
        self.pairs, seen = [], set()
        for ours in self.recount.cases:
            call = self.product.call[ours.call["key"]]
            theirs = self.product.cases.get(call["case"]) if call else None
            if theirs:
                seen.add(theirs["id"])
                self.pairs.append((ours, theirs))
        for extra in set(self.product.cases) - seen:
            self.same("case", f"case {extra}", None, self.product.cases[extra]["opened_at"])

    def case(self, where, ours, theirs):
        self.same("kind", where, ours.kind, theirs["kind"])
        self.same("state", where, ours.state, theirs["state"])
        self.same("first answerer of a case", where, ours.first, theirs["first_answerer"])
        self.same("handler", where, ours.handler, theirs["handler"])
        self.same("department", where, ours.department, theirs["department"])
        self.same("category", where, ours.category, theirs["category"])
        self.same("outcome", where, ours.outcome, theirs["outcome"])
        self.same("chases", where, ours.chases, theirs["chases"])
        self.same("opened at", where, ours.opened, instant(theirs["opened_at"]))
        self.same("closed at", where, ours.closed, instant(theirs["closed_at"]), near(ours.closed, instant(theirs["closed_at"])))
        linked = ours.linked and self.product.call[ours.linked.call["key"]]["case"]
        self.same("linked", where, linked, theirs["linked"])

    def deadlines(self, where, ours, theirs):
        rows = [d for d in theirs["deadlines"] if not d["dropped"]]
        mine = [d for d in ours.deadlines if not d.dropped or d.breached]
        for d in mine:
            found = next((r for r in rows if r["kind"] == d.kind and near(d.due, instant(r["due_at"]))), None)
            # A contact told of only after the deadline that it meets: which came first is the machine's.
            told_late = d.kind == "feedback" and d.met and d.met <= d.made
            if d.dropped or told_late and not found:
                continue
            here = f"{where} {d.kind}"
            self.same("due", here, str(d.due), [r["due_at"] for r in rows if r["kind"] == d.kind], found is not None)
            if found is None:
                continue
            rows.remove(found)
            self.same("started", here, d.started, instant(found["started_at"]), near(d.started, instant(found["started_at"])))
            self.same("met", here, d.met, instant(found["met_at"]), near(d.met, instant(found["met_at"])))
            if d in ours.either:
                continue
            self.same("breached", here, d.breached is not None, found["breached"])
            self.same("charged to", here, d.charged, found["charged_to"])
        for extra in rows:
            if extra["kind"] != "accept" or not extra["breached"]:
                self.same("deadline", where, None, (extra["kind"], extra["due_at"]))

    def custody(self, where, ours, theirs):
        mine = [(c["person"], c["from"], c["to"]) for c in ours.custody]
        said = [(c["person"], instant(c["from"]), instant(c["to"])) for c in theirs["custody"]]
        if ours.closed and said and said[-1][2] is None:
            said[-1] = (*said[-1][:2], instant(theirs["closed_at"]))
        same = len(mine) == len(said) and all(
            a[0] == b[0] and near(a[1], b[1]) and near(a[2], b[2]) for a, b in zip(mine, said))
        self.same("custody", where, text(mine), text(said), same)
        if same:
            for held, row in zip(ours.custody, theirs["custody"]):
                used = self.recount.hours.between(held["from"], held["to"] or self.product.until).total_seconds()
                self.same("used seconds", f"{where} {held['person']}", used, row["used_seconds"], abs(used - row["used_seconds"]) <= 3)

    def notices(self, where, ours, theirs):
        key = lambda n, due: (n["kind"], n["rung"], n["person"], due)
        mine = Counter(key(n, n["due"] and n["due"].replace(microsecond=0).isoformat()) for n in ours.notices)
        said = Counter(key(n, n["due_at"] if self.timed(n) else None) for n in theirs["notices"])
        # Moved before its mail began, a notice falls out, and who has the case then hears of it instead.
        moved = {(n["kind"], n["rung"], n["due_at"]) for n in theirs["notices"]
                 if n["state"] == "skipped" and "another handler" in n["why"]}
        for notice in sorted(set(mine) | set(said), key=str):
            kind, rung, person, due = notice
            instead = not mine[notice] and (kind, rung, due) in moved
            instead |= rung == 1 and kind in {row.kind for row in ours.either}
            self.same("notice", f"{where} {notice}", mine[notice], said[notice], instead or mine[notice] == said[notice])

    @staticmethod
    def timed(notice):
        return notice["kind"] not in ("put_through", "offered", "returned", "bounced", "assigned", "hot", "to_rule",
                                      "declined", "approved", "given_away", "confirmed", "waived", "corrected")

    def violations(self):
        ids = {id(ours): theirs["id"] for ours, theirs in self.pairs}
        mine = Counter((ids[id(c)], v["kind"], v["person"], v["at"].replace(microsecond=0))
                       for c in self.recount.cases if id(c) in ids for v in c.violations)
        said = Counter((v["case"], v["kind"], v["person"], instant(v["at"]).replace(microsecond=0))
                       for v in self.product.said["violations"])
        either = {(ids[id(c)], "late_" + row.kind) for c, _ in self.pairs for row in c.either}
        for one in sorted(set(mine) | set(said), key=str):
            if one[:2] in either:
                continue
            self.same("violation", " ".join(map(str, one)), mine[one], said[one])


class Mails:
    """The mails that went: each notice in one, none in quiet hours, what is ready together in one."""

    def __init__(self, compare):
        self.same, self.product, self.compare = compare.same, compare.product, compare
        said = self.product.said
        outages = [instant(x["at"] + "+08:00") for x in compare.story["steps"] if x["do"] in ("post_down", "post_up")]
        self.slack = compare.slack
        self.post = Post(compare.recount, list(zip(outages[::2], outages[1::2])), self.slack)
        self.mails = {}
        for name in sorted(os.listdir(said["mails"])):
            with open(os.path.join(said["mails"], name), "rb") as file:
                mail = email.message_from_binary_file(file, policy=email.policy.default)
            self.mails.setdefault(mail["Message-ID"].strip("<>"), []).append((int(name), mail))

    def when(self, nanoseconds):
        """The simulated instant of a moment of the machine."""
        moment = datetime.fromtimestamp(nanoseconds / 1e9, ZONE)
        phase = [p for p in self.product.said["phases"] if instant(p["anchor"]) <= moment][-1]
        return instant(phase["start"]) + (moment - instant(phase["anchor"])) * phase["rate"]

    def run(self):
        self.notices()
        sent = [row for row in self.product.said["outbox"] if row["state"] == "sent"]
        for row in sent:
            self.mail(row, self.mails.pop(row["message_id"], []))
        for left in self.mails:
            self.same("mail", left, "of a message that is sent", "of none")
        self.letters([row for row in self.product.said["outbox"] if row["person"] is None])
        self.digests(sent)

    def letters(self, rows):
        """The administrator hears once of each who has no mailbox and is to be told something, and of the outage."""
        told = {n["person"] for c in self.compare.recount.cases for n in c.notices}
        without = sum(self.post.look.people[who]["mail"] is None for who in told)
        # In the outage it takes a mail that fails for an hour.
        outages = len(self.post.outages)
        # What is said of feeds is not the recount's.
        of_feeds = ("话单源", "时钟偏差", "交换机")
        rows = [row for row in rows if not any(word in row["subject"] for word in of_feeds)]
        said = f"{len(rows)}: {[row['subject'] for row in rows]}"
        self.same("letters", "to the administrator", f"{without}, and {outages} if mail was to go", said,
                  without <= len(rows) <= without + outages)

    def notices(self):
        self.notice = {}
        for ours, theirs in self.compare.pairs:
            waiting = list(ours.notices)
            for row in theirs["notices"]:
                due = instant(row["due_at"]) if Compare.timed(row) else None
                mine = next((n for n in waiting if (n["kind"], n["rung"], n["person"]) == (row["kind"], row["rung"], row["person"])
                             and (due is None or near(n["due"], due))), None)
                if mine is None:
                    continue  # said by Compare.notices
                waiting.remove(mine)
                may = self.post.states(mine, self.product.until)
                where = f"case {theirs['id']} {row['kind']} {row['rung']} to {row['person']}, found {mine['at']:%m-%d %H:%M:%S}"
                self.same("notice's fate", where, sorted(may), row["state"], row["state"] in may)
                self.same("sent notice in a message", where, row["state"] == "sent", row["message"] is not None,
                          row["state"] != "sent" or row["message"] is not None)
                self.notice[row["id"]] = {**mine, "case": theirs["id"], "message": row["message"], "state": row["state"]}

    def mail(self, row, mails):
        where = f"message {row['message']} to {row['person'] or row['address']}"
        self.same("mails of a message", where, 1, len(mails))
        if not mails:
            return
        nanoseconds, mail = mails[0]
        if row["person"] is None:  # a letter to who looks after the house, at any hour
            self.same("letter", where, (ADMIN, []), (mail["X-Taken-For"], row["notices"]))
            return
        begun = mail["Date"].datetime.astimezone(ZONE)
        row["begun"], reader = begun, row["person"]
        arrived = self.when(nanoseconds)
        self.same("address", f"{where} {begun}", self.post.look.people[reader]["mail"], mail["X-Taken-For"])
        self.same("begun while the reader is at work", f"{where} {begun}", True, self.post.at_work(reader, begun))
        self.same("date", where, f"about {arrived}", begun, -TWO <= arrived - begun <= self.slack)
        body = mail.get_body(("plain",)).get_content()
        self.for_whom(where, row, body)
        for id in row["notices"]:
            notice = self.notice.get(id)
            if notice is None:
                continue
            here = f"{where} about case {notice['case']} {notice['kind']} {notice['rung']}"
            person = notice["person"]
            self.same("message of a notice", here, notice["message"], row["message"])
            self.same("reader", f"{here} of {person} {begun}", self.post.look.reader(person, begun.date()), reader)
            self.same("named in the mail", here, True, bool(re.search(rf"#{notice['case']}\b", body)))
            ready, latest = self.post.ready(person, notice["at"]), self.post.latest(person, notice["at"])
            self.same("begun in time", here, f"{ready}..{latest}", begun, ready - TWO <= begun <= latest)

    def for_whom(self, where, row, body):
        """A case stands in a mail once, also if it is told to several whose mail this reader reads: to one of them."""
        people = {}
        for notice in filter(None, map(self.notice.get, row["notices"])):
            people.setdefault(notice["case"], set()).add(notice["person"])
        for case, told in people.items():
            names = sorted({name for who in told for name in (self.post.look.people[who]["name"], who.title())})
            named = row["person"] in told or any(name in body for name in names)
            self.same("for whom", f"{where} about case {case}", names, "in the mail", named)

    def digests(self, sent):
        """What was ready when the last mail to a reader began was in that mail, whosever it is."""
        last, per_day = {}, Counter()
        for row in sorted((r for r in sent if "begun" in r), key=lambda r: r["begun"]):
            reader, before, told = row["person"], last.get(row["person"]), []
            for notice in filter(None, map(self.notice.get, row["notices"])):
                told.append(notice)
                ready = self.post.ready(notice["person"], notice["at"])
                # What a command made is found up to a second of the machine later; the clock is some hundredths late.
                by_command = notice["due"] is None or notice["kind"] == "accept"
                late = self.slack if by_command else 2 * TWO + self.slack / 20
                read_then = before and self.post.look.reader(notice["person"], before.date()) == reader
                self.same("digest", f"message {row['message']} to {reader} about case {notice['case']} {notice['kind']} of {notice['person']}",
                          f"ready {ready}, so in the mail of {before}", row["begun"], not read_then or ready + late > before)
            last[reader] = row["begun"]
            # What happened, and rungs of 2 and above, know no cap.
            timed, day = [n for n in told if n["due"]], (reader, row["begun"].date())
            capped = timed and len(timed) == len(told) and all(n["rung"] < 2 for n in timed)
            self.same("daily cap", f"message {row['message']} to {reader}", f"under {CAP} before it", per_day[day],
                      not capped or per_day[day] < CAP)
            per_day[day] += bool(timed)


def text(custody):
    return [f"{who} {a:%m-%d %H:%M:%S}..{b.strftime('%m-%d %H:%M:%S') if b else ''}" for who, a, b in custody]


def main():
    flags = argparse.ArgumentParser()
    flags.add_argument("story")
    flags.add_argument("product")
    flags.add_argument("--break", dest="broken", choices=["due", "first", "charge", "custody", "rung", "offer", "reader"])
    flags = flags.parse_args()
    with open(flags.story) as a, open(flags.product) as b:
        story, said = json.load(a), json.load(b)
    product = Product(said, story)
    product.verb = {n: step.get("verb") for n, step in enumerate(story["steps"])}
    product.actor = {n: step.get("actor") for n, step in enumerate(story["steps"])}
    # A command's commit is noticed within a second, a message takes its time to go: of the machine's clock. On a busy
    # machine lines come late, too; mails then may as well.
    slack = timedelta(seconds=2.5 * said["phases"][0]["rate"]) + 2 * product.lateness(story)
    told = (product.received, product.acted(), product.silent(), slack / 5)
    recount = Recount(story, *told, flags.broken).run(product.until)
    compare = Compare(story, product, recount, slack)
    compare.run()
    print(f"seed {story['seed']}: {len(story['calls'])} calls, {len(recount.cases)} cases, "
          f"{sum(len(c.notices) for c in recount.cases)} notices, {sum(len(c.violations) for c in recount.cases)} breaches, "
          f"{len(os.listdir(said['mails']))} mails, {len(said['acts'])} acts ("
          f"{sum(a['door'] == 'page' for a in said['acts'])} on the page); compared: "
          + ", ".join(f"{n} {what}" for what, n in sorted(compare.checked.items())))
    for line in compare.wrong:
        print("  " + line)
    if compare.wrong:
        print(f"{len(compare.wrong)} disagreements")
        raise SystemExit(1)


if __name__ == "__main__":
    main()

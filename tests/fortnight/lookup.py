"""Who sat where, who stands above whom, who reads whose mail: looked up in the facts of the office, by the directory's
rules (config.md; rules.md, "How sure", "Away", "A handler without a mailbox").

Not here: deadlines, cases (recount.py).
"""


class Lookup:
    def __init__(self, facts, broken=None):
        self.broken = broken
        self.people, self.departments = facts["people"], facts["departments"]
        self.holdings, self.desks, self.fallback = facts["holdings"], facts["desks"], facts["fallback"]

    def held(self, ext, at):
        """(who answered or none, how sure, who is answerable, the department if not theirs)."""
        day = at.date().isoformat()
        rows = [h for h in self.holdings if h["ext"] == ext and h.get("from", "0") <= day < h.get("to", "9")]
        if not rows:
            return None, "ambiguous", self.fallback, None
        row = rows[0]
        if "person" in row:
            return row["person"], "certain", row["person"], None
        if "desk" in row:
            desk = self.desks[row["desk"]]
            who = self.rostered(desk, at)
            head = self.departments[desk["department"]]["head"]
            return (who, "likely", who, None) if who else (None, "ambiguous", head, desk["department"])
        # A machine is nobody; a group that is named itself is a member unknown.
        return None, "ambiguous", row["lead"], None

    def is_machine(self, ext):
        return any(h["ext"] == ext and "machine" in h for h in self.holdings)

    def rostered(self, desk, at):
        found, clock = None, at.strftime("%H:%M:%S")
        for row in desk["roster"]:
            today = row["date"] == at.date().isoformat() if "date" in row else at.weekday() < 5
            if today and row["at"][0] + ":00" <= clock < row["at"][1] + ":00":
                found = row["person"]
        return found

    def department(self, who):
        return self.people[who]["department"]

    def above(self, who):
        """Everybody above, nearest first: the department's head; a head's is the parent department's."""
        chain, dept, person = [], self.department(who), who
        while dept:
            head = self.departments[dept]["head"]
            if head != person and head not in chain:
                chain.append(head)
                person = head
            dept = self.departments[dept]["parent"]
        return chain

    def recipients(self, handler, rung):
        """A rung of the shipped ladder: who is told, each once."""
        above = self.above(handler)
        supervisor, next_up = above[:1], above[1:2]
        manager = [w for w in above if "manager" in self.people[w]["roles"]][:1]
        between = above[: above.index(manager[0])] if manager else above
        to, cc = {
            0: ([handler], []), 1: ([handler], []), 2: ([handler], supervisor),
            3: (supervisor, [handler] + next_up), 4: (manager, between),
        }[rung]
        if not to:  # nobody above: it stays with the handler
            to = [handler]
        return list(dict.fromkeys(to + cc))

    def away(self, who, day):
        return any(a <= day.isoformat() <= b for a, b in self.people[who]["away"])

    def reader(self, who, day):
        """Who gets this person's mail on a day: themselves, the deputies (at most three on), up the line, the fallback."""
        reads = lambda w: self.people[w]["mail"] and not self.away(w, day)
        for start in [who] + self.above(who):
            seen, row = [], [start]
            for _ in range(4):
                for w in row:
                    if reads(w):
                        return w
                seen += row
                row = [d for w in row for d in self.people[w]["deputies"] if d not in seen and self.broken != "reader"]
        return self.fallback

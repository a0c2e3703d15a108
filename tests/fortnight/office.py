"""The office: forty people, their extensions, who is away when, and the directory file that says so.

All of it is invented. What is special about somebody stands in PEOPLE's building below, by hand; the seed decides
what happens (story.py), not who is who.

Not here: what follows from it (recount.py reads the same facts, with code of its own).
"""

DEPARTMENTS = [  # id, name, parent, size; the first of each is its head
    ("bureau", "局机关", None, 2),
    ("front", "总机室", "bureau", 4),
    ("permits", "审批科", "bureau", 9),
    ("tax", "税务科", "bureau", 8),
    ("civil", "民政科", "bureau", 8),
    ("land", "土地科", "bureau", 5),
    ("archive", "档案室", "civil", 4),
]
IDS = (
    "zhao qian sun zhou wu zheng wang feng chen chu wei jiang shen han yang zhu qin you xu he lv shi zhang kong cao "
    "yan hua jin tao qi xie zou yu bai shui dou yun su pan ge"
).split()
ZH = "赵钱孙周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金陶戚谢邹喻柏水窦云苏潘葛"

SWITCHBOARD, QUEUE, GROUPS = "8000", "8500", {"8600": "permits", "8601": "tax"}
UNHELD, CLEANER = "8099", "02155500777"
FALLBACK = "qian"


def build():
    """The facts, as plain data."""
    people, departments, holdings = {}, {}, []
    ids = iter(zip(IDS, ZH))
    number = 8010
    for dept, name, parent, size in DEPARTMENTS:
        members = [next(ids) for _ in range(size)]
        departments[dept] = {"name": name, "parent": parent, "head": members[0][0], "members": [m[0] for m in members]}
        for who, zh in members:
            people[who] = {
                "name": zh + "明", "department": dept, "mail": f"{who}@x.cn", "deputies": [], "hours": None,
                "away": [], "roles": [], "language": "en" if number % 3 == 0 else "zh", "ext": str(number),
            }
            holdings.append({"ext": str(number), "person": who})
            number += 1
    of = lambda dept, n: departments[dept]["members"][n]
    people["zhao"]["roles"] = ["manager"]
    for dept in ("permits", "tax"):
        people[departments[dept]["head"]]["roles"] = ["supervisor"]
    # Mornings only; late on four days a week.
    people[of("permits", 2)]["hours"] = {d: [("09:00", "12:00")] for d in range(5)}
    people[of("tax", 2)]["hours"] = {d: [("10:00", "12:00"), ("13:30", "19:00")] for d in range(4)}
    # A chain of deputies, the second away as well.
    people[of("permits", 3)].update(away=[("2026-09-29", "2026-09-30")], deputies=[of("permits", 4)])
    people[of("permits", 4)].update(away=[("2026-09-30", "2026-10-08")], deputies=[of("permits", 5)])
    # Away for the whole fortnight.
    people[of("tax", 3)].update(away=[("2026-09-21", "2026-10-16")], deputies=[of("tax", 4)])
    # Away without a deputy: up the line; there the head is away on one of the days.
    people[of("civil", 3)].update(away=[("2026-10-08", "2026-10-10")])
    people[of("civil", 0)].update(away=[("2026-10-09", "2026-10-09")])
    # Two in a ring stand in for each other, both away.
    people[of("civil", 4)].update(away=[("2026-09-30", "2026-10-08")], deputies=[of("civil", 5)])
    people[of("civil", 5)].update(away=[("2026-09-30", "2026-10-08")], deputies=[of("civil", 4)])
    # Without a mailbox: with a deputy, and without.
    people[of("land", 2)].update(mail=None, deputies=[of("land", 3)])
    people[of("land", 4)].update(mail=None)
    # A phone that changed hands over the holidays.
    moved = people[of("archive", 3)]["ext"]
    holdings = [h for h in holdings if h["ext"] != moved]
    holdings += [
        {"ext": moved, "person": of("archive", 3), "to": "2026-10-08"},
        {"ext": moved, "person": of("archive", 2), "from": "2026-10-08"},
        {"ext": SWITCHBOARD, "desk": "front"},
        {"ext": QUEUE, "machine": "queue", "lead": of("civil", 0)},
    ]
    for group, dept in GROUPS.items():
        members = departments[dept]["members"][1:5]
        holdings.append({"ext": group, "group": [people[m]["ext"] for m in members], "lead": departments[dept]["head"]})
    roster = [  # 12:30 to 13:00 is a hole; the last match wins
        {"days": "mon-fri", "at": ("08:30", "12:30"), "person": of("front", 1)},
        {"days": "mon-fri", "at": ("13:00", "18:30"), "person": of("front", 2)},
        {"date": "2026-09-30", "at": ("13:00", "18:30"), "person": of("front", 3)},
        {"date": "2026-10-10", "at": ("08:30", "18:30"), "person": of("front", 3)},
    ]
    return {
        "fallback": FALLBACK, "people": people, "departments": departments, "holdings": holdings,
        "desks": {"front": {"department": "front", "roster": roster}}, "known": [CLEANER],
    }


def week_text(hours):
    """Personal hours as the directory writes them; here every day of a week has the same."""
    days = {5: "mon-fri", 4: "mon-thu"}[len(hours)]
    return days + " " + " ".join(f"{a}-{b}" for a, b in hours[0])


def toml(facts):
    """The directory file."""
    q = lambda text: '"' + text + '"'
    out = [f"fallback = {q(facts['fallback'])}", "department = ["]
    for who, d in facts["departments"].items():
        parent = f", parent={q(d['parent'])}" if d["parent"] else ", complaints=true"
        out.append(f" {{id={q(who)}, name={q(d['name'])}, head={q(d['head'])}{parent}}},")
    out += ["]", "person = ["]
    for who, p in facts["people"].items():
        row = f"id={q(who)}, name={q(p['name'])}, name_en={q(who.title())}, department={q(p['department'])}"
        row += f", language={q(p['language'])}"
        row += f", mail={q(p['mail'])}" if p["mail"] else ""
        row += f", deputies=[{', '.join(map(q, p['deputies']))}]" if p["deputies"] else ""
        row += f", roles=[{', '.join(map(q, p['roles']))}]" if p["roles"] else ""
        row += f", hours={q(week_text(p['hours']))}" if p["hours"] else ""
        row += ", away=[" + ", ".join(f"{{from={a}, to={b}}}" for a, b in p["away"]) + "]" if p["away"] else ""
        out.append(f" {{{row}}},")
    out += ["]", "holding = ["]
    for h in facts["holdings"]:
        cells = [f"ext={q(h['ext'])}"]
        cells += [f"{k}={q(h[k])}" for k in ("person", "desk", "machine", "lead") if k in h]
        cells += [f"group=[{', '.join(map(q, h['group']))}]"] if "group" in h else []
        cells += [f"{k}={h[k]}" for k in ("from", "to") if k in h]
        out.append(f" {{{', '.join(cells)}}},")
    out += ["]", "desk = ["]
    for who, d in facts["desks"].items():
        rows = []
        for r in d["roster"]:
            when = f"date={r['date']}" if "date" in r else f"days={q(r['days'])}"
            rows.append(f"{{{when}, at=\"{r['at'][0]}-{r['at'][1]}\", person={q(r['person'])}}}")
        out.append(f" {{id={q(who)}, department={q(d['department'])}, roster=[{', '.join(rows)}]}},")
    known = [f"{{number={q(n)}, name={q('保洁')}, opens=false}}" for n in facts["known"]]
    out.append("]\nknown = [" + ", ".join(known) + "]")
    return "\n".join(out) + "\n"

//! An office in memory: enough of a case to see every page, and a count of acts.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::call::Certainty;
use crate::case::{
    Actor, Case, CaseKind, CaseState, Command, Custody, Deadline, DeadlineKind, Duty, Event, EventRow, Holding, Offer,
    Opening, Particulars, Refusal, Rights, To, Words,
};
use crate::directory::Lang;
use crate::ids::{CaseId, PersonId};
use crate::mail::{BadLink, Key, Keys, Link, Party, Target};
use crate::web::*;

pub const NOW: &str = "2026-03-05T08:40:00Z";

pub fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub fn person(id: &str) -> PersonId {
    id.parse().unwrap()
}

/// A case and its events.
type Kept = (Case, Vec<EventRow>);

/// The office; `acts` counts every call of [`Office::act`].
pub struct Memory {
    pub keys: Keys,
    pub lang: Lang,
    pub cases: Mutex<BTreeMap<CaseId, (Case, Vec<EventRow>)>>,
    pub acts: AtomicUsize,
    pub seen: Mutex<Vec<Seen>>,
    pub busy: Mutex<bool>,
    pub slow: Duration,
}

impl Memory {
    pub fn new(lang: Lang) -> Self {
        Self {
            keys: Keys::new(1, Key::new(1, [9; 32]), vec![]),
            lang,
            cases: Mutex::default(),
            acts: AtomicUsize::new(0),
            seen: Mutex::default(),
            busy: Mutex::new(false),
            slow: Duration::ZERO,
        }
    }

    /// A case of Wang's, registered by nobody yet.
    pub fn add(&self, id: i64, change: impl FnOnce(&mut Case)) -> CaseId {
        let id = CaseId::new(id);
        let mut case = case(id);
        change(&mut case);
        let events = vec![opened(&case)];
        self.cases.lock().unwrap().insert(id, (case, events));
        id
    }

    pub fn token(&self, who: &str, target: Target) -> String {
        self.keys.sign(&Link::new(person(who), target, at(NOW)))
    }

    pub fn case(&self, id: CaseId) -> Case {
        self.cases.lock().unwrap()[&id].0.clone()
    }

    pub fn last_event(&self, id: CaseId) -> Event {
        self.cases.lock().unwrap()[&id].1.last().unwrap().event.clone()
    }

    pub fn acted(&self) -> usize {
        self.acts.load(Ordering::SeqCst)
    }

    fn staff(&self) -> Staff {
        let colleague = |id: &str| Colleague {
            id: person(id),
            name: self.people().name(&person(id)),
            away: (id == "li").then(|| "2026-03-09".parse().unwrap()),
        };
        let unit = |id: &str, zh: &str, en: &str, people: &[&str]| Unit {
            id: id.parse().unwrap(),
            name: if self.lang == Lang::Zh { zh.into() } else { en.into() },
            people: people.iter().map(|id| colleague(id)).collect(),
        };
        Staff(vec![
            unit("permits", "审批科", "Permits", &["wang", "liu"]),
            unit("office", "办公室", "Office", &["li"]),
        ])
    }

    pub fn people(&self) -> People {
        let named = |id: &str, zh: &str, en: &str, phone: Option<&str>| {
            let name = if self.lang == Lang::Zh { zh } else { en };
            let party = Party {
                name: name.to_owned(),
                phone: phone.map(str::to_owned),
            };
            (person(id), party)
        };
        [
            named("wang", "王芳", "Wang Fang", Some("8021")),
            named("liu", "刘洋", "Liu Yang", Some("8022")),
            named("li", "李强", "Li Qiang", None),
        ]
        .into_iter()
        .collect()
    }
}

fn case(id: CaseId) -> Case {
    let opened_at = at("2026-03-05T06:12:00Z");
    let deadline = |kind, due: &str, zh: &str, en: &str| Deadline {
        kind,
        started_at: opened_at,
        set_at: opened_at,
        due_at: at(due),
        met_at: None,
        breached_at: None,
        charged_to: None,
        why: Words {
            zh: zh.to_owned(),
            en: en.to_owned(),
        },
        given: false,
        dropped: false,
    };
    Case {
        id,
        version: 3,
        kind: CaseKind::Call,
        state: CaseState::Open,
        settled: true,
        registered: false,
        registered_at: None,
        call: None,
        duty: None,
        category: "service".parse().unwrap(),
        first_answerer: Some(person("wang")),
        certainty: Certainty::Certain,
        handler: person("wang"),
        co_handlers: vec![],
        department: "permits".parse().unwrap(),
        extension: Some("8021".into()),
        caller_number: Some("13812345678".into()),
        caller_key: None,
        caller_name: None,
        name_given: false,
        anonymous: false,
        phone: None,
        matter: None,
        opened_at,
        clock_flagged: false,
        received_at: opened_at,
        closed_at: None,
        outcome: None,
        closing_text: None,
        caller_told: None,
        right_body: None,
        right_phone: None,
        tried: None,
        told: None,
        linked: None,
        chases: 0,
        chased_by: vec![],
        passed_on: vec![],
        evidence_differs: false,
        evidence_person: None,
        evidence_heard: false,
        acted: false,
        policy: ("bureau".into(), "0123456789ab".into()),
        deadlines: vec![
            deadline(
                DeadlineKind::Register,
                "2026-03-05T09:30:00Z",
                "3月5日（周四）14:12 接听；当日下班 → 3月5日（周四）17:30",
                "answered Thu 5 Mar 14:12; end of that day → due Thu 5 Mar 17:30",
            ),
            deadline(
                DeadlineKind::Close,
                "2026-03-12T09:30:00Z",
                "3月5日（周四）14:12 接听；5 个工作日，次日起算：6日（周五）、9日（周一）、10日、11日、12日 → 3月12日（周四）17:30",
                "answered Thu 5 Mar 14:12; 5 business days from the next day: Fri 6, Mon 9, Tue 10, Wed 11, Thu 12 → due Thu 12 Mar 17:30",
            ),
        ],
        undated: vec![],
        custody: vec![Custody {
            person: person("wang"),
            from: opened_at,
            to: None,
            how: "answered".into(),
        }],
        offer: None,
        relayed_at: None,
        moves: 0,
        returns: 0,
        contacts: Vec::new(),
        promised: None,
        pauses: Vec::new(),
        extended: 0,
        asked: None,
        hot: false,
        disputed: false,
        meant: None,
        disputed_by: None,
        declined: None,
        unreasonable: false,
        violations: Vec::new(),
    }
}

fn opened(case: &Case) -> EventRow {
    EventRow {
        seq: 1,
        at: case.opened_at,
        actor: Actor::Switch,
        channel: "feed".into(),
        counts: true,
        event: Event::Opened(Box::new(Opening {
            kind: case.kind,
            call: None,
            holding: Holding {
                first_answerer: case.first_answerer.clone(),
                certainty: case.certainty,
                handler: case.handler.clone(),
                department: case.department.clone(),
                how: "answered".into(),
                extension: case.extension.clone(),
                clock_base: case.opened_at,
                clock_flagged: false,
            },
            caller_number: case.caller_number.clone(),
            caller_key: None,
            caller_name: None,
            category: case.category.clone(),
            duty: None,
            received_at: case.received_at,
            policy: case.policy.clone(),
        })),
    }
}

fn register(case: &mut Case, p: &Particulars) {
    let keep = |to: &mut Option<String>, from: &Option<String>| {
        if from.is_some() {
            to.clone_from(from);
        }
    };
    keep(&mut case.caller_name, &p.caller_name);
    keep(&mut case.matter, &p.matter);
    keep(&mut case.phone, &p.phone);
    keep(&mut case.right_body, &p.right_body);
    keep(&mut case.caller_told, &p.caller_told);
    case.duty = p.duty.or(case.duty);
    case.category = p.category.clone().unwrap_or_else(|| case.category.clone());
}

/// A shadow of the real decision: what the pages must be able to show.
fn decide(case: &mut Case, command: Command) -> Result<Event, Refusal> {
    let closed = case.state == CaseState::Closed;
    match command {
        Command::Close {
            outcome,
            text,
            of,
            particulars,
        } => {
            if closed {
                let state = case.state;
                return Err(Refusal::WrongState { state, verb: "close" });
            }
            if text == "不知道" {
                return Err(Refusal::ForbiddenPhrase(text));
            }
            if outcome == crate::case::Outcome::CalledBack && case.kind != CaseKind::Callback {
                let (field, given, known) = ("outcome", outcome.as_str().to_owned(), vec!["handled".to_owned()]);
                return Err(Refusal::Unknown { field, given, known });
            }
            if of == Some(case.id) {
                let (field, given, known) = ("of", format!("#{}", case.id), Vec::new());
                return Err(Refusal::Unknown { field, given, known });
            }
            let mut tried = case.clone();
            register(&mut tried, &particulars);
            let mut lacks = Vec::new();
            lacks.extend(text.is_empty().then(|| "text".to_owned()));
            lacks.extend(tried.matter.is_none().then(|| "matter".to_owned()));
            if tried.duty == Some(Duty::Outside) && tried.right_body.is_none() {
                lacks.push("right_body|tried".to_owned());
            }
            if !lacks.is_empty() {
                return Err(Refusal::Lacks(lacks));
            }
            *case = tried;
            case.state = CaseState::Closed;
            case.closed_at = Some(at(NOW));
            case.outcome = Some(outcome);
            case.closing_text = Some(text.clone());
            Ok(Event::Closed {
                outcome,
                text,
                of,
                evidence: None,
            })
        }
        Command::Register(particulars) => {
            register(case, &particulars);
            Ok(Event::Registered(Box::new(particulars)))
        }
        Command::Note { text } => Ok(Event::Noted { text }),
        Command::TellOnce(told) => {
            case.told = Some(told.clone());
            Ok(Event::ToldOnce(told))
        }
        Command::Reopen { reason } if closed => {
            case.state = CaseState::Open;
            Ok(Event::Reopened { reason })
        }
        command => decide_life(case, command),
    }
}

fn decide_life(case: &mut Case, command: Command) -> Result<Event, Refusal> {
    match command {
        Command::HandOver { to, text, .. } => {
            let Some(to) = to else {
                return Err(Refusal::Lacks(vec!["to".into()]));
            };
            case.state = CaseState::Offered;
            case.offer = Some(offer(to.clone(), &text));
            Ok(Event::Offered {
                to,
                answerable: person("liu"),
                by: Some(person("wang")),
                since: at(NOW),
                text,
            })
        }
        Command::Accept => {
            case.offer = None;
            case.state = CaseState::Open;
            case.handler = person("liu");
            Ok(Event::Accepted {
                by: person("liu"),
                department: case.department.clone(),
            })
        }
        Command::Return { reason } => {
            case.offer = None;
            case.state = CaseState::Open;
            Ok(Event::Returned {
                by: Some(person("liu")),
                reason,
                to: None,
                department: None,
            })
        }
        Command::Promise { until, text } => Ok(Event::Promised { until, text }),
        Command::Hot { text } => {
            case.hot = true;
            Ok(Event::Hot { text })
        }
        Command::CoHandler { person } => Ok(Event::CoHandlerAdded { person }),
        Command::Void { reason } => {
            case.state = CaseState::Void;
            Ok(Event::Voided { reason })
        }
        Command::Extend { .. } => Err(Refusal::Unknown {
            field: "until",
            given: "2026-05-01 17:30".into(),
            known: vec!["2026-03-20 17:30".into()],
        }),
        _ => Err(Refusal::NotPermitted { reason: "not here" }),
    }
}

impl Memory {
    /// What waits for Li: one of each kind that stands there.
    fn watched(
        &self,
        link: &Link,
        cases: &BTreeMap<CaseId, Kept>,
        row: &dyn Fn(&Kept) -> ListRow,
    ) -> Vec<(ListRow, Vec<Watch>)> {
        let why = |case: &Case| match case.state {
            CaseState::Frozen => Some(Watch::ToRule),
            CaseState::Offered => Some(Watch::Offered),
            CaseState::Open if case.overdue(at(NOW)) && case.chases > 0 => Some(Watch::Escalated(3)),
            CaseState::Open if case.overdue(at(NOW)) => Some(Watch::Overdue),
            _ => None,
        };
        let above = link.person.as_str() == "li";
        let found = cases.values().filter(|_| above);
        let mut found: Vec<_> = found
            .filter_map(|shown| Some((row(shown), vec![why(&shown.0)?])))
            .collect();
        found.sort_by_key(|(_, whys)| whys.clone());
        found
    }
}

/// An offer of Wang's, for Liu to answer.
pub fn offer(to: To, text: &str) -> Offer {
    Offer {
        to,
        answerable: person("liu"),
        by: Some(person("wang")),
        since: at(NOW),
        text: text.into(),
    }
}

fn answers(case: &Case, reader: &PersonId) -> Answers {
    let meant = case.offer.as_ref().is_some_and(|offer| offer.answerable == *reader);
    Answers {
        accept: meant,
        give_back: meant || case.offer.is_none() && case.handler == *reader,
    }
}

/// Wang and Liu have cases and help with them; Li is above them.
fn rights(case: &Case, reader: &PersonId) -> Rights {
    let above = reader.as_str() == "li" && case.handler != *reader;
    let holds = above || case.handler == *reader;
    let named = case.first_answerer.as_ref() == Some(reader);
    Rights {
        writes: holds || named || case.co_handlers.contains(reader),
        holds,
        governs: above,
        rules: above && !named,
        answers: above && !named && case.is_disputed(),
        disputes: named || case.custody.iter().any(|held| held.person == *reader),
    }
}

impl Office for Memory {
    async fn figures(&self, _: Asked) -> Result<Figures, NoPage> {
        Err(NoPage::Gone)
    }

    async fn behind(&self, _: Asked, _: Option<String>, _: String) -> Result<Behind, NoPage> {
        Err(NoPage::Gone)
    }

    async fn overdue(&self, _: Lang) -> Result<Behind, NoPage> {
        Err(NoPage::Gone)
    }

    async fn caller(&self, _: String, _: Lang) -> Result<[Behind; 2], NoPage> {
        Err(NoPage::Gone)
    }

    async fn why(&self, _: CaseId, _: Lang) -> Result<Vec<crate::report::why::Section>, NoPage> {
        Err(NoPage::Gone)
    }

    fn day(&self) -> jiff::civil::Date {
        TimeZone::UTC.to_datetime(at(NOW)).date()
    }

    fn language(&self, _: Option<&PersonId>) -> Lang {
        self.lang
    }

    async fn resolve(&self, token: &str) -> Result<Link, BadLink> {
        tokio::time::sleep(self.slow).await;
        self.keys.verify(token, at(NOW))
    }

    async fn case_page(&self, link: &Link) -> Result<CasePage, NoPage> {
        let Target::Case(id) = link.target else {
            return Err(NoPage::Gone);
        };
        let (case, events) = self.cases.lock().unwrap().get(&id).cloned().ok_or(NoPage::Gone)?;
        let standing = match (case.handler == link.person, link.person.as_str()) {
            (true, _) => Standing::Acts,
            (false, _) if case.co_handlers.contains(&link.person) => Standing::Acts,
            (false, "li") => Standing::Looks,
            (false, _) if answers(&case, &link.person).accept => Standing::Offered,
            (false, _) => Standing::Moved,
        };
        let list = self.token(link.person.as_str(), Target::List);
        Ok(CasePage {
            lang: self.lang,
            now: at(NOW),
            zone: TimeZone::get("Asia/Shanghai").unwrap(),
            viewer: link.person.clone(),
            standing,
            answers: answers(&case, &link.person),
            rights: rights(&case, &link.person),
            below: (case.handler == link.person).then(Vec::new),
            extensions: true,
            pause_reasons: vec!["caller_papers".to_owned()],
            call: CallFacts {
                called_number: case.call.map(|_| "62340021".to_owned()),
                talk_seconds: case.call.map(|_| 185),
            },
            staff: self.staff(),
            dials: case.kind == CaseKind::Callback,
            number: (case.kind == CaseKind::Callback)
                .then(|| case.caller_number.clone())
                .flatten(),
            case,
            events,
            people: self.people(),
            categories: categories(),
            needs: needs(),
            list_url: Some(format!("/t/{list}")),
            breaches: Vec::new(),
            sanctions: Vec::new(),
        })
    }

    async fn list_page(&self, link: &Link) -> Result<ListPage, NoPage> {
        let cases = self.cases.lock().unwrap();
        let theirs = cases.values().filter(|(case, _)| case.handler == link.person);
        let open = theirs.filter(|(case, _)| case.state != CaseState::Closed);
        let row = |(case, _): &(Case, Vec<EventRow>)| ListRow {
            of: None,
            case: case.clone(),
            url: format!("/t/{}", self.token(link.person.as_str(), Target::Case(case.id))),
            needs: needs(),
            policy: "首问责任制".to_owned(),
            returns: case.offer.is_some(),
        };
        let offered = |(case, _): &&(Case, Vec<EventRow>)| case.offer.is_some() && answers(case, &link.person).accept;
        let closed = |(case, _): &&(Case, Vec<EventRow>)| case.state == CaseState::Closed;
        Ok(ListPage {
            lang: self.lang,
            now: at(NOW),
            zone: TimeZone::get("Asia/Shanghai").unwrap(),
            calendar: "cn".to_owned(),
            viewer: link.person.clone(),
            people: self.people(),
            staff: self.staff(),
            rows: open.map(row).collect(),
            watched: self.watched(link, &cases, &row),
            watched_more: 0,
            offered: cases.values().filter(offered).map(row).collect(),
            categories: categories(),
            done: cases.values().filter(closed).map(row).collect(),
        })
    }

    fn who(&self, words: &str, _: Lang) -> Vec<Hit> {
        let found = Hit {
            words: vec!["营业执照".into(), "business licence".into()],
            department: Some("审批科".into()),
            person: Some("刘洋".into()),
            outside: None,
            phone: Some("8022".into()),
            to: Some("liu".into()),
        };
        let outside = Hit {
            words: vec!["护照".into(), "passport".into()],
            outside: Some("出入境管理局".into()),
            phone: Some("12367".into()),
            ..Hit::default()
        };
        let has = |hit: &Hit| hit.words.iter().any(|word| word.contains(words));
        [found, outside].into_iter().filter(has).collect()
    }

    fn to(&self, given: &str) -> Option<To> {
        match given {
            "wang" | "liu" | "li" => Some(To::Person(person(given))),
            "permits" => Some(To::Department(given.parse().unwrap())),
            _ => None,
        }
    }

    fn until(&self, given: &str) -> Option<Timestamp> {
        let day: jiff::civil::Date = given.parse().ok()?;
        TimeZone::get("Asia/Shanghai")
            .unwrap()
            .to_timestamp(day.at(17, 30, 0, 0))
            .ok()
    }

    async fn act(&self, link: &Link, id: CaseId, version: u64, command: Command, seen: &Seen) -> Result<(), ActError> {
        self.acts.fetch_add(1, Ordering::SeqCst);
        if *self.busy.lock().unwrap() {
            return Err(ActError::Busy);
        }
        let mut cases = self.cases.lock().unwrap();
        let (case, events) = cases.get_mut(&id).ok_or(ActError::Gone)?;
        let theirs = case.handler == link.person || link.person.as_str() == "li";
        if !theirs && !answers(case, &link.person).accept {
            let who = self.people().name(&case.handler);
            return Err(ActError::NotHolder { who });
        }
        if case.version != version {
            return Err(ActError::Stale {
                who: self.people().name(&person("liu")),
                version: case.version,
            });
        }
        let event = decide(case, command).map_err(ActError::Refused)?;
        case.version += 1;
        events.push(EventRow {
            seq: events.len() as u64 + 1,
            at: at(NOW),
            actor: Actor::Person(link.person.clone()),
            channel: "page".into(),
            counts: true,
            event,
        });
        self.seen.lock().unwrap().push(seen.clone());
        Ok(())
    }

    async fn metrics(&self) -> Result<String, String> {
        Ok("firstanswer_cases_open 1\n".to_owned())
    }

    async fn ready(&self) -> Result<(), String> {
        match *self.busy.lock().unwrap() {
            true => Err("store closed".to_owned()),
            false => Ok(()),
        }
    }
}

fn categories() -> Vec<crate::ids::CategoryId> {
    let known = ["inquiry", "service", "complex", "complaint"];
    known.iter().map(|id| id.parse().unwrap()).collect()
}

/// As in the shipped bureau policy.
fn needs() -> Needs {
    let sets = |sets: &[&str]| -> Vec<Vec<String>> {
        let split = |set: &&str| set.split('|').map(str::to_owned).collect();
        sets.iter().map(split).collect()
    };
    [
        (Duty::Own, sets(&["caller_name", "matter"])),
        (Duty::Unit, sets(&["caller_name", "matter", "caller_told"])),
        (Duty::Other, sets(&["caller_name", "matter", "caller_told"])),
        (Duty::Outside, sets(&["matter", "right_body|tried"])),
        (Duty::Unclear, sets(&["matter"])),
    ]
    .into_iter()
    .collect()
}

//! Events of a case as sentences, for the page's history and `case show`. Pure.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{Lang, Say, when};
use crate::case::{Actor, CaseKind, DeadlineKind, Edited, Event, Holding, Particulars, Told, TransferEffect};
use crate::ids::PersonId;

/// What a sentence about an event needs besides the event.
pub struct Scene<'a> {
    /// Language.
    pub say: Say,
    /// The site's zone.
    pub zone: &'a TimeZone,
    /// Our clock.
    pub now: Timestamp,
    /// A person's name in that language.
    pub name: &'a dyn Fn(&PersonId) -> String,
}

impl Scene<'_> {
    pub(super) fn due(&self, at: Timestamp) -> String {
        when::due(at, self.zone, |at| self.at(at))
    }

    pub(super) fn at(&self, at: Timestamp) -> String {
        when::long(self.say.0, at, self.zone, self.now)
    }

    pub(super) fn pick(&self, zh: String, en: String) -> String {
        match self.say.0 {
            Lang::Zh => zh,
            Lang::En => en,
        }
    }

    /// Who did it: a name, or the switch, the clock, the administrator.
    pub fn actor(&self, actor: &Actor) -> String {
        let (zh, en) = match actor {
            Actor::Person(person) => return (self.name)(person),
            Actor::Switch => ("交换机", "the switch"),
            Actor::Clock => ("计时", "the clock"),
            Actor::Admin => ("管理员", "the administrator"),
        };
        self.pick(zh.to_owned(), en.to_owned())
    }

    /// One event as a sentence without a full stop.
    pub fn event(&self, event: &Event) -> String {
        match event {
            Event::Opened(opening) => self.opened(opening.kind, &opening.holding),
            Event::Redrafted(holding) => self.answered("重新判定：", "judged again: ", holding),
            Event::AnswererFound(holding) => self.answered("后来查明：", "found later: ", holding),
            Event::Settled => self.pick(
                "通话结束，时限开始计算".into(),
                "the call is over, deadlines run".into(),
            ),
            Event::EvidenceDiffered { person, evidence } => self.differed(person.as_ref(), evidence),
            Event::PutThrough {
                to,
                extension,
                talk_seconds,
                effect,
                ..
            } => {
                let (to, span) = ((self.name)(to), when::span(self.say.0, *talk_seconds));
                // Only what moved the case may say that it did.
                let (zh, en) = match effect {
                    TransferEffect::Moved => ("，由其承办", ", who handles it now"),
                    TransferEffect::Offered => ("，请其接办", ", to whom it is offered"),
                    TransferEffect::Evidence => ("，承办人不变", "; the handler stays"),
                };
                self.pick(
                    format!("转接给 {to}（分机 {extension}，通话 {span}）{zh}"),
                    format!("put through to {to} (extension {extension}, talked {span}){en}"),
                )
            }
            Event::DeadlineSet { deadline, due_at, .. } => {
                let (what, due) = (self.say.deadline(*deadline), self.due(*due_at));
                self.pick(format!("时限：{due} 前{what}"), format!("deadline: {what}, by {due}"))
            }
            Event::DeadlineMet { deadline, met_at } => {
                let (what, at) = (self.say.deadline(*deadline), self.at(*met_at));
                self.pick(
                    format!("时限已满足：{what}，{at}"),
                    format!("deadline met: {what}, {at}"),
                )
            }
            Event::DeadlineDropped { deadline } => {
                let what = self.say.deadline(*deadline);
                self.pick(
                    format!("时限不再计算：{what}"),
                    format!("deadline no longer runs: {what}"),
                )
            }
            Event::CalendarChanged {
                deadline,
                edited,
                was,
                due_at,
                ..
            } => self.calendar_changed(*deadline, *edited, *was, *due_at),
            Event::DeadlineMissing { deadline, why, .. } => {
                let (what, why) = (self.say.deadline(*deadline), self.say.of(why));
                self.pick(
                    format!("无法计算时限（{what}）：{why}"),
                    format!("no deadline to {what}: {why}"),
                )
            }
            Event::Breached {
                deadline,
                due_at,
                charged_to,
            } => {
                let (what, due) = (self.say.deadline(*deadline), self.due(*due_at));
                let whom = charged_to.as_ref().map(self.name);
                match whom {
                    Some(whom) => self.pick(
                        format!("逾期：未在{due} 前{what}，由 {whom} 负责"),
                        format!("overdue: {what} was due {due}, with {whom}"),
                    ),
                    None => self.pick(
                        format!("逾期：未在{due} 前{what}，不计个人"),
                        format!("overdue: {what} was due {due}, counted against nobody"),
                    ),
                }
            }
            Event::Registered(particulars) => {
                let said = self.particulars(particulars);
                self.pick(format!("登记（{said}）"), format!("registered ({said})"))
            }
            Event::ToldOnce(told) => {
                let said = self.told(told);
                self.pick(format!("一次性告知（{said}）"), format!("told once ({said})"))
            }
            Event::Noted { text } => self.pick(format!("备注：{text}"), format!("note: {text}")),
            Event::Closed { outcome, text, of, .. } => {
                let of = of.map(|id| format!(" #{id}")).unwrap_or_default();
                let outcome = self.say.outcome(*outcome);
                if text.is_empty() {
                    return self.pick(
                        format!("办结（{outcome}{of}）"),
                        format!("closed ({}{of})", outcome.to_lowercase()),
                    );
                }
                self.pick(
                    format!("办结（{outcome}{of}）：{text}"),
                    format!("closed ({}{of}): {text}", outcome.to_lowercase()),
                )
            }
            Event::Reopened { reason } => self.pick(format!("重新办理：{reason}"), format!("reopened: {reason}")),
            Event::Voided { reason } => self.pick(format!("作废：{reason}"), format!("voided: {reason}")),
            Event::Chased { case: None, .. } => self.pick("来电人再次来电".into(), "the caller rang again".into()),
            Event::Chased { case: Some(case), .. } => self.pick(
                format!("来电人再次来电，由他人接听，见 #{case}"),
                format!("the caller rang again, somebody else answered: #{case}"),
            ),
            Event::Attached { to } => self.pick(
                format!("并入 #{to}：同一来电人的未结记录，接听的是同一人"),
                format!("joined to #{to}: the caller's open case, answered by the same person"),
            ),
            Event::Joined { from, .. } => self.pick(
                format!("来电 #{from} 并入本记录：接听的是同一人"),
                format!("the call of #{from} belongs here: the same person answered it"),
            ),
            Event::Linked { to } => self.pick(
                format!("与同一来电人的 #{to} 关联"),
                format!("tied to #{to} of the same caller"),
            ),
            _ => self.life(event),
        }
    }

    fn opened(&self, kind: CaseKind, holding: &Holding) -> String {
        let handler = (self.name)(&holding.handler);
        match kind {
            CaseKind::Call => self.answered("", "", holding),
            CaseKind::Callback => self.pick(
                format!("来电无人接听，由 {handler} 回电"),
                format!("nobody answered; {handler} is to call back"),
            ),
            CaseKind::Visit => self.pick(
                format!("登记来访，由 {handler} 承办"),
                format!("visit registered, {handler} handles it"),
            ),
        }
    }

    fn answered(&self, zh: &str, en: &str, holding: &Holding) -> String {
        let ext = match &holding.extension {
            Some(ext) => (format!("（分机 {ext}）"), format!(" (extension {ext})")),
            None => Default::default(),
        };
        match &holding.first_answerer {
            Some(person) => {
                let (name, sure) = ((self.name)(person), self.say.certainty(holding.certainty));
                self.pick(
                    format!("{zh}{name} 首先接听{}，{sure}", ext.0),
                    format!("{en}{name} answered first{}, {sure}", ext.1),
                )
            }
            None => {
                let name = (self.name)(&holding.handler);
                self.pick(
                    format!("{zh}不能确定由谁首先接听{}，由 {name} 先行承办", ext.0),
                    format!("{en}who answered first{} is not sure; {name} handles it", ext.1),
                )
            }
        }
    }

    fn calendar_changed(
        &self,
        deadline: DeadlineKind,
        edited: Edited,
        was: Option<Timestamp>,
        due_at: Timestamp,
    ) -> String {
        let (what, due) = (self.say.deadline(deadline), self.due(due_at));
        let (zh, en) = match edited {
            Edited::Calendar => ("工作日历已更改", "the calendar was changed"),
            Edited::Zone => ("时区规则已更改", "the time zone's rules were changed"),
        };
        match was.map(|was| self.at(was)) {
            Some(was) => self.pick(
                format!("{zh}：{what}的时限由{was} 改为{due}"),
                format!("{en}: {what} was due {was}, is due {due} now"),
            ),
            None => self.pick(
                format!("{zh}：{what}的时限现可计算，为{due}"),
                format!("{en}: {what} had no due date, is due {due} now"),
            ),
        }
    }

    fn differed(&self, person: Option<&PersonId>, evidence: &str) -> String {
        match person.map(self.name) {
            Some(name) => self.pick(
                format!("后来的话单指向 {name}：{evidence}"),
                format!("later lines name {name}: {evidence}"),
            ),
            None => self.pick(
                format!("后来的话单不再指向原首问责任人：{evidence}"),
                format!("later lines name nobody: {evidence}"),
            ),
        }
    }

    /// What was written down, label by label.
    fn particulars(&self, p: &Particulars) -> String {
        let say = self.say;
        let duty = p.duty.map(|duty| say.whose(duty).to_owned());
        let category = p.category.as_ref().map(|category| say.category(category));
        let anonymous = p.anonymous.then(String::new);
        let rows = [
            (say.label_caller_name(), p.caller_name.clone()),
            (say.label_anonymous(), anonymous),
            (say.label_phone(), p.phone.as_deref().and_then(super::masked)),
            (say.label_matter(), p.matter.clone()),
            (say.fact_duty(), duty),
            (say.fact_category(), category),
            (say.label_caller_told(), p.caller_told.clone()),
            (say.label_right_body(), p.right_body.clone()),
            (say.label_right_phone(), p.right_phone.clone()),
            (say.label_tried(), p.tried.clone()),
        ];
        self.joined(rows)
    }

    /// What the caller was told, label by label.
    pub fn told(&self, told: &Told) -> String {
        let say = self.say;
        self.joined([
            (say.label_basis(), told.basis.clone()),
            (say.label_procedure(), told.procedure.clone()),
            (say.label_materials(), told.materials.clone()),
            (say.label_limit(), told.limit.clone()),
            (say.label_more_text(), told.text.clone()),
        ])
    }

    fn joined<const N: usize>(&self, rows: [(String, Option<String>); N]) -> String {
        let (colon, comma) = match self.say.0 {
            Lang::Zh => ("：", "；"),
            Lang::En => (": ", "; "),
        };
        // Amid a sentence; the rest of a label is not touched.
        let amid = |mut label: String| {
            if let Some(first) = label.get_mut(..1) {
                first.make_ascii_lowercase();
            }
            label
        };
        let said: Vec<String> = rows
            .into_iter()
            .filter_map(|(label, value)| match value {
                Some(value) if value.is_empty() => Some(amid(label)),
                value => value.map(|value| format!("{}{colon}{value}", amid(label))),
            })
            .collect();
        said.join(comma)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::case::{DeadlineKind, Outcome};

    #[track_caller]
    fn check(event: &Event, zh: &str, en: &str) {
        let zone = TimeZone::get("Asia/Shanghai").unwrap();
        let now = "2026-03-05T09:30:00Z".parse().unwrap();
        for (lang, expected) in [(Lang::Zh, zh), (Lang::En, en)] {
            let scene = Scene {
                say: Say(lang),
                zone: &zone,
                now,
                name: &|person| person.as_str().to_uppercase(),
            };
            assert_eq!(scene.event(event), expected);
        }
    }

    #[test]
    fn events_read_as_sentences() {
        check(
            &Event::Closed {
                outcome: Outcome::Guided,
                text: "8040".into(),
                of: None,
                evidence: None,
            },
            "办结（已引导）：8040",
            "closed (guided): 8040",
        );
        check(
            &Event::DeadlineSet {
                deadline: DeadlineKind::Register,
                started_at: "2026-03-05T08:40:00Z".parse().unwrap(),
                due_at: "2026-03-05T09:30:00Z".parse().unwrap(),
                why: Default::default(),
                given: false,
            },
            "时限：3月5日（周四）17:30 前登记",
            "deadline: registration, by Thu 5 Mar 17:30",
        );
        check(
            &Event::Registered(Box::new(Particulars {
                caller_name: Some("李".into()),
                anonymous: false,
                phone: Some("13812345678".into()),
                ..Particulars::default()
            })),
            "登记（来电人姓名：李；另一联系电话：138****5678）",
            "registered (caller's name: 李; another phone: 138****5678)",
        );
        // Read by others than who chose “My own” in the form.
        check(
            &Event::Registered(Box::new(Particulars {
                anonymous: true,
                duty: Some(crate::case::Duty::Own),
                category: Some("inquiry".parse().unwrap()),
                ..Particulars::default()
            })),
            "登记（来电人不愿留名；职责归属：本岗职责；事项类别：咨询）",
            "registered (the caller won't give a name; duty: the answerer's own; category: Inquiry)",
        );
        check(
            &Event::ToldOnce(Told {
                basis: Some("条例第8条".into()),
                limit: Some("5 天".into()),
                ..Told::default()
            }),
            "一次性告知（依据：条例第8条；办理期限：5 天）",
            "told once (basis: 条例第8条; how long it takes: 5 天)",
        );
        check(
            &Event::Extended {
                deadline: DeadlineKind::Close,
                until: "2026-03-05T09:30:00Z".parse().unwrap(),
                text: "files".into(),
                caller_told: Some("by phone".into()),
            },
            "延期至 3月5日（周四）17:30：files（已告知来电人：by phone）",
            "extended to Thu 5 Mar 17:30: files (the caller was told: by phone)",
        );
        check(
            &Event::Frozen {
                by: crate::case::FrozenBy::Moves,
                to: Some(crate::case::To::Person("liu".parse().unwrap())),
                text: "请办理".into(),
            },
            "转办次数超过规定，冻结，待上级裁定（拟转办给 LIU：请办理）",
            "it would move too often: frozen until the supervisor rules (meant for LIU: 请办理)",
        );
        // Asked for until the close of a day that has no closing hour.
        check(
            &Event::Asked {
                what: crate::case::Ask::Extension,
                until: Some("2026-03-06T16:00:00Z".parse().unwrap()),
                text: "files".into(),
                by: None,
                caller_told: None,
            },
            "请上级批准（延期，至 3月6日（周五）24:00）：files",
            "asked the supervisor (an extension until Fri 6 Mar 24:00): files",
        );
    }
}

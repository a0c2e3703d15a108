//! Events of the case's life as sentences: moves, dates, what the supervisor said. Pure.

use super::events::Scene;
use super::{Lang, Say, when};
use crate::case::{Ask, Event, FrozenBy, To, ViolationKind};
use crate::ids::PersonId;

impl Scene<'_> {
    /// One event as a sentence without a full stop; empty for those of [`Scene::event`].
    pub(super) fn life(&self, event: &Event) -> String {
        match event {
            Event::Offered { to, text, .. } => {
                let (to, text) = (self.to(to), self.tail(text));
                self.pick(format!("转办给 {to}，待接收{text}"), format!("offered to {to}{text}"))
            }
            Event::Accepted { by, .. } => {
                let by = (self.name)(by);
                self.pick(
                    format!("{by} 接收，由其承办"),
                    format!("{by} accepted it and handles it now"),
                )
            }
            Event::Returned { to, reason, .. } => {
                let back = to.as_ref().map(self.name).map_or_else(String::new, |name| {
                    self.pick(format!("给 {name}"), format!(" to {name}"))
                });
                self.pick(format!("退回{back}：{reason}"), format!("returned{back}: {reason}"))
            }
            Event::Lapsed { to } => {
                let to = self.to(to);
                self.pick(
                    format!("{to} 逾期未接收，退回原承办人"),
                    format!("{to} did not answer in time, so it stays with who offered it"),
                )
            }
            Event::Assigned { to, reason, .. } => {
                let to = (self.name)(to);
                self.pick(format!("指派给 {to}：{reason}"), format!("assigned to {to}: {reason}"))
            }
            Event::Frozen {
                by: FrozenBy::Moves,
                to,
                text,
            } => {
                let meant = self.meant(to.as_ref(), text);
                self.pick(
                    format!("转办次数超过规定，冻结，待上级裁定{meant}"),
                    format!("it would move too often: frozen until the supervisor rules{meant}"),
                )
            }
            Event::Frozen {
                by: FrozenBy::Returns, ..
            } => self.pick(
                "退回次数超过规定，冻结，待上级裁定".into(),
                "it came back too often: frozen until the supervisor rules".into(),
            ),
            Event::RuledTo { to, reason, .. } => {
                let to = (self.name)(to);
                self.pick(
                    format!("裁定由 {to} 承办：{reason}"),
                    format!("ruled: {to} handles it: {reason}"),
                )
            }
            _ => self.said(event),
        }
    }

    fn said(&self, event: &Event) -> String {
        match event {
            Event::Contacted {
                by,
                extension,
                since,
                talk_seconds,
                text,
                ..
            } => self.contacted(by.as_ref(), extension.as_deref(), self.at(*since), *talk_seconds, text),
            Event::Promised { until, text } => {
                let until = self.due(*until);
                self.pick(
                    format!("承诺 {until} 前答复：{text}"),
                    format!("promised an answer by {until}: {text}"),
                )
            }
            Event::Paused { reason, text, until } => {
                let (reason, until) = (self.say.pause_reason(reason), self.due(*until));
                self.pick(
                    format!("等待来电人（{reason}），最迟到 {until}：{text}"),
                    format!("waits for the caller ({reason}), until {until} at the latest: {text}"),
                )
            }
            Event::Resumed { since, text } => {
                let (since, text) = (self.at(*since), self.tail(text));
                self.pick(
                    format!("自 {since} 起继续办理{text}"),
                    format!("goes on since {since}{text}"),
                )
            }
            Event::Extended {
                until,
                text,
                caller_told,
                ..
            } => {
                let (until, told) = (self.due(*until), self.caller_knows(caller_told));
                self.pick(
                    format!("延期至 {until}：{text}{told}"),
                    format!("extended to {until}: {text}{told}"),
                )
            }
            Event::Asked {
                what,
                until,
                text,
                caller_told,
                ..
            } => {
                let told = self.caller_knows(caller_told);
                let what = self.ask(*what);
                let until = until.map(|until| self.due(until)).map_or_else(String::new, |until| {
                    self.pick(format!("，至 {until}"), format!(" until {until}"))
                });
                self.pick(
                    format!("请上级批准（{what}{until}）：{text}{told}"),
                    format!("asked the supervisor ({what}{until}): {text}{told}"),
                )
            }
            Event::Approved { what, text, .. } => {
                let (what, text) = (self.ask(*what), self.tail(text));
                self.pick(format!("已批准（{what}）{text}"), format!("approved ({what}){text}"))
            }
            Event::Declined { what, reason, .. } => {
                let dispute = || self.pick("异议".into(), "the dispute".into());
                let what = what.map_or_else(dispute, |what| self.ask(what));
                self.pick(
                    format!("未批准（{what}）：{reason}"),
                    format!("declined ({what}): {reason}"),
                )
            }
            Event::Hot { text } => self.pick(format!("热点：{text}"), format!("hot: {text}")),
            Event::Corrected { to, was, reason, .. } => {
                let nobody = self.pick("无".into(), "nobody".into());
                let (to, was) = ((self.name)(to), was.as_ref().map_or(nobody, self.name));
                self.pick(
                    format!("首问责任人由 {was} 更正为 {to}：{reason}"),
                    format!("first answerer corrected from {was} to {to}: {reason}"),
                )
            }
            Event::Disputed { text, .. } => self.pick(format!("提出异议：{text}"), format!("disputed: {text}")),
            Event::Unreasonable { reason } => self.pick(
                format!("认定为不合理诉求：{reason}"),
                format!("marked as unreasonable: {reason}"),
            ),
            Event::CoHandlerAdded { person } => {
                let person = (self.name)(person);
                self.pick(format!("{person} 协办"), format!("{person} helps"))
            }
            Event::Suspected { violation, person, .. } => {
                let what = self.say.violation(*violation);
                let whom = person
                    .as_ref()
                    .map(self.name)
                    .map_or_else(String::new, |name| format!(" {name}"));
                self.pick(
                    format!("待核实：{what}{whom}"),
                    format!("to be looked into: {what}{whom}"),
                )
            }
            Event::ShownInTime { .. } => self.pick(
                "话单表明是在时限内办到的，违反首问责任已免除".into(),
                "the call log shows that it was done in time: violation waived".into(),
            ),
            Event::ViolationRuled { confirmed, reason, .. } => match confirmed {
                true => self.pick(
                    format!("违反首问责任已认定：{reason}"),
                    format!("violation confirmed: {reason}"),
                ),
                false => self.pick(
                    format!("违反首问责任已免除：{reason}"),
                    format!("violation waived: {reason}"),
                ),
            },
            _ => String::new(),
        }
    }

    fn contacted(
        &self,
        by: Option<&PersonId>,
        extension: Option<&str>,
        at: String,
        talk_seconds: Option<i64>,
        text: &str,
    ) -> String {
        let who = by
            .map(self.name)
            .or_else(|| extension.map(str::to_owned))
            .unwrap_or_default();
        match talk_seconds {
            Some(seconds) => {
                let span = when::span(self.say.0, seconds);
                self.pick(
                    format!("{who} 与来电人通话：{at}，{span}"),
                    format!("{who} spoke to the caller: {at}, {span}"),
                )
            }
            None => self.pick(
                format!("{who} 已联系来电人：{text}"),
                format!("{who} spoke to the caller: {text}"),
            ),
        }
    }

    /// For whom the move that froze a case was meant, and what was typed for them.
    fn meant(&self, to: Option<&To>, text: &str) -> String {
        let Some(to) = to else {
            return String::new();
        };
        let (to, text) = (self.to(to), self.tail(text));
        self.pick(format!("（拟转办给 {to}{text}）"), format!(" (meant for {to}{text})"))
    }

    fn to(&self, to: &To) -> String {
        match to {
            To::Person(person) => (self.name)(person),
            To::Department(department) => department.to_string(),
            To::Outside(name) => name.clone(),
        }
    }

    fn tail(&self, text: &str) -> String {
        match (text, self.say.0) {
            ("", _) => String::new(),
            (text, Lang::Zh) => format!("：{text}"),
            (text, Lang::En) => format!(": {text}"),
        }
    }

    /// How the caller was told of a later date.
    fn caller_knows(&self, caller_told: &Option<String>) -> String {
        let told = caller_told.as_ref();
        told.map_or_else(String::new, |told| {
            self.pick(
                format!("（已告知来电人：{told}）"),
                format!(" (the caller was told: {told})"),
            )
        })
    }

    fn ask(&self, what: Ask) -> String {
        crate::case::ask_words(what, self.say.0).to_owned()
    }
}

impl Say {
    /// Why a case waits for its caller; a reason of the site's own is shown as it is.
    pub fn pause_reason(self, reason: &str) -> String {
        let (zh, en) = match reason {
            "caller_papers" => ("待补材料", "papers to come"),
            other => (other, other),
        };
        match self.0 {
            Lang::Zh => zh.to_owned(),
            Lang::En => en.to_owned(),
        }
    }

    /// What a kind of violation is called.
    pub fn violation(self, kind: ViolationKind) -> &'static str {
        let (zh, en) = match kind {
            ViolationKind::LateRegister => ("登记逾期", "late registration"),
            ViolationKind::LateRelay => ("转办逾期", "late relay"),
            ViolationKind::LateAccept => ("接收逾期", "late acceptance"),
            ViolationKind::LateContact => ("联系来电人逾期", "late contact"),
            ViolationKind::LateClose => ("办结逾期", "late closing"),
            ViolationKind::LateRedo => ("重新办结逾期", "late closing after reopening"),
            ViolationKind::LateFeedback => ("阶段反馈逾期", "late feedback"),
            ViolationKind::LateCallback => ("回电逾期", "late call-back"),
            ViolationKind::NotTold => ("未告知来电人去向", "the caller was not told"),
            ViolationKind::BuckPassing => ("推诿", "passing the buck"),
            ViolationKind::RepeatContact => ("办结后来电人再次来电", "the caller rang again after closing"),
            ViolationKind::OverPromise => ("承诺超过时限", "promised beyond the limit"),
            ViolationKind::Cold => ("态度冷淡", "cold"),
            ViolationKind::Rude => ("言语不文明", "rude"),
            ViolationKind::Favours => ("借机谋取私利", "favours"),
            ViolationKind::NameRefused => ("拒绝告知姓名", "would not give their name"),
        };
        match self.0 {
            Lang::Zh => zh,
            Lang::En => en,
        }
    }
}

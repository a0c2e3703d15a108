//! A policy in words, for `policy explain`: what an office wants to read before it puts a regulation into force. Pure.

use super::{Lang, Say};
use crate::calendar::{CountFrom, Span, span_words};
use crate::case::ViolationKind;
use crate::case::policy::{Category, DutyRule, Policy, Quiet, Recipient, Rung, SentTo, Superior, TransferRule};

/// One heading with its sentences.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// What it is about.
    pub title: String,
    /// What holds.
    pub lines: Vec<String>,
}

/// The whole policy, heading by heading.
pub fn explain(policy: &Policy, lang: Lang) -> Vec<Section> {
    let words = Words(Say(lang));
    vec![
        words.heading(policy),
        words.opening(policy),
        words.clocks(policy),
        words.categories(policy),
        words.duties(policy),
        words.moves(policy),
        words.ladder(policy),
        words.accountability(policy),
    ]
}

struct Words(Say);

impl Words {
    fn pick(&self, zh: impl Into<String>, en: impl Into<String>) -> String {
        match self.0.0 {
            Lang::Zh => zh.into(),
            Lang::En => en.into(),
        }
    }

    fn section(&self, zh: &str, en: &str, lines: Vec<String>) -> Section {
        Section {
            title: self.pick(zh, en),
            lines,
        }
    }

    fn span(&self, span: Span) -> String {
        span_words(span, self.0.0)
    }

    fn heading(&self, policy: &Policy) -> Section {
        let name = policy.name.get(self.0.0).unwrap_or(&policy.id).to_owned();
        let (effective, version) = (policy.effective, &policy.version);
        let mut lines = vec![self.pick(
            format!("自 {effective} 起施行，版本 {version}"),
            format!("in force from {effective}, version {version}"),
        )];
        if policy.observe_only {
            lines.push(self.pick(
                "只观察：全部记录，不发邮件",
                "observes only: everything is recorded, nothing is mailed",
            ));
        }
        Section {
            title: format!("{name} ({})", policy.id),
            lines,
        }
    }

    fn opening(&self, policy: &Policy) -> Section {
        let opens = &policy.opens;
        let (talk, age) = (self.span(opens.min_talk), self.span(opens.max_age));
        let mut lines = vec![
            self.pick(
                format!("外线来电接听后立首问责任记录；通话短于 {talk} 的不立"),
                format!("an answered outside call opens a case, unless it was shorter than {talk}"),
            ),
            self.pick(
                format!("收到时接听已超过 {age} 的只作历史，不立记录、不发邮件"),
                format!("an answer older than {age} when it arrives is history: no case, no mail"),
            ),
        ];
        if opens.internal {
            lines.push(self.pick("内线来电同样立记录", "calls between extensions open cases too"));
        }
        lines.push(match opens.transfer {
            TransferRule::Accept => self.pick(
                "交换机转接且通话满 10 秒：接手人即为承办人",
                "whoever the switch puts a caller through to, and who talks for 10 seconds, becomes the handler",
            ),
            TransferRule::Offer => self.pick("交换机转接：向接手人提出转办", "a transfer of the switch is an offer"),
            TransferRule::None => self.pick("交换机转接不改变承办人", "a transfer of the switch changes nothing"),
        });
        let abandon = self.span(opens.short_abandon);
        lines.push(if opens.missed_callback {
            self.pick(
                format!("未接来电立回电记录；{abandon} 内挂断的不算"),
                format!("a missed call opens a call-back case, unless abandoned within {abandon}"),
            )
        } else {
            self.pick("未接来电只计数", "missed calls are counted")
        });
        if !opens.complaint_numbers.is_empty() {
            let numbers = opens.complaint_numbers.join(self.0.0.comma());
            lines.push(self.pick(format!("投诉电话：{numbers}"), format!("complaint numbers: {numbers}")));
        }
        self.section("立案", "What opens a case", lines)
    }

    fn clocks(&self, policy: &Policy) -> Section {
        use crate::case::DeadlineKind as Kind;
        let clock = &policy.clock;
        let mut lines: Vec<String> = [
            (Kind::Register, clock.register),
            (Kind::Accept, clock.accept),
            (Kind::Contact, clock.contact),
            (Kind::Redo, clock.redo),
            (Kind::Feedback, clock.feedback),
            (Kind::Callback, clock.callback),
        ]
        .into_iter()
        .filter_map(|(kind, span)| Some(format!("{}: {}", self.0.deadline(kind), self.span(span?))))
        .collect();
        lines.push(match clock.count_from {
            CountFrom::NextDay => self.pick("工作日自次日起算", "business days count from the next day"),
            CountFrom::SameDay => self.pick("工作日自当日起算", "business days count from the same day"),
        });
        let floor = self.span(clock.floor);
        lines.push(self.pick(
            format!("任何时限不早于收到话单后 {floor}"),
            format!("no deadline lies earlier than {floor} after the line was received"),
        ));
        self.section("时限", "Deadlines", lines)
    }

    fn categories(&self, policy: &Policy) -> Section {
        let lines = policy
            .categories
            .iter()
            .map(|(id, category)| self.category(&self.0.category(id), category));
        self.section("事项类别", "Categories", lines.collect())
    }

    fn category(&self, name: &str, category: &Category) -> String {
        let close = self.span(category.close);
        let mut parts = vec![self.pick(format!("{close} 内办结"), format!("closed within {close}"))];
        if category.default {
            parts.push(self.pick("默认类别", "taken when none is chosen"));
        }
        parts.extend(category.approver.map(|approver| match approver {
            Superior::Supervisor => self.pick("须上级批准", "needs a supervisor's approval"),
            Superior::Manager => self.pick("须分管领导批准", "needs a manager's approval"),
        }));
        parts.extend(category.to.map(|to| match to {
            SentTo::Complaints => self.pick("交投诉受理部门", "goes to the department for complaints"),
            SentTo::Above(superior) => self.sent_up(superior),
        }));
        if category.confidential {
            parts.push(self.pick("对被投诉人保密", "hidden from whom it is about"));
        }
        parts.extend(self.needs(&category.needs));
        format!("{name}: {}", parts.join(self.0.0.semicolon()))
    }

    fn duties(&self, policy: &Policy) -> Section {
        let lines = policy.duties.iter().map(|(duty, rule)| {
            let mut parts = self.needs(&rule.needs);
            parts.extend(self.relayed(rule));
            if !rule.not_at_once.is_empty() {
                let needed = self.fields(&rule.not_at_once);
                parts.push(self.pick(
                    format!("非当日办结还须：{needed}"),
                    format!("not closed the same day: also {needed}"),
                ));
            }
            format!("{}: {}", self.0.duty(*duty), parts.join(self.0.0.semicolon()))
        });
        self.section("职责归属", "Duties", lines.collect())
    }

    fn relayed(&self, rule: &DutyRule) -> Vec<String> {
        let mut parts = Vec::new();
        if let Some(relay) = rule.relay {
            let relay = self.span(relay);
            parts.push(self.pick(format!("{relay} 内转办"), format!("passed on within {relay}")));
        }
        parts.extend(rule.to.map(|superior| self.sent_up(superior)));
        parts
    }

    fn sent_up(&self, superior: Superior) -> String {
        match superior {
            Superior::Supervisor => self.pick("报请上级", "goes to the supervisor"),
            Superior::Manager => self.pick("报请分管领导", "goes to the manager"),
        }
    }

    fn needs(&self, needs: &[Vec<String>]) -> Vec<String> {
        if needs.is_empty() {
            return Vec::new();
        }
        let needed = self.fields(needs);
        vec![self.pick(format!("办结前须有：{needed}"), format!("before closing: {needed}"))]
    }

    /// What a clerk has to fill in, as the forms call it.
    fn fields(&self, needs: &[Vec<String>]) -> String {
        let or = self.pick(" 或 ", " or ");
        let alternatives: Vec<String> = needs
            .iter()
            .map(|names| names.iter().map(|name| self.field(name)).collect::<Vec<_>>().join(&or))
            .collect();
        alternatives.join(self.0.0.comma())
    }

    fn field(&self, name: &str) -> String {
        let say = self.0;
        let label = match name {
            "caller_name" => say.label_caller_name(),
            "anonymous" => say.label_anonymous(),
            "matter" => say.label_matter(),
            "phone" => say.label_phone(),
            "caller_told" => say.label_caller_told(),
            "right_body" => say.label_right_body(),
            "right_phone" => say.label_right_phone(),
            "tried" => say.label_tried(),
            "told_once" => say.told_once_title(),
            other => other.to_owned(),
        };
        match say.0 {
            Lang::Zh => label,
            // Within a sentence.
            Lang::En => label
                .chars()
                .take(1)
                .flat_map(char::to_lowercase)
                .chain(label.chars().skip(1))
                .collect(),
        }
    }

    fn moves(&self, policy: &Policy) -> Section {
        let (moves, returns) = (policy.max_moves, policy.max_returns);
        let mut lines = vec![self.pick(
            format!("最多转办 {moves} 次、退回 {returns} 次，超过即冻结，由上级裁定"),
            format!("at most {moves} moves and {returns} returns; beyond that frozen until the supervisor rules"),
        )];
        if let Some(max) = policy.promise_max {
            let max = self.span(max);
            lines.push(self.pick(format!("承诺时限不超过 {max}"), format!("no promise beyond {max}")));
        }
        if let Some(max) = policy.extension_max {
            let (times, max) = (policy.extension_times, self.span(max));
            let (zh, en) = match policy.extension_approver {
                Superior::Supervisor => ("上级", "supervisor"),
                Superior::Manager => ("分管领导", "manager"),
            };
            lines.push(self.pick(
                format!("到期前可延期 {times} 次，不超过 {max}，须{zh}批准"),
                format!("may be extended {times} times before it is due, by at most {max}, with the {en}'s approval"),
            ));
        }
        if let Some(max) = policy.pause_max {
            let max = self.span(max);
            lines.push(self.pick(
                format!("等待来电人材料最长 {max}"),
                format!("may wait for the caller's papers for {max}"),
            ));
        }
        if let Some(within) = policy.repeat_within {
            let within = self.span(within);
            lines.push(self.pick(
                format!("办结后 {within} 内同一来电人再来电：疑似未办好"),
                format!("the same caller again within {within} after closing: perhaps not done well"),
            ));
        }
        self.section("转办、承诺与延期", "Moves, promises, extensions", lines)
    }

    fn ladder(&self, policy: &Policy) -> Section {
        let mut lines: Vec<String> = policy.ladder.iter().map(|rung| self.rung(rung)).collect();
        lines.push(match &policy.quiet {
            Quiet::None => self.pick("任何时间都可发邮件", "mail goes out at any hour"),
            Quiet::OutsideHours => self.pick("不在本人工作时间发邮件", "no mail outside a person's working hours"),
            Quiet::Between(from, to) => {
                let (from, to) = (from.strftime("%H:%M"), to.strftime("%H:%M"));
                self.pick(
                    format!("{from} 至 {to} 不发邮件"),
                    format!("no mail between {from} and {to}"),
                )
            }
        });
        let cap = policy.cap_per_day;
        lines.push(self.pick(
            format!("每人每天最多 {cap} 封（第 2 级及以上不限）"),
            format!("at most {cap} mails a person and day (rungs 2 and above are not held back)"),
        ));
        self.section("督办", "Urging", lines)
    }

    fn rung(&self, rung: &Rung) -> String {
        let at = match rung.at {
            Span::Elapsed(0) => self.pick("到期时", "when due"),
            before if is_negative(before) => {
                let span = self.span(negated(before));
                self.pick(format!("到期前 {span}"), format!("{span} before"))
            }
            after => {
                let span = self.span(after);
                self.pick(format!("逾期 {span}"), format!("{span} late"))
            }
        };
        let people = |list: &[Recipient]| -> String {
            list.iter()
                .map(|one| self.recipient(*one))
                .collect::<Vec<_>>()
                .join(self.0.0.comma())
        };
        let mut text = format!("{} {at}: {}", rung.rung, people(&rung.to));
        if !rung.cc.is_empty() {
            let copied = people(&rung.cc);
            text.push_str(&self.pick(format!("，抄送 {copied}"), format!(", copy to {copied}")));
        }
        if let Some(every) = rung.every {
            let every = self.span(every);
            text.push_str(&self.pick(format!("，每 {every} 一次"), format!(", again every {every}")));
        }
        text
    }

    fn recipient(&self, recipient: Recipient) -> String {
        match recipient {
            Recipient::Handler => self.pick("承办人", "the handler"),
            Recipient::Supervisor => self.pick("上级", "the supervisor"),
            Recipient::Next => self.pick("上级的上级", "the supervisor's supervisor"),
            Recipient::Manager => self.pick("分管领导", "the manager"),
            Recipient::Chain => self.pick("中间各级", "all between"),
        }
    }

    fn accountability(&self, policy: &Policy) -> Section {
        let mut lines = Vec::new();
        if !policy.forbidden_phrases.is_empty() {
            let phrases = policy.forbidden_phrases.join(self.0.0.comma());
            lines.push(self.pick(
                format!("禁用语：{phrases}"),
                format!("refused as a whole answer: {phrases}"),
            ));
        }
        for (kind, (article, weight)) in &policy.violations {
            let known = serde_json::from_value::<ViolationKind>(kind.as_str().into());
            let kind = known.map_or_else(|_| kind.clone(), |kind| self.0.begun(self.0.violation(kind)));
            lines.push(self.pick(
                format!("{kind}：{article}，考核权重 {weight}"),
                format!("{kind}: {article}, weight {weight} in the appraisal"),
            ));
        }
        if !policy.sanctions.is_empty() {
            let sanctions = policy.sanctions.join(self.0.0.comma());
            lines.push(self.pick(format!("处理方式：{sanctions}"), format!("sanctions: {sanctions}")));
        }
        self.section("责任", "Accountability", lines)
    }
}

/// Punctuation between the parts of a list.
trait Punctuation {
    fn comma(self) -> &'static str;
    fn semicolon(self) -> &'static str;
}

impl Punctuation for Lang {
    fn comma(self) -> &'static str {
        match self {
            Lang::Zh => "、",
            Lang::En => ", ",
        }
    }
    fn semicolon(self) -> &'static str {
        match self {
            Lang::Zh => "；",
            Lang::En => "; ",
        }
    }
}

fn is_negative(span: Span) -> bool {
    matches!(span, Span::Elapsed(n) | Span::Business(n) | Span::BusinessDays(n) if n < 0)
}

fn negated(span: Span) -> Span {
    match span {
        Span::Elapsed(n) => Span::Elapsed(-n),
        Span::Business(n) => Span::Business(-n),
        Span::BusinessDays(n) => Span::BusinessDays(-n),
        Span::EndOfDay => Span::EndOfDay,
    }
}

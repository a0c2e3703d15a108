//! Sentences of `case why`: from the switch's lines to due dates.

use super::{Say, catalogue};
use crate::call::{Disposition, Doubt};

catalogue! { WHY;
    why_printed { "交换机的原始话单：", "what the switch printed:" }
    why_read_as { "读作：", "read as:" }
    why_leg(n, station, how, answered, entry) { "第 {n} 段：分机 {station}，{how}，接听 {answered}；{entry}", "leg {n}: station {station}, {how}, answered by {answered}; {entry}" }
    why_first(name, sure, entry) { "首问责任人：{name}（{sure}），依据：{entry}", "first answerer: {name} ({sure}), by the directory entry: {entry}" }
    why_first_only(name, sure) { "首问责任人：{name}（{sure}）", "first answerer: {name} ({sure})" }
    why_missed { "首问责任人：无，此来电无人接听", "first answerer: nobody, the call was missed" }
    why_owed(dialled, how, name, entry) { "打到 {dialled}，由{how} {name} 回电，依据：{entry}", "{dialled} was dialled: calling back is for {how}, {name}, by the directory entry: {entry}" }
    owed_dialled { "这个分机的使用人", "whose extension it is" }
    owed_lead { "该组的负责人", "the group's lead" }
    owed_head { "部门负责人", "the department's head" }
    owed_fallback { "兜底人", "the fallback" }
    why_corrected(when, by, was, reason) { "{when} 由 {by} 更正，原为 {was}：{reason}", "corrected by {by}, {when}; before: {was}: {reason}" }
    why_first_before(entry) { "更正前的依据：{entry}", "before that, by the directory entry: {entry}" }
    why_nobody { "无人", "nobody" }
    why_clock { "交换机的时钟超前两分钟以上：时限从收到话单减去通话时长起算", "the switch's clock is more than two minutes ahead: deadlines run from receipt minus talk" }
    why_handler(name) { "承办人：{name}", "handler: {name}" }
    why_held(name, from, to) { "{name}：{from} 至 {to}", "{name}: {from} to {to}" }
    why_now { "现在", "now" }
    why_met(line, when) { "{line}（{when} 完成）", "{line} (met {when})" }
    why_policy(id, version) { "适用制度：{id}，版本 {version}（接听时有效）", "policy: {id}, version {version}, in force at the answer" }
    why_deadlines { "时限：", "deadlines:" }
    why_no_longer(line) { "{line}（已不再计）", "{line} (no longer counts)" }
    why_violations { "违反首问责任：", "violations:" }
    why_violation(what, name, when, status) { "{what}，责任人 {name}，{when}：{status}", "{what}, charged to {name}, {when}: {status}" }

    why_answered { "已接听", "answered" }
    why_no_answer { "无人接听", "no answer" }
    why_busy { "忙", "busy" }
    why_failed { "未接通", "failed" }
    why_voicemail { "语音信箱", "voicemail" }
    why_unknown { "不明", "unknown" }

    status_pending { "待认定", "pending" }
    status_confirmed { "已认定", "confirmed" }
    status_waived { "已免除", "waived" }

    doubt_tie { "同一秒内有两人接听：取级别较高者，存疑", "two answered in the same second: the higher rank was taken, ambiguous" }
    doubt_by_roster { "按值班表认定", "by the desk's roster" }
    doubt_roster_hole { "值班表该时段无人：由部门负责人承办，存疑", "the roster has nobody at that time: the head handles it, ambiguous" }
    doubt_unknown_member { "由组接听，不知是哪一位：由组负责人承办，存疑", "a group answered, which member is not known: its lead handles it, ambiguous" }
    doubt_unmapped { "通讯录中没有这个分机：由兜底人承办，存疑", "the directory does not know the extension: the fallback handles it, ambiguous" }
    doubt_deduced { "接听分机由推断得出", "the answering extension was deduced" }
}

impl Say {
    /// What is not sure about a call, and what was done about it.
    pub fn doubt(self, doubt: Doubt) -> String {
        match doubt {
            Doubt::Tie => self.doubt_tie(),
            Doubt::ByRoster => self.doubt_by_roster(),
            Doubt::RosterHole => self.doubt_roster_hole(),
            Doubt::UnknownMember => self.doubt_unknown_member(),
            Doubt::Unmapped => self.doubt_unmapped(),
            Doubt::Deduced => self.doubt_deduced(),
        }
    }

    /// As what somebody is to call back, by the name that custody keeps.
    pub fn owed_as(self, how: &str) -> String {
        match how {
            "dialled" => self.owed_dialled(),
            "lead" => self.owed_lead(),
            "head" => self.owed_head(),
            "fallback" => self.owed_fallback(),
            other => other.to_owned(),
        }
    }

    /// How a call, or a leg of it, ended.
    pub fn disposition(self, disposition: Disposition) -> String {
        match disposition {
            Disposition::Answered => self.why_answered(),
            Disposition::NoAnswer => self.why_no_answer(),
            Disposition::Busy => self.why_busy(),
            Disposition::Failed => self.why_failed(),
            Disposition::Voicemail => self.why_voicemail(),
            Disposition::Unknown => self.why_unknown(),
        }
    }

    /// What became of a violation, by the name of its status.
    pub fn ruling(self, status: &str) -> String {
        match status {
            "pending" => self.status_pending(),
            "confirmed" => self.status_confirmed(),
            "waived" => self.status_waived(),
            other => other.to_owned(),
        }
    }
}

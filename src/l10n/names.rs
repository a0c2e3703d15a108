//! Names of states, outcomes, duties, deadlines in both languages, and the few sentences that count. Pure.

use super::{Lang, Say};
use crate::call::Certainty;
use crate::case::{CaseKind, CaseState, DeadlineKind, Duty, Outcome};
use crate::ids::CategoryId;

impl Say {
    pub(super) fn pick(self, zh: &'static str, en: &'static str) -> &'static str {
        match self.0 {
            Lang::Zh => zh,
            Lang::En => en,
        }
    }

    /// What is due.
    pub fn deadline(self, kind: DeadlineKind) -> &'static str {
        match kind {
            DeadlineKind::Register => self.pick("登记", "registration"),
            DeadlineKind::Relay => self.pick("转办", "relay"),
            DeadlineKind::Accept => self.pick("接收", "acceptance"),
            DeadlineKind::Contact => self.pick("联系来电人", "contact with the caller"),
            DeadlineKind::Close => self.pick("办结", "closing"),
            DeadlineKind::Redo => self.pick("重新办结", "closing again"),
            DeadlineKind::Feedback => self.pick("阶段反馈", "feedback"),
            DeadlineKind::Callback => self.pick("回电", "call-back"),
        }
    }

    /// Where a case stands.
    pub fn state(self, state: CaseState) -> &'static str {
        match state {
            CaseState::Open => self.pick("办理中", "open"),
            CaseState::Offered => self.pick("转办待接收", "offered"),
            CaseState::Waiting => self.pick("等待来电人", "waiting for the caller"),
            CaseState::Frozen => self.pick("待主管裁定", "frozen until the supervisor rules"),
            CaseState::Closed => self.pick("已办结", "closed"),
            CaseState::Void => self.pick("已作废", "void"),
        }
    }

    /// How a case was closed.
    pub fn outcome(self, outcome: Outcome) -> &'static str {
        match outcome {
            Outcome::Handled => self.pick("已办理", "Handled"),
            Outcome::Guided => self.pick("已引导", "Guided"),
            Outcome::Explained => self.pick("已解释", "Explained"),
            Outcome::Outside => self.pick("非本单位", "Not ours"),
            Outcome::CannotBeDone => self.pick("不能办理", "Can't be done"),
            Outcome::Unreachable => self.pick("联系不上", "Unreachable"),
            Outcome::NoMatter => self.pick("无事项", "No matter"),
            Outcome::Duplicate => self.pick("重复", "Duplicate"),
            Outcome::CalledBack => self.pick("已回电", "Called back"),
        }
    }

    /// When an outcome fits, in a few words under its name.
    pub fn outcome_hint(self, outcome: Outcome) -> &'static str {
        match outcome {
            Outcome::Handled => self.pick("事情办好了", "it is done"),
            Outcome::Guided => self.pick("告知了该找谁", "told whom to ask"),
            Outcome::Explained => self.pick("政策已说明", "rules explained"),
            Outcome::Outside => self.pick("已告知去向", "told where to go"),
            Outcome::CannotBeDone => self.pick("已说明理由", "reasons given"),
            Outcome::Unreachable => self.pick("多次未接通", "tried, no answer"),
            Outcome::NoMatter => self.pick("打错、骚扰等", "wrong number etc."),
            Outcome::Duplicate => self.pick("与另一件相同", "same as another"),
            Outcome::CalledBack => self.pick("已与来电人通话", "spoke to the caller"),
        }
    }

    /// Whose matter it is, as the one chooses whose it may be.
    pub fn duty(self, duty: Duty) -> &'static str {
        match duty {
            Duty::Own => self.pick("本岗职责", "My own"),
            Duty::Unit => self.pick("本科室职责", "My department's"),
            Duty::Other => self.pick("其他部门职责", "Another department's"),
            Duty::Outside => self.pick("外单位职责", "Another body's"),
            Duty::Unclear => self.pick("职责不清", "Unclear"),
        }
    }

    /// Whose matter it is, for those who read of it.
    pub fn whose(self, duty: Duty) -> &'static str {
        match duty {
            Duty::Own => self.pick("本岗职责", "the answerer's own"),
            Duty::Unit => self.pick("本科室职责", "their department's"),
            Duty::Other => self.pick("其他部门职责", "another department's"),
            Duty::Outside => self.pick("外单位职责", "another body's"),
            Duty::Unclear => self.pick("职责不清", "not clear"),
        }
    }

    /// Why lines are no text, with the way out; a cause that is not known is shown as it is.
    pub fn garbage_cause(self, cause: &str) -> &str {
        match cause {
            "even_parity" => self.pick(
                "7 位数据加偶校验被当作 8 位读取；请设 data_bits=7、parity=\"even\"（本机或串口服务器）",
                "7 data bits with even parity are read as 8; set data_bits=7 and parity=\"even\", here or at the terminal server",
            ),
            "odd_parity" => self.pick(
                "7 位数据加奇校验被当作 8 位读取；请设 data_bits=7、parity=\"odd\"（本机或串口服务器）",
                "7 data bits with odd parity are read as 8; set data_bits=7 and parity=\"odd\", here or at the terminal server",
            ),
            "high_bit" => self.pick(
                "字节的最高位不属于文字；请设 data_bits=7（本机或串口服务器）",
                "the highest bit of the bytes is not part of the text; set data_bits=7, here or at the terminal server",
            ),
            "speed" => self.pick(
                "速率不对，或线路有干扰；请核对 baud 与交换机的设置",
                "a wrong baud rate, or noise on the line; compare baud with what the switch is set to",
            ),
            other => other,
        }
    }

    /// What kind of matter; a category that only the site's policy knows keeps its own name.
    pub fn category(self, category: &CategoryId) -> String {
        let known = match category.as_str() {
            "inquiry" => self.pick("咨询", "Inquiry"),
            "service" => self.pick("办事", "Service"),
            "complex" => self.pick("复杂事项", "Complex"),
            "complaint" => self.pick("投诉", "Complaint"),
            own => own,
        };
        known.to_owned()
    }

    /// How sure the first answerer is.
    pub fn certainty(self, certainty: Certainty) -> &'static str {
        match certainty {
            Certainty::Certain => self.pick("确定", "certain"),
            Certainty::Likely => self.pick("大致确定", "likely"),
            Certainty::Ambiguous => self.pick("不确定，不计入个人考核", "not sure, never counts against you"),
        }
    }

    /// What gave rise to the case.
    pub fn kind(self, kind: CaseKind) -> &'static str {
        match kind {
            CaseKind::Call => self.pick("来电", "call"),
            CaseKind::Callback => self.pick("未接来电", "missed call"),
            CaseKind::Visit => self.pick("来访", "visit"),
        }
    }

    /// A label and what is to be said about it: `事项（请填写）`, `Matter: please fill this in`.
    pub fn labelled(self, label: impl std::fmt::Display, why: impl std::fmt::Display) -> String {
        match self.0 {
            Lang::Zh => format!("{label}（{why}）"),
            Lang::En => format!("{label}: {why}"),
        }
    }

    /// A label and a line about it: `办结：…`, `Closing: …`.
    pub fn labelled_line(self, label: impl std::fmt::Display, line: impl std::fmt::Display) -> String {
        match self.0 {
            Lang::Zh => format!("{label}：{line}"),
            Lang::En => format!("{label}: {line}"),
        }
    }

    /// `3 件`, `3 cases`.
    pub fn cases(self, n: usize) -> String {
        match (self.0, n) {
            (Lang::Zh, _) => format!("{n} 件"),
            (Lang::En, 1) => "1 case".to_owned(),
            (Lang::En, _) => format!("{n} cases"),
        }
    }

    /// How often: `2 次`, `twice`.
    pub fn times(self, n: u32) -> String {
        match (self.0, n) {
            (Lang::Zh, _) => format!("{n} 次"),
            (Lang::En, 1) => "once".to_owned(),
            (Lang::En, 2) => "twice".to_owned(),
            (Lang::En, _) => format!("{n} times"),
        }
    }

    /// Subject of a digest without its mark: `3 件，其中逾期 2 件`, `3 cases, 2 overdue`.
    pub fn digest(self, n: usize, overdue: usize) -> String {
        match (self.0, overdue) {
            (_, 0) => self.cases(n),
            (Lang::Zh, _) => format!("{n} 件，其中逾期 {overdue} 件"),
            (Lang::En, _) => format!("{}, {overdue} overdue", self.cases(n)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn english_counts_like_english() {
        let say = Say(Lang::En);
        assert_eq!(say.cases(1), "1 case");
        assert_eq!(say.cases(3), "3 cases");
        assert_eq!(say.times(2), "twice");
        assert_eq!(say.digest(3, 2), "3 cases, 2 overdue");
        assert_eq!(Say(Lang::Zh).digest(3, 2), "3 件，其中逾期 2 件");
        assert_eq!(Say(Lang::Zh).digest(3, 0), "3 件");
    }
}

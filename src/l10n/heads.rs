//! Headings and cells of the tables that commands print. Pure.
//!
//! **Not here**: columns of the report ([`super::report_words`]); JSON and sheets, whose names are the same everywhere.

use super::{Lang, Say};
use crate::call::{Certainty, Direction};
use crate::case::Happened;

impl Say {
    /// A heading; one that is not known is shown as it is.
    pub fn head(self, head: &str) -> &str {
        if self.0 == Lang::En {
            return head;
        }
        match head {
            "answered by" => "接听分机",
            "at" | "when" => "时间",
            "article" => "条款",
            "breached" => "已超期",
            "call" => "来电",
            "called" => "被叫",
            "caller" => "来电人",
            "case" => "首问责任记录",
            "channel" | "how" => "方式",
            "date" => "日期",
            "day" => "星期",
            "deadline" => "时限",
            "department" => "部门",
            "direction" => "方向",
            "dialect" => "话单格式",
            "directory entry" => "通讯录依据",
            "disposition" => "结果",
            "drift" => "时钟偏差",
            "due" => "截止",
            "duplicates" => "重复",
            "feed" => "话单源",
            "first answerer" => "首问责任人",
            "for" => "时限",
            "gaps" => "缺口",
            "handler" => "承办人",
            "hours" => "工作时间",
            "kind" => "类型",
            "last line" => "最近话单",
            "late" => "逾期",
            "leg" | "legs" => "通话段",
            "lines" => "原始话单",
            "matter" => "事项",
            "message" => "邮件",
            "met" => "完成",
            "name" => "名称",
            "next" => "下次发送",
            "no longer" => "不再适用",
            "notice" => "通知",
            "caller's name" => "来电人姓名",
            "opened" => "立记录时间",
            "outside" => "外单位",
            "partial" => "不完整",
            "pending" => "待处理",
            "person" => "人员",
            "phone" => "电话",
            "quarantined" => "无法识别",
            "rang again" => "再次来电",
            "reason" => "理由",
            "ring" => "振铃",
            "rung" => "督办层级",
            "sanction" => "处理",
            "skipped" => "跳过",
            "start" => "开始",
            "state" | "status" => "状态",
            "station" => "分机",
            "subject" => "主题",
            "sure" => "确定程度",
            "talk" => "通话时长",
            "to" => "收件人",
            "transport" => "接入方式",
            "tries" => "次数",
            "violation" => "违反首问责任",
            "what" => "内容",
            "who" => "谁",
            "why" => "原因",
            "yes" => "是",
            other => other,
        }
    }

    /// Which way a call went.
    pub fn direction(self, direction: Direction) -> &'static str {
        match direction {
            Direction::Incoming => self.pick("呼入", "incoming"),
            Direction::Outgoing => self.pick("呼出", "outgoing"),
            Direction::Internal => self.pick("内部", "internal"),
        }
    }

    /// How sure it is who answered first, in a word.
    pub fn sure(self, certainty: Certainty) -> &'static str {
        match certainty {
            Certainty::Certain => self.pick("确定", "certain"),
            Certainty::Likely => self.pick("大致确定", "likely"),
            Certainty::Ambiguous => self.pick("不确定", "ambiguous"),
        }
    }

    /// A case whose call is not over yet.
    pub fn draft(self) -> &'static str {
        self.pick("未定", "draft")
    }

    /// What a notice tells that is no deadline.
    pub fn happened(self, what: Happened) -> &'static str {
        match what {
            Happened::Offered => self.pick("转办待接收", "offered"),
            Happened::Assigned => self.pick("指派", "assigned"),
            Happened::PutThrough => self.pick("转接", "put through"),
            Happened::Returned => self.pick("退回", "returned"),
            Happened::Bounced => self.pick("无人接收", "not accepted"),
            Happened::Hot => self.pick("热点", "marked as hot"),
            Happened::ToRule => self.pick("待裁定或批准", "to be ruled on"),
            Happened::Declined => self.pick("未获批准", "declined"),
            Happened::Approved => self.pick("已批准", "approved"),
            Happened::GivenAway => self.pick("已改由他人承办", "given to somebody else"),
            Happened::Confirmed => self.pick("认定", "confirmed"),
            Happened::Waived => self.pick("免予追究", "waived"),
            Happened::Corrected => self.pick("首问责任人更正", "first answerer corrected"),
        }
    }

    /// Why a notice was not sent; a mail server's words are shown as they are.
    pub fn notice_why(self, why: &str) -> &str {
        match why {
            "the case was closed before" => self.pick("此前已办结或作废", "the case was closed before"),
            "it is no longer so" => self.pick("情况已变，无需再通知", "what it tells has changed since"),
            "the deadline moved" => self.pick("时限已变更", "the deadline moved"),
            "it was met before" => self.pick("此前已按时限办理", "it was met before"),
            "the case has another handler now" => self.pick("已换承办人", "the case has another handler now"),
            "others are told of it now" => self.pick("已改为通知其他人", "others are told of it now"),
            "the case waits for the caller" => self.pick("正在等待来电人", "the case waits for the caller"),
            other => other,
        }
    }

    /// How a message or a notice stands, what a day is, who or what wrote an event; a word that is not known is shown as it is.
    pub fn standing(self, word: &str) -> &str {
        if self.0 == Lang::En {
            return word;
        }
        match word {
            "waiting" => "待发送",
            "begun" => "发送中",
            "sent" => "已发送",
            "failed" => "未送达",
            "held" => "暂停发送",
            "skipped" => "不再需要",
            "replaced" => "已重写",
            "working" => "工作日",
            "day_off" => "休息日",
            "holiday" => "节假日",
            "make_up" => "调休上班",
            "switch" => "交换机",
            "clock" => "计时",
            "admin" => "管理员",
            "feed" => "话单",
            "cli" => "命令行",
            "page" => "网页",
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_notice_tells_and_why_it_fell_out_is_in_words() {
        let (zh, en) = (Say(Lang::Zh), Say(Lang::En));
        assert_eq!(zh.happened(Happened::ToRule), "待裁定或批准");
        assert_eq!(en.happened(Happened::ToRule), "to be ruled on");
        assert_eq!(zh.notice_why("it is no longer so"), "情况已变，无需再通知");
        assert_eq!(en.notice_why("it is no longer so"), "what it tells has changed since");
        assert_eq!(zh.notice_why("550 no such user"), "550 no such user");
    }
}

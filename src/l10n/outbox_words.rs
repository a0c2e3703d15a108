//! Sentences of `outbox list` and `outbox retry`.

use super::{Lang, Say, catalogue};

catalogue! { OUTBOX;
    outbox_caretaker { "管理员", "the administrator" }
    outbox_held(why) { "所有邮件已暂停发送：{why}；运行 firstanswer outbox retry 后发送", "all mail is held: {why}; `firstanswer outbox retry` lets it go" }
    outbox_dead(address, when, why) { "{address} 自 {when} 起拒收邮件：{why}", "{address} takes no mail since {when}: {why}" }
    outbox_retried(count) { "重新发送 {count} 封邮件", "{count} messages are tried again" }
    outbox_until(when) { "，到 {when}", ", until {when}" }
    outbox_read_by(name) { "，由 {name} 收阅", ", read by {name}" }
    waits_window { "等待一并发送的其他通知（digest_window）", "for others to go with (digest window)" }
    waits_cap { "收件人当天的邮件已达上限（mail.cap_per_day）", "the reader has had the day's share (mail.cap_per_day)" }
    waits_quiet { "收件人的免打扰时间", "the reader's quiet hours" }
    waits_retry { "随发给同一收件人、正在重试的邮件一起发送", "they go with the message to the same reader that is tried again" }
    waits_server { "邮件服务器有故障", "the mail server is in trouble" }
    waits_release { "所有邮件已暂停发送", "all mail is held" }
    waits_mailbox { "可通知的人都没有能收信的邮箱：请更正通讯录，或运行 firstanswer outbox retry", "nobody in reach has a mailbox that takes mail: mend the directory, or say `firstanswer outbox retry`" }
    waits_turn { "即将发送", "they are about to go" }
}

impl Say {
    /// How many notices wait for whom, who reads them, why, until when.
    pub fn outbox_waits(self, count: i64, whom: &str, read: &str, why: &str, until: &str) -> String {
        match (self.0, count) {
            (Lang::Zh, _) => format!("{whom} 有 {count} 条通知待发{read}：{why}{until}"),
            (Lang::En, 1) => format!("1 notice waits for {whom}{read}: {why}{until}"),
            (Lang::En, _) => format!("{count} notices wait for {whom}{read}: {why}{until}"),
        }
    }
}

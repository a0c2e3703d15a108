//! Sentences below the table of `feed status`. What the register keeps in English (holes, what happened to a feed) is
//! read again for a Chinese reader, as [`super::entry`] does with the directory's entries. Pure.
//!
//! **Invariants.** Names, numbers and what a system said stay as they are; what is not understood stays English.

use super::{Lang, Say, catalogue};

catalogue! { FEED;
    feed_drift(seconds) { "{seconds} 秒", "{seconds} s" }
    feed_faults(breaks, bad, lost) { "中断信号 {breaks} 次，校验或帧错误 {bad} 字节，丢失 {lost} 字节", "{breaks} breaks, {bad} bytes with a parity or framing error, {lost} bytes lost" }
    feed_gap(from, to, why) { "最近的缺口：{from} 至 {to}，{why}", "last gap {from} to {to}: {why}" }
    feed_gap_missing(from, to, why, calls) { "最近的缺口：{from} 至 {to}，{why}，缺 {calls} 个来电", "last gap {from} to {to}: {why}, {calls} calls missing" }
    feed_unmapped { "接听过来电、但通讯录中没有的分机：", "extensions that answered and that the directory does not know:" }
    feed_unmapped_one(extension, calls, when) { "{extension}  {calls} 个来电，最近 {when}", "{extension}  {calls} calls, last {when}" }
    alarm_since(when, what) { "告警，自 {when} 起：{what}", "alarm since {when}: {what}" }
}

/// How many lines were judged, the best score, and the reason in English.
type Found<'a> = (usize, f64, &'a str);

impl Say {
    /// What a feed is doing.
    pub fn feed_state(self, word: &str) -> &str {
        if self.0 == Lang::En {
            return word;
        }
        match word {
            "removed" => "已移除",
            "stopped" => "未运行",
            "connected" => "已连接",
            "silent" => "没有数据",
            "listening" => "等待连接",
            "connecting" => "正在连接",
            "waiting" => "等待重试",
            "login_refused" => "登录被拒",
            other => other,
        }
    }

    /// The lines look like another dialect than they are read as.
    pub fn feed_read_wrong(self, dialect: &str, seen: &str, (lines, score, why): Found<'_>) -> String {
        match self.0 {
            Lang::Zh => format!("按 {dialect} 读取，但最近的 {lines} 行更像 {seen}（得分 {score}）"),
            Lang::En => format!("read as {dialect}, but its latest lines look like {seen}: {why}"),
        }
    }

    /// `auto` has not decided.
    pub fn feed_undecided(self, (lines, score, why): Found<'_>) -> String {
        match self.0 {
            Lang::Zh => format!("尚未确定话单格式：最近的 {lines} 行没有明显像哪一种（最高得分 {score}）"),
            Lang::En => format!("no dialect yet: {why}"),
        }
    }

    /// Why there is a hole in what a feed gave us, as the register keeps it.
    pub fn gap_why(self, why: &str) -> String {
        let chinese = || {
            let now = why
                .strip_prefix("nothing was connected; then ")
                .and_then(|rest| rest.strip_suffix(" connected"));
            // As older versions wrote it.
            let peer = now.or_else(|| why.strip_prefix("nothing was connected until "));
            if let Some(peer) = peer {
                return Some(format!("{peer} 连上之前没有任何连接"));
            }
            let (from, to) = why
                .strip_prefix("the switch's call numbers go from ")?
                .split_once(" to ")?;
            Some(format!("交换机的来电编号从 {from} 跳到 {to}"))
        };
        self.read_again(why, chinese)
    }

    /// What happened to a feed as a whole, as the register keeps it.
    pub fn feed_event(self, text: &str) -> String {
        let chinese = || {
            if let Some(why) = text.strip_prefix("lines are lost: ") {
                return Some(format!("原始话单丢失：{why}"));
            }
            let (dialects, rest) = text.strip_prefix("`auto` decides anew: ")?.split_once(", for ")?;
            let (new, old) = dialects.split_once(" instead of ")?;
            let (unread, rest) = rest.split_once(" of the last ")?;
            let (lines, _) = rest.split_once(" lines were not understood")?;
            Some(format!(
                "auto 重新判定：由 {old} 改为 {new}，因为最近的 {lines} 行中有 {unread} 行无法识别"
            ))
        };
        self.read_again(text, chinese)
    }

    fn read_again(self, english: &str, chinese: impl FnOnce() -> Option<String>) -> String {
        let chinese = match self.0 {
            Lang::Zh => chinese(),
            Lang::En => None,
        };
        chinese.unwrap_or_else(|| english.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_register_keeps_in_english_is_read_again() {
        let zh = Say(Lang::Zh);
        assert_eq!(
            zh.gap_why("nothing was connected until 10.0.0.7"),
            "10.0.0.7 连上之前没有任何连接"
        );
        assert_eq!(
            zh.gap_why("nothing was connected; then 10.0.0.7:21003 connected"),
            "10.0.0.7:21003 连上之前没有任何连接"
        );
        assert_eq!(
            zh.gap_why("the switch's call numbers go from 7 to 12"),
            "交换机的来电编号从 7 跳到 12"
        );
        assert_eq!(
            zh.feed_event("lines are lost: 40 bytes came faster than they could be stored"),
            "原始话单丢失：40 bytes came faster than they could be stored"
        );
        assert_eq!(
            zh.feed_event(
                "`auto` decides anew: mitel instead of avaya, for 120 of the last 200 lines were not understood; \
                 mitel scores 1 over 200 lines; no other dialect fits any"
            ),
            "auto 重新判定：由 avaya 改为 mitel，因为最近的 200 行中有 120 行无法识别"
        );
        assert_eq!(zh.gap_why("something new"), "something new");
        assert_eq!(
            Say(Lang::En).gap_why("nothing was connected until 10.0.0.7"),
            "nothing was connected until 10.0.0.7"
        );
    }
}

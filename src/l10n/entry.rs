//! The directory's entries in words. The directory writes each down as one English line with its place in the file,
//! and the register keeps that line with the call; here it is read again for a Chinese reader. Pure.
//!
//! ```text
//! 8000 → desk front since 2026-01-01, roster mon-fri 08:30-12:00: wang (directory.toml:21)
//! 8000 → 值班岗 front，自 2026-01-01 起，值班表 周一至周五 08:30-12:00：wang（directory.toml:21）
//! ```
//! **Invariants.** Ids, dates and the place in the file stay as they are; what is not understood stays English.

use super::{Lang, Say};

impl Say {
    /// A line that [`crate::directory`] wrote as the reason for a holder.
    pub fn entry(self, rule: &str) -> String {
        match self.0 {
            Lang::En => rule.to_owned(),
            Lang::Zh => chinese(rule).unwrap_or_else(|| rule.to_owned()),
        }
    }
}

fn chinese(rule: &str) -> Option<String> {
    if rule == "the line names no extension" {
        return Some("话单没有写明分机".to_owned());
    }
    if let Some(ext) = rule.strip_suffix(" is not in the directory") {
        return Some(format!("通讯录中没有 {ext}"));
    }
    // The place in the file stands in brackets, at the end or before what follows from it.
    let (head, rest) = rule.rsplit_once(" (")?;
    let (place, after) = rest.split_once(')')?;
    let head = match head.split_once(" → ") {
        Some((whose, what)) => format!("{} → {}", key(whose), held(what)?),
        None => was(head)?,
    };
    Some(format!("{head}（{place}）{}", after_place(after)?))
}

/// `agent 12`, `8021 on hall`.
fn key(whose: &str) -> String {
    let (whose, feed) = match whose.split_once(" on ") {
        Some((whose, feed)) => (whose, format!("（话单源 {feed}）")),
        None => (whose, String::new()),
    };
    match whose.strip_prefix("agent ") {
        Some(code) => format!("坐席 {code}{feed}"),
        None => format!("{whose}{feed}"),
    }
}

/// What stands behind the arrow: who or what, since when, and by which row of the roster.
fn held(what: &str) -> Option<String> {
    let (what, roster) = match what.split_once(", roster ") {
        Some((what, row)) => {
            let (days, person) = row.rsplit_once(": ")?;
            (what, format!("，值班表 {}：{person}", days_words(days)))
        }
        None => match what.split_once(", nobody on the roster ") {
            Some((what, hole)) => {
                let (when, who) = hole.rsplit_once(": ")?;
                let (person, why) = who.split_once(", ")?;
                let why = match why.strip_prefix("head of ") {
                    Some(department) => format!(" {department} 的负责人"),
                    None => "兜底人".to_owned(),
                };
                (
                    what,
                    format!("，{} 值班表无人：由{why} {person} 承办", days_words(when)),
                )
            }
            None => (what, String::new()),
        },
    };
    let (what, period) = period(what);
    let (what, no_lead) = match what.split_once(", no lead: ") {
        Some((what, who)) => {
            let person = who.strip_suffix(", the fallback")?;
            (what, format!("，没有组负责人：由兜底人 {person} 承办"))
        }
        None => (what, String::new()),
    };
    Some(format!("{}{no_lead}{period}{roster}", thing(what)))
}

/// `since 2026-01-01 until 2026-07-01`, cut off the end.
fn period(what: &str) -> (&str, String) {
    let (what, until) = match what.rsplit_once(" until ") {
        Some((what, day)) => (what, format!("，到 {day} 前")),
        None => (what, String::new()),
    };
    match what.rsplit_once(" since ") {
        Some((what, day)) => (what, format!("，自 {day} 起{until}")),
        None => (what, until),
    }
}

fn thing(what: &str) -> String {
    let (what, lead) = match what.split_once(", lead ") {
        Some((what, lead)) => (what, format!("，负责人 {lead}")),
        None => (what, String::new()),
    };
    let named = what.strip_prefix("desk ").map(|desk| format!("值班岗 {desk}"));
    let group = || {
        what.strip_prefix("group of ")
            .map(|members| format!("分机组 {}", members.replace(", ", "、")))
    };
    let named = named.or_else(group).unwrap_or_else(|| {
        let machine = match what {
            "queue" => "排队机",
            "ivr" => "语音导航",
            "voicemail" => "语音信箱",
            "fax" => "传真机",
            "machine" => "自动设备",
            person => person,
        };
        machine.to_owned()
    });
    format!("{named}{lead}")
}

/// An extension whose rows do not hold on that day.
fn was(head: &str) -> Option<String> {
    if let Some((ext, rest)) = head.split_once(" was ") {
        let (what, day) = rest.split_once("'s until ")?;
        return Some(format!("{ext} 到 {day} 前属于 {}", thing(what)));
    }
    if let Some((ext, rest)) = head.split_once(" is in the directory for feed ") {
        let feed = rest.strip_suffix(" only")?;
        return Some(format!("通讯录中只有话单源 {feed} 的 {ext}"));
    }
    let (ext, rest) = head.split_once(" is ")?;
    let (what, day) = rest.split_once("'s from ")?;
    let day = day.strip_suffix(" on")?;
    Some(format!("{ext} 自 {day} 起属于 {}", thing(what)))
}

fn after_place(after: &str) -> Option<String> {
    Some(match after {
        "" => String::new(),
        "; nobody since" => "，此后无人".to_owned(),
        "; nobody before" => "，此前无人".to_owned(),
        other => format!("，{} 前无人", other.strip_prefix("; nobody until ")?),
    })
}

/// `mon-fri 08:30-12:00`, `Sun 2026-10-11 09:00`: the names of days alone are translated.
fn days_words(text: &str) -> String {
    let day = |word: &str| {
        let names = [
            ("mon", "周一"),
            ("tue", "周二"),
            ("wed", "周三"),
            ("thu", "周四"),
            ("fri", "周五"),
            ("sat", "周六"),
            ("sun", "周日"),
        ];
        let lower = word.to_ascii_lowercase();
        let found = names.iter().find(|(name, _)| *name == lower);
        found.map(|(_, zh)| (*zh).to_owned())
    };
    let word = |word: &str| {
        let span = word
            .split_once('-')
            .and_then(|(from, to)| Some(format!("{}至{}", day(from)?, day(to)?)));
        span.or_else(|| day(word)).unwrap_or_else(|| word.to_owned())
    };
    text.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One of each shape that the directory's own tests name.
    #[test]
    fn every_shape_of_an_entry_in_chinese() {
        for (en, zh) in [
            (
                "8021 → wang since 2024-03-01 until 2026-07-01 (directory.toml:12)",
                "8021 → wang，自 2024-03-01 起，到 2026-07-01 前（directory.toml:12）",
            ),
            ("8022 on hall → liu (d.toml:3)", "8022（话单源 hall） → liu（d.toml:3）"),
            (
                "agent 12 → liu until 2026-07-01 (d.toml:3)",
                "坐席 12 → liu，到 2026-07-01 前（d.toml:3）",
            ),
            (
                "8000 → desk front, roster mon-fri 08:30-12:00: wang (d.toml:9)",
                "8000 → 值班岗 front，值班表 周一至周五 08:30-12:00：wang（d.toml:9）",
            ),
            (
                "8000 → desk front, nobody on the roster Sun 2026-10-11 09:00: li, head of permits (d.toml:9)",
                "8000 → 值班岗 front，周日 2026-10-11 09:00 值班表无人：由 permits 的负责人 li 承办（d.toml:9）",
            ),
            (
                "8500 → queue, lead li (d.toml:9)",
                "8500 → 排队机，负责人 li（d.toml:9）",
            ),
            (
                "8600 → group of 8021, 8022, no lead: li, the fallback (d.toml:9)",
                "8600 → 分机组 8021、8022，没有组负责人：由兜底人 li 承办（d.toml:9）",
            ),
            (
                "8021 was wang's until 2026-07-01 (d.toml:9); nobody since",
                "8021 到 2026-07-01 前属于 wang（d.toml:9），此后无人",
            ),
            (
                "8021 was wang's until 2026-07-01 (d.toml:9); nobody until 2026-08-01",
                "8021 到 2026-07-01 前属于 wang（d.toml:9），2026-08-01 前无人",
            ),
            (
                "8021 is liu's from 2026-07-01 on (d.toml:9); nobody before",
                "8021 自 2026-07-01 起属于 liu（d.toml:9），此前无人",
            ),
            (
                "8021 is in the directory for feed hall only (d.toml:9)",
                "通讯录中只有话单源 hall 的 8021（d.toml:9）",
            ),
            ("8099 is not in the directory", "通讯录中没有 8099"),
            ("the line names no extension", "话单没有写明分机"),
        ] {
            assert_eq!(Say(Lang::Zh).entry(en), zh);
            assert_eq!(Say(Lang::En).entry(en), en);
        }
    }

    #[test]
    fn what_is_not_understood_stays_as_it_is() {
        for text in ["", "-", "8021 → (", "x (y", "8021 was (d)"] {
            assert_eq!(Say(Lang::Zh).entry(text), text);
        }
    }
}

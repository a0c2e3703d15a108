//! `case why`: the evidence behind a case, from raw lines to due dates.

use std::io::Write;

use serde_json::{Value, json};

use super::case::ShowArgs;
use super::screen::{safe, safe_json};
use super::session::Session;
use super::{call, tables};
use crate::call::Doubt;
use crate::case::Case;
use crate::directory::Lang;
use crate::l10n::Say;

/// Prints the evidence, as JSON or as sentences.
///
/// # Errors
/// The database can't be read.
pub fn print(session: &Session, case: &Case, args: &ShowArgs, out: &mut dyn Write) -> anyhow::Result<()> {
    let call = case.call.map(|id| session.reader.call(id)).transpose()?.flatten();
    let evidence = call.as_ref().map(|call| call::details(session, call)).transpose()?;
    if args.json {
        let value = json!({
            "case": super::case::details(session, case, args.reveal)?,
            "call": evidence,
            "rule": call.as_ref().and_then(|call| call.found.clone()),
            "certainty": case.certainty,
            "doubts": call.as_ref().map(|call| call.doubts.clone()).unwrap_or_default(),
        });
        writeln!(out, "{}", safe_json(value.to_string()))?;
        return Ok(());
    }
    let zh = session.lang() == Lang::Zh;
    let say = Say(session.lang());
    let legs = evidence
        .as_ref()
        .and_then(|v| v.get("leg_records"))
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    let text = |row: &Value, key: &str| {
        row.get(key)
            .and_then(Value::as_str)
            .map_or_else(|| "-".to_owned(), safe)
    };
    writeln!(out, "#{}", case.id)?;
    writeln!(
        out,
        "{}",
        if zh {
            "交换机的原始话单："
        } else {
            "what the switch printed:"
        }
    )?;
    for leg in &legs {
        writeln!(out, "  {}  {}", text(leg, "received_at"), text(leg, "raw"))?;
    }
    writeln!(out, "{}", if zh { "读作：" } else { "read as:" })?;
    for (index, leg) in legs.iter().enumerate() {
        let (station, answered) = (text(leg, "station"), text(leg, "answered_by"));
        let (disposition, rule) = (text(leg, "disposition"), text(leg, "held_by_rule"));
        if zh {
            let disposition = disposition_zh(&disposition);
            writeln!(
                out,
                "  第 {} 段：分机 {station}，{disposition}，接听 {answered}；{rule}",
                index + 1
            )?;
        } else {
            writeln!(
                out,
                "  leg {}: station {station}, {disposition}, answered by {answered}; {rule}",
                index + 1
            )?;
        }
    }
    let first = tables::person(session, case.first_answerer.as_ref());
    let sure = say.certainty(case.certainty);
    let rule = call
        .as_ref()
        .and_then(|call| call.found.as_deref())
        .map_or_else(|| "-".to_owned(), safe);
    if zh {
        writeln!(out, "首问责任人：{first}（{sure}），依据：{rule}")?;
    } else {
        writeln!(out, "first answerer: {first} ({sure}), by the directory entry: {rule}")?;
    }
    for doubt in call.iter().flat_map(|call| &call.doubts) {
        writeln!(out, "  {}", doubt_words(*doubt, zh))?;
    }
    if case.clock_flagged {
        let words = if zh {
            "交换机的时钟超前两分钟以上：时限从收到话单减去通话时长起算"
        } else {
            "the switch's clock is more than two minutes ahead: deadlines run from receipt minus talk"
        };
        writeln!(out, "  {words}")?;
    }
    let handler = tables::person_name(session, &case.handler);
    writeln!(out, "{}{handler}", if zh { "承办人：" } else { "handler: " })?;
    writeln!(out, "{}", if zh { "时限：" } else { "deadlines:" })?;
    for deadline in &case.deadlines {
        writeln!(
            out,
            "  {}: {}{}",
            say.deadline(deadline.kind),
            safe(say.of(&deadline.why)),
            match (deadline.dropped, zh) {
                (false, _) => "",
                (true, true) => "（已不再计）",
                (true, false) => " (no longer counts)",
            }
        )?;
    }
    for undated in &case.undated {
        writeln!(out, "  {}: {}", say.deadline(undated.kind), safe(say.of(&undated.why)))?;
    }
    Ok(())
}

fn disposition_zh(disposition: &str) -> &str {
    match disposition {
        "answered" => "已接听",
        "no_answer" => "无人接听",
        "busy" => "忙",
        "failed" => "未接通",
        "voicemail" => "语音信箱",
        "unknown" => "不明",
        other => other,
    }
}

fn doubt_words(doubt: Doubt, zh: bool) -> &'static str {
    match (doubt, zh) {
        (Doubt::Tie, true) => "同一秒内有两人接听：取级别较高者，存疑",
        (Doubt::Tie, false) => "two answered in the same second: the higher rank was taken, ambiguous",
        (Doubt::ByRoster, true) => "按值班表认定",
        (Doubt::ByRoster, false) => "by the desk's roster",
        (Doubt::RosterHole, true) => "值班表该时段无人：由部门负责人承办，存疑",
        (Doubt::RosterHole, false) => "the roster has nobody at that time: the head handles it, ambiguous",
        (Doubt::UnknownMember, true) => "由组接听，不知是哪一位：由组负责人承办，存疑",
        (Doubt::UnknownMember, false) => "a group answered, which member is not known: its lead handles it, ambiguous",
        (Doubt::Unmapped, true) => "目录中没有这个分机：由兜底人承办，存疑",
        (Doubt::Unmapped, false) => "the directory does not know the extension: the fallback handles it, ambiguous",
        (Doubt::Deduced, true) => "接听分机由推断得出",
        (Doubt::Deduced, false) => "the answering extension was deduced",
    }
}

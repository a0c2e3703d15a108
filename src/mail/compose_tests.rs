//! What a composed mail holds, read back by an independent parser.

#![allow(clippy::unwrap_used)]

use jiff::Timestamp;
use jiff::tz::TimeZone;
use mail_parser::{Message as Parsed, MessageParser};

use super::*;
use crate::call::Certainty;
use crate::case::{DeadlineKind, Happened, Words};
use crate::directory::Lang;
use crate::ids::CaseId;
use crate::mail::{About, Item, Party, Role, WhyYou};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn item(id: i64) -> Item {
    Item {
        case: CaseId::new(id),
        about: About::Deadline(DeadlineKind::Register),
        rung: 1,
        overdue: true,
        matter: None,
        why_you: WhyYou {
            role: Role::Answered,
            instead_of: None,
            extension: Some("8021".into()),
            at: at("2026-03-05T06:12:00Z"),
            certainty: Certainty::Certain,
        },
        due_at: Some(at("2026-03-05T09:30:00Z")),
        due_kind: Some(DeadlineKind::Register),
        due_why: Some(Words {
            zh: "3月5日（周四）14:12 接听；当日下班前 → 3月5日 17:30".into(),
            en: "answered Thu 5 Mar 14:12; end of that day → due Thu 5 Mar 17:30".into(),
        }),
        also_happened: Vec::new(),
        missed: false,
        also_due: vec![],
        chases: 2,
        number_masked: Some("138****5678".into()),
        by: None,
        said: None,
        called_number: None,
        talk_seconds: None,
        caller_name: Some("李女士".into()),
        first_answerer: Some(Party {
            name: "王芳".into(),
            phone: Some("8021".into()),
        }),
        handler: Party {
            name: "刘洋".into(),
            phone: Some("8022".into()),
        },
        url: format!("https://fa.example.org/t/token-{id}"),
    }
}

fn letter(lang: Lang, items: Vec<Item>) -> Letter {
    Letter {
        to: Addressee {
            name: "王芳".into(),
            address: "wang@x.cn".into(),
            lang,
        },
        from: "fa@localhost".into(),
        message_id: "m-77.1@fa.example.org".into(),
        host: "fa.example.org".into(),
        items,
        list_url: "https://fa.example.org/t/token-list".into(),
        now: at("2026-03-05T09:31:00Z"),
        zone: TimeZone::get("Asia/Shanghai").unwrap(),
    }
}

/// Composes and hands the parsed message to a check.
#[track_caller]
fn check(letter: &Letter, look: impl FnOnce(&Parsed<'_>)) {
    let bytes = compose(letter).unwrap();
    look(&MessageParser::default().parse(&bytes).unwrap());
}

fn header_names(letter: &Letter) -> Vec<String> {
    let bytes = compose(letter).unwrap();
    let parsed = MessageParser::default().parse(&bytes).unwrap();
    parsed.headers().iter().map(|h| h.name().to_owned()).collect()
}

#[test]
fn subjects_are_as_promised() {
    check(&letter(Lang::Zh, vec![item(12)]), |mail| {
        assert_eq!(mail.subject(), Some("[首问] 逾期 #12 138****5678 3月5日 17:30"));
    });
    check(&letter(Lang::En, vec![item(12)]), |mail| {
        assert_eq!(
            mail.subject(),
            Some("[First answer] Overdue #12 138****5678 5 Mar 17:30")
        );
    });
    let soon = Item {
        overdue: false,
        rung: 0,
        ..item(3)
    };
    check(&letter(Lang::Zh, vec![soon, item(12)]), |mail| {
        assert_eq!(mail.subject(), Some("[首问] 2 件，其中逾期 1 件"));
    });
    let offered = Item {
        about: About::Happened(Happened::Offered),
        due_at: None,
        number_masked: None,
        ..item(9)
    };
    check(&letter(Lang::En, vec![offered]), |mail| {
        assert_eq!(mail.subject(), Some("[First answer] Offered to you #9 number withheld"));
    });
}

#[test]
fn f52_headers_say_that_a_machine_wrote_it() {
    check(&letter(Lang::Zh, vec![item(12)]), |mail| {
        let raw = |name: &str| mail.header_raw(name).map(|text| text.trim().to_owned());
        assert_eq!(raw("Auto-Submitted").as_deref(), Some("auto-generated"));
        assert_eq!(raw("X-Auto-Response-Suppress").as_deref(), Some("All"));
        assert_eq!(raw("References").as_deref(), Some("<case-12@fa.example.org>"));
        assert_eq!(raw("Message-ID").as_deref(), Some("<m-77.1@fa.example.org>"));
        assert_eq!(mail.date().unwrap().to_rfc3339(), "2026-03-05T09:31:00Z");
        assert_eq!(mail.to().unwrap().first().unwrap().address(), Some("wang@x.cn"));
        assert_eq!(mail.to().unwrap().first().unwrap().name(), Some("王芳"));
    });
}

#[test]
fn the_same_letter_is_the_same_bytes() {
    let letter = letter(Lang::Zh, vec![item(12), item(13)]);
    assert_eq!(compose(&letter).unwrap(), compose(&letter).unwrap());
}

#[test]
fn both_parts_tell_everything() {
    check(&letter(Lang::Zh, vec![item(12)]), |mail| {
        let text = mail.body_text(0).unwrap();
        let html = mail.body_html(0).unwrap();
        for told in [
            "尚未登记",
            "8021",
            "3月5日（周四）14:12",
            "当日下班前 → 3月5日 17:30",
            "2 次",
            "王芳 8021",
            "刘洋 8022",
            "138****5678 李女士",
            "确定",
            "https://fa.example.org/t/token-12",
            "https://fa.example.org/t/token-list",
        ] {
            let squeezed: String = text.split_whitespace().collect();
            let wanted: String = told.split_whitespace().collect();
            assert!(squeezed.contains(&wanted), "text lacks {told}:\n{text}");
            assert!(html.contains(told), "HTML lacks {told}");
        }
    });
}

#[test]
fn the_most_overdue_comes_first_each_with_its_link() {
    let older = Item {
        due_at: Some(at("2026-03-04T09:30:00Z")),
        ..item(20)
    };
    let ahead = Item {
        overdue: false,
        due_at: Some(at("2026-03-01T09:30:00Z")),
        ..item(5)
    };
    check(&letter(Lang::En, vec![ahead, item(12), older]), |mail| {
        for body in [mail.body_text(0).unwrap(), mail.body_html(0).unwrap()] {
            let place = |id: i64| body.find(&format!("/t/token-{id}")).unwrap();
            assert!(place(20) < place(12) && place(12) < place(5), "{body}");
            assert!(body.contains("/t/token-list"));
        }
        let references = mail.header_raw("References").unwrap();
        for id in [5, 12, 20] {
            assert!(
                references.contains(&format!("<case-{id}@fa.example.org>")),
                "{references}"
            );
        }
    });
}

/// Threat: e-mail header injection.
#[test]
fn hostile_names_add_no_header() {
    let plain = header_names(&letter(Lang::Zh, vec![item(12)]));
    for hostile in [
        "x\r\nBcc: all@x.cn",
        "x\nBcc: all@x.cn",
        "x\rBcc: all@x.cn",
        "x\r\n\r\n<html>",
        "\0\u{1b}[31m\u{7f}\u{85}\u{2028}Bcc: all@x.cn",
        "=?utf-8?B?DQpCY2M6IGFsbEB4LmNu?=",
        "王\r\nBcc: all@x.cn",
        "\u{202e}gro.live",
        &"长".repeat(3_000),
    ] {
        let mut nasty = item(12);
        nasty.number_masked = Some(hostile.to_owned());
        nasty.caller_name = Some(hostile.to_owned());
        nasty.matter = Some(hostile.to_owned());
        nasty.handler.name = hostile.to_owned();
        nasty.why_you.extension = Some(hostile.to_owned());
        let mut nasty = letter(Lang::Zh, vec![nasty]);
        nasty.to.name = hostile.to_owned();
        nasty.host = format!("fa.example.org{hostile}");
        nasty.message_id = format!("m-1@x{hostile}");
        assert_eq!(header_names(&nasty), plain, "{hostile:?}");
        check(&nasty, |mail| {
            let subject = mail.subject().unwrap();
            assert!(!subject.contains(|c: char| c.is_control()), "{subject:?}");
            assert!(mail.bcc().is_none());
            let to = mail.to().unwrap();
            assert_eq!(to.iter().count(), 1);
            assert_eq!(to.first().unwrap().address(), Some("wang@x.cn"));
        });
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]

    /// Threat: e-mail header injection, by anything at all: the same fields, each line a field or its continuation, and
    /// one reader.
    #[test]
    fn header_injection_no_text_changes_the_set_of_fields(
        hostile in r"([\r\n\x00-\x1f\x7f\u{80}-\u{9f}\u{2028}<>:;,=?@]|Bcc: |[a-z]|\PC){0,60}",
        english in proptest::prelude::any::<bool>(),
    ) {
        let lang = if english { Lang::En } else { Lang::Zh };
        let mut nasty = item(12);
        nasty.number_masked = Some(hostile.clone());
        nasty.caller_name = Some(hostile.clone());
        nasty.matter = Some(hostile.clone());
        nasty.handler.name = hostile.clone();
        nasty.first_answerer = Some(Party { name: hostile.clone(), phone: Some(hostile.clone()) });
        nasty.why_you.extension = Some(hostile.clone());
        nasty.why_you.instead_of = Some(hostile.clone());
        nasty.due_why = Some(Words { zh: hostile.clone(), en: hostile.clone() });
        let mut nasty = letter(lang, vec![nasty]);
        nasty.to.name = hostile.clone();
        let bytes = compose(&nasty).unwrap();
        let head = bytes.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
        let head = std::str::from_utf8(&bytes[..head]).unwrap();
        let names: Vec<&str> = head
            .split("\r\n")
            .filter(|line| !line.starts_with([' ', '\t']))
            .map(|line| line.split(':').next().unwrap())
            .collect();
        assert_eq!(names, [
            "From", "To", "Subject", "Date", "Message-ID", "References", "Auto-Submitted", "X-Auto-Response-Suppress",
            "Content-Language", "MIME-Version", "Content-Type",
        ]);
        assert!(!head.contains(|c: char| c.is_control() && c != '\r' && c != '\n'), "{head:?}");
        let mail = MessageParser::default().parse(&bytes).unwrap();
        let to: Vec<_> = mail.to().unwrap().iter().filter_map(|to| to.address()).collect();
        assert_eq!(to, ["wang@x.cn"]);
    }
}

/// Threat: SMTP smuggling. Only CR LF ends a line, no line is long.
#[test]
fn lines_are_clean_on_the_wire() {
    let mut nasty = item(12);
    nasty.matter = Some("a\n.\nMAIL FROM:<x@x>\r.\r".into());
    let bytes = compose(&letter(Lang::En, vec![nasty])).unwrap();
    for (place, byte) in bytes.iter().enumerate() {
        match byte {
            b'\n' => assert_eq!(bytes[place - 1], b'\r', "bare LF at {place}"),
            b'\r' => assert_eq!(bytes[place + 1], b'\n', "bare CR at {place}"),
            _ => {}
        }
    }
    let longest = bytes.split(|b| *b == b'\n').map(<[u8]>::len).max().unwrap();
    assert!(longest <= 998, "a line of {longest} bytes");
}

/// Threat: stored XSS through caller name.
#[test]
fn markup_in_names_stays_text() {
    let mut nasty = item(12);
    nasty.caller_name = Some("<script>alert(1)</script>".into());
    nasty.matter = Some("\"><img src=x onerror=alert(1)>".into());
    nasty.url = "https://fa.example.org/t/\"onclick=\"alert(1)".into();
    check(&letter(Lang::En, vec![nasty]), |mail| {
        let html = mail.body_html(0).unwrap();
        assert!(!html.contains("<script>") && !html.contains("<img"), "{html}");
        assert!(!html.contains("\"onclick=\""), "{html}");
    });
}

#[test]
fn an_address_that_is_none_is_named() {
    let mut wrong = letter(Lang::Zh, vec![item(12)]);
    wrong.to.address = "wang at x.cn".into();
    let error = compose(&wrong).unwrap_err().to_string();
    assert!(error.contains("wang at x.cn"), "{error}");
}

#[test]
fn somebody_in_copy_is_told_who_acts() {
    let mut copy = item(12);
    copy.why_you.role = Role::Copy;
    copy.rung = 2;
    check(&letter(Lang::Zh, vec![copy]), |mail| {
        let text = mail.body_text(0).unwrap();
        assert!(text.contains("此件抄送给您"), "{text}");
        assert!(text.contains("承办人是 刘洋"), "{text}");
        assert!(text.contains("督办第 2 级"), "{text}");
    });
}

/// Typical mails say the same in both parts; with `FA_LOOK` they are written to that folder besides, to be looked at.
#[test]
fn both_parts_carry_case_and_links() {
    let folder = std::env::var("FA_LOOK").ok().map(std::path::PathBuf::from);
    let ahead = Item {
        overdue: false,
        rung: 0,
        matter: Some("咨询营业执照变更所需材料，想知道法人不到场能否代办，周五之前要答复".into()),
        about: About::Deadline(DeadlineKind::Close),
        due_at: Some(at("2026-03-06T09:30:00Z")),
        chases: 0,
        ..item(15)
    };
    for (lang, name) in [(Lang::Zh, "zh"), (Lang::En, "en")] {
        let morning: Vec<Item> = (20..35)
            .map(|id| match id % 3 {
                0 => item(id),
                _ => Item {
                    case: CaseId::new(id),
                    ..ahead.clone()
                },
            })
            .collect();
        for (items, kind) in [
            (vec![item(12)], "one"),
            (vec![item(12), ahead.clone()], "two"),
            ([vec![item(12)], morning].concat(), "morning"),
        ] {
            check(&letter(lang, items), |mail| {
                let (text, html) = (mail.body_text(0).unwrap(), mail.body_html(0).unwrap());
                for part in [&text, &html] {
                    assert!(part.contains("#12") && part.contains("138****5678"), "{part}");
                    assert!(part.contains("/t/"), "{part}");
                }
                if let Some(folder) = &folder {
                    let path = folder.join(format!("mail-{name}-{kind}"));
                    std::fs::write(path.with_extension("txt"), text.as_bytes()).unwrap();
                    std::fs::write(path.with_extension("html"), html.as_bytes()).unwrap();
                }
            });
        }
    }
}

#[test]
fn f55_a_digest_of_thousands_names_all_and_stays_small() {
    let items: Vec<Item> = (1..=2_000).map(item).collect();
    let long = letter(Lang::En, items);
    let bytes = compose(&long).unwrap();
    assert!(bytes.len() < 1_500_000, "{} bytes", bytes.len());
    check(&long, |mail| {
        assert_eq!(mail.subject(), Some("[First answer] 2000 cases, 2000 overdue"));
        let (text, html) = (mail.body_text(0).unwrap(), mail.body_html(0).unwrap());
        // Every number that stands behind a `#`.
        let named = |part: &str| -> std::collections::BTreeSet<i64> {
            let numbers = part
                .split('#')
                .map(|rest| rest.split(|c: char| !c.is_ascii_digit()).next().unwrap());
            numbers.filter_map(|number| number.parse().ok()).collect()
        };
        let all: std::collections::BTreeSet<i64> = (1..=2_000).collect();
        assert!(named(&text).is_superset(&all), "all in the text");
        assert!(named(&html).is_superset(&all), "all in the page");
        assert!(
            text.contains("token-100\r") && !text.contains("token-101\r"),
            "a hundred in full"
        );
    });
}

/// Short lines hide nothing of what a mail must say: each case of a digest has all of it in both parts.
#[test]
fn a_digest_leaves_nothing_out() {
    let cases: Vec<Item> = (1..=15).map(item).collect();
    check(&letter(Lang::En, cases), |mail| {
        let html = mail.body_html(0).unwrap();
        let cards: Vec<&str> = html.split("<h2 ").skip(1).collect();
        assert_eq!(cards.len(), 15);
        for (card, id) in cards.iter().zip(1..) {
            for said in [
                format!("#{id} is overdue"),
                format!("Open #{id}</a>"),
                // Caller, matter, and that the caller rang again.
                "138****5678".to_owned(),
                "Nothing registered yet".to_owned(),
                "the caller rang again twice".to_owned(),
                // Why you, the deadline and how it was computed, both names with their phones.
                "extension 8021".to_owned(),
                "Deadline: ".to_owned(),
                "Computed: ".to_owned(),
                "First answerer: 王芳 8021".to_owned(),
                "Handler: 刘洋 8022".to_owned(),
            ] {
                assert!(card.contains(&said), "#{id}: {said}: {card}");
            }
        }
        assert!(html.matches("token-list").count() >= 1, "one link for the whole list");
    });
}

/// What a mail says on top, of so many to see to and so many in copy.
fn opening(lang: Lang, own: i64, copies: i64) -> String {
    let copy = |id| {
        let mut copy = item(id);
        copy.why_you.role = Role::Copy;
        copy
    };
    let items = (1..=own).map(item).chain((own + 1..=own + copies).map(copy)).collect();
    let mut said = String::new();
    check(&letter(lang, items), |mail| {
        said = mail.body_text(0).unwrap().lines().nth(2).unwrap().trim().to_owned();
    });
    said
}

#[test]
fn a_digest_counts_copies_apart_from_what_is_to_be_seen_to() {
    assert_eq!(opening(Lang::Zh, 2, 0), "有 2 件需要您处理，最急的在前。");
    assert_eq!(
        opening(Lang::Zh, 1, 2),
        "有 1 件需要您处理，另有 2 件抄送给您，最急的在前。"
    );
    assert_eq!(opening(Lang::Zh, 0, 2), "有 2 件抄送给您，由承办人办理，最急的在前。");
    assert_eq!(
        opening(Lang::En, 1, 1),
        "You have 1 case to see to, and 1 case in copy; the most urgent first."
    );
}

#[test]
fn a_deadline_that_has_passed_is_said_to_be_late() {
    let mut two = item(1);
    // Closing was due on the day before, contact with the caller is still to come.
    two.also_due = vec![
        (DeadlineKind::Close, at("2026-03-04T09:30:00Z")),
        (DeadlineKind::Contact, at("2026-03-06T09:30:00Z")),
    ];
    check(&letter(Lang::Zh, vec![two.clone()]), |mail| {
        let text = mail.body_text(0).unwrap();
        assert!(text.contains("办结，应在3月4日（周三）17:30 前，已逾期"), "{text}");
        assert!(text.contains("登记，应在3月5日（周四）17:30 前，已逾期"), "{text}");
        assert!(text.contains("联系来电人，3月6日（周五）17:30 前\r"), "{text}");
    });
    check(&letter(Lang::En, vec![two]), |mail| {
        let text = mail.body_text(0).unwrap();
        assert!(text.contains("Closing, was due Wed 4 Mar 17:30: overdue"), "{text}");
    });
}

//! Who reads a letter, and what stands in it once.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::Arc;

use super::{LinkDesk, letter};
use crate::ids::CaseId;
use crate::mail::{Key, Keys, Letter, Role};
use crate::register::tests::{DIRECTORY, House, POLICY, rules_of, t};
use crate::register::{Composed, Order, Rules};

/// A rung before the deadline, one at it, one after it for the supervisor too.
const LADDER: &str = r#", clock.register="600s", ladder=[
    {rung=0, at="-5m", to=["handler"]},
    {rung=1, at="0s", to=["handler"]},
    {rung=2, at="5m", to=["handler"], cc=["supervisor"]} ]"#;

fn desk() -> LinkDesk {
    LinkDesk {
        keys: Keys::new(0, Key::new(1, [7; 32]), Vec::new()),
        public_url: "http://fa.x.cn".to_owned(),
        from: "首问 <fa@x.cn>".to_owned(),
        instance: "abc".to_owned(),
    }
}

/// wang's case of 09:00:05, and what is told of it when the mailer first looks at 09:30.
fn letters(directory: &str) -> Vec<Result<Letter, String>> {
    let policy = POLICY.replace(r#", clock.register="120s""#, LADDER);
    let mut house = House::with(Arc::new(rules_of(directory, &policy)));
    house.says("09:01:05", &["leg 1 8021 09:00:00 5 60 last"]);
    house.tick("09:30:00");
    let told = std::cell::RefCell::new(Vec::new());
    let compose = |order: &Order, rules: &Rules| {
        let Order::Reminder(draft) = order else {
            return Err("only reminders here".to_owned());
        };
        told.borrow_mut().push(letter(&desk(), draft, rules));
        Ok(Composed {
            address: "a@x.cn".to_owned(),
            subject: "s".to_owned(),
            message_id: draft.message.to_string(),
            bytes: vec![1],
        })
    };
    while let Some(begun) = house
        .store
        .transact(|s| s.begin_mail(t("09:31:00"), &[], &compose))
        .unwrap()
    {
        let sent = crate::register::Fate::Sent;
        house
            .store
            .transact(|s| s.mail_fate(begun.message, &sent, t("09:31:00")))
            .unwrap();
    }
    told.into_inner()
}

fn with(person: &str, more: &str) -> String {
    let head = format!("{{id=\"{person}\", ");
    DIRECTORY.replace(&head, &format!("{head}{more}, "))
}

fn addresses(directory: &str) -> Vec<String> {
    letters(directory)
        .into_iter()
        .map(|letter| letter.unwrap().to.address)
        .collect()
}

#[test]
fn a_case_is_told_once_at_its_highest_rung() {
    let letters = letters(DIRECTORY);
    assert_eq!(letters.len(), 2);
    let letter = letters[0].as_ref().unwrap();
    assert_eq!(letter.to.address, "wang@x.cn");
    let items: Vec<(CaseId, u32, bool)> = letter.items.iter().map(|i| (i.case, i.rung, i.overdue)).collect();
    assert_eq!(items, [(CaseId::new(1), 2, true)]);
    assert_eq!(letter.items[0].why_you.role, Role::Answered);
    assert!(letter.items[0].also_due.is_empty());
    let copy = letters[1].as_ref().unwrap();
    assert_eq!(
        (copy.to.address.as_str(), copy.items[0].why_you.role),
        ("li@x.cn", Role::Copy)
    );
    assert_ne!(letter.items[0].url, copy.items[0].url, "each has a link of their own");
    assert_eq!(copy.message_id, "abc.2@x.cn");
}

#[test]
fn the_mail_of_who_is_away_goes_to_the_deputy() {
    let away = r#"away=[{from=2026-03-05, to=2026-03-06}], deputies=["liu"]"#;
    assert_eq!(addresses(&with("wang", away)), ["liu@x.cn", "li@x.cn"]);
    // The handler stays handler.
    let letters = letters(&with("wang", away));
    assert_eq!(letters[0].as_ref().unwrap().items[0].handler.name, "王芳");
    let back = away.replace("03-05, to=2026-03-06", "03-01, to=2026-03-04");
    assert_eq!(addresses(&with("wang", &back)), ["wang@x.cn", "li@x.cn"]);
}

#[test]
fn without_a_mailbox_the_deputy_else_the_supervisor() {
    let none = DIRECTORY.replace(r#" mail="wang@x.cn","#, "");
    // Li's own copy and what Li reads for Wang are one thing.
    assert_eq!(addresses(&none), ["li@x.cn"]);
    let letters = letters(&none);
    let why = &letters[0].as_ref().unwrap().items[0].why_you;
    assert_eq!((why.role, why.instead_of.as_deref()), (Role::Deputy, Some("王芳")));
    let deputy = none.replace(r#"{id="wang","#, r#"{id="wang", deputies=["liu"],"#);
    assert_eq!(addresses(&deputy), ["liu@x.cn", "li@x.cn"]);
}

#[test]
fn who_is_asked_to_rule_is_not_told_that_somebody_is_late() {
    let mut house = House::with(Arc::new(rules_of(DIRECTORY, POLICY)));
    house.says("09:01:05", &["leg 1 8021 09:00:00 5 60 last"]);
    let asks = crate::case::Command::Unreasonable {
        reason: "asks for what the rules forbid".to_owned(),
    };
    house.change(1, &asks, "wang").unwrap();
    let told = std::cell::RefCell::new(Vec::new());
    let compose = |order: &Order, rules: &Rules| {
        if let Order::Reminder(draft) = order {
            told.borrow_mut().push(letter(&desk(), draft, rules).unwrap());
        }
        Err("seen".to_owned())
    };
    let _ = house
        .store
        .transact(|s| s.begin_mail(t("09:31:00"), &[], &compose))
        .unwrap();
    let roles: Vec<Role> = told
        .borrow()
        .iter()
        .flat_map(|letter| &letter.items)
        .map(|item| item.why_you.role)
        .collect();
    assert_eq!(roles, [Role::Rules]);
}

#[test]
fn a_deadline_is_named_once_in_what_is_told_of_a_put_through() {
    let mut house = House::with(Arc::new(rules_of(DIRECTORY, POLICY)));
    let lines = ["leg 1 8021 09:00:00 5 60", "leg 1 8022 09:01:05 3 80 last"];
    house.says("09:10:00", &lines);
    house.tick("09:10:05");
    let told = std::cell::RefCell::new(Vec::new());
    let compose = |order: &Order, rules: &Rules| {
        if let Order::Reminder(draft) = order {
            told.borrow_mut().push(letter(&desk(), draft, rules).unwrap());
        }
        Err("seen".to_owned())
    };
    let _ = house
        .store
        .transact(|s| s.begin_mail(t("09:31:00"), &[], &compose))
        .unwrap();
    let told = told.into_inner();
    let item = &told[0].items[0];
    assert!(matches!(item.about, crate::mail::About::Happened(_)), "{item:?}");
    let register = crate::case::DeadlineKind::Register;
    assert_eq!(item.due_kind, Some(register));
    assert!(
        item.also_due.iter().all(|(kind, _)| *kind != register),
        "{:?}",
        item.also_due
    );
}

/// The letter to a person among those that go out at 09:31.
fn first_letter(house: &mut House, address: &str) -> Option<Letter> {
    let told = std::cell::RefCell::new(Vec::new());
    let compose = |order: &Order, rules: &Rules| {
        let Order::Reminder(draft) = order else {
            return Err("only reminders here".to_owned());
        };
        told.borrow_mut().push(letter(&desk(), draft, rules).unwrap());
        Ok(Composed {
            address: "a@x.cn".to_owned(),
            subject: "s".to_owned(),
            message_id: draft.message.to_string(),
            bytes: vec![1],
        })
    };
    while house
        .store
        .transact(|s| s.begin_mail(t("09:31:00"), &[], &compose))
        .unwrap()
        .map(|begun| {
            let sent = crate::register::Fate::Sent;
            let fate = |s: &mut crate::register::Store| s.mail_fate(begun.message, &sent, t("09:31:00"));
            house.store.transact(fate).unwrap();
        })
        .is_some()
    {}
    told.into_inner()
        .into_iter()
        .find(|letter| letter.to.address == address)
}

#[test]
fn what_happened_to_a_case_is_told_line_by_line_and_a_dispute_outlives_the_closing() {
    use crate::case::{Command, Duty, Happened, Outcome};
    let mut house = House::with(Arc::new(rules_of(DIRECTORY, POLICY)));
    house.says("09:01:05", &["leg 1 8021 09:00:00 5 60 last"]);
    let hot = Command::Hot {
        text: "群众聚集".to_owned(),
    };
    let asks = Command::Unreasonable {
        reason: "要求违反规定".to_owned(),
    };
    let dispute = Command::Dispute {
        text: "不是我接的".to_owned(),
    };
    for command in [hot, asks, dispute] {
        house.change(1, &command, "wang").unwrap();
    }
    let mut closed = House::with(Arc::new(rules_of(DIRECTORY, POLICY)));
    let open = first_letter(&mut house, "li@x.cn").unwrap();
    let item = &open.items[0];
    assert_eq!(item.about, crate::mail::About::Happened(Happened::ToRule));
    assert_eq!(item.why_you.role, Role::Rules);
    let said = item.said.as_deref().unwrap();
    assert_eq!(said, "王芳 请上级批准（不合理诉求）：要求违反规定");
    let also: Vec<_> = item
        .also_happened
        .iter()
        .map(|(happened, said)| (*happened, said.as_deref().unwrap_or_default()))
        .collect();
    let expected = [
        (Happened::ToRule, "王芳 提出异议：不是我接的"),
        (Happened::Hot, "群众聚集"),
    ];
    assert_eq!(also, expected);
    let bytes = crate::mail::compose(&open).unwrap();
    let mail = mail_parser::MessageParser::default().parse(&bytes).unwrap();
    let text = mail.body_text(0).unwrap();
    for line in ["请您裁定：王芳 提出异议：不是我接的", "热点：群众聚集"] {
        assert!(text.contains(line), "{line}: {text}");
    }

    closed.says("09:01:05", &["leg 1 8021 09:00:00 5 60 last"]);
    let dispute = Command::Dispute {
        text: "不是我接的".to_owned(),
    };
    closed.change(1, &dispute, "wang").unwrap();
    let close = Command::Close {
        outcome: Outcome::Handled,
        text: "已办妥".to_owned(),
        of: None,
        particulars: crate::case::Particulars {
            caller_name: Some("a".to_owned()),
            matter: Some("b".to_owned()),
            duty: Some(Duty::Own),
            ..crate::case::Particulars::default()
        },
    };
    closed.change(1, &close, "wang").unwrap();
    let told = first_letter(&mut closed, "li@x.cn").unwrap();
    assert_eq!(told.items[0].said.as_deref(), Some("王芳 提出异议：不是我接的"));
    assert_eq!(closed.reader().disputes_told(&"li".parse().unwrap()).unwrap().len(), 1);
    assert!(
        closed
            .reader()
            .disputes_told(&"zhao".parse().unwrap())
            .unwrap()
            .is_empty()
    );
}

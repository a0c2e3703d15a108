//! What is stored must be read again, and personal data must not be copied about.

use super::*;

#[test]
fn events_survive_their_json() {
    let mut story = Story::call("2026-10-08 16:40");
    story.as_actor(Actor::Switch).at("2026-10-08 17:00");
    story.must(late::put_through("sun", "roads", "8031", "2026-10-08 16:42", 60));
    story.by("sun").must(Command::Register(Particulars {
        duty: Some(Duty::Other),
        ..particulars("张三", "修路")
    }));
    story.pass("2026-10-14 17:30");
    let told = crate::case::Told {
        text: Some("请等候".to_owned()),
        ..Default::default()
    };
    story.by("sun").must(Command::TellOnce(told));
    story.must(close_own());
    story.must(Command::Reopen {
        reason: "再办".to_owned(),
    });
    story.by("zhao").must(Command::Void {
        reason: "重复".to_owned(),
    });
    let read: Vec<EventRow> = story
        .rows
        .iter()
        .map(|row| {
            let json = serde_json::to_string(&row.event).unwrap();
            EventRow {
                event: serde_json::from_str(&json).expect(&json),
                ..row.clone()
            }
        })
        .collect();
    assert_eq!(read, story.rows);
    let json = serde_json::to_string(&story.case).unwrap();
    assert_eq!(serde_json::from_str::<Case>(&json).unwrap(), story.case);
}

#[test]
fn the_callers_number_stands_in_the_opening_alone() {
    let mut story = Story::call("2026-10-08 16:40");
    story.by("wang").must(close_own());
    let named = |row: &&EventRow| serde_json::to_string(&row.event).unwrap().contains("13800001111");
    let kinds: Vec<_> = story
        .rows
        .iter()
        .filter(named)
        .map(|row| matches!(row.event, Event::Opened(_)))
        .collect();
    assert_eq!(kinds, [true]);
}

#[test]
fn a_case_begins_with_its_opening() {
    assert_eq!(Case::fold(CaseId::new(1), &[]), None);
    let story = Story::call("2026-10-08 16:40");
    assert_eq!(Case::fold(CaseId::new(1), &story.rows[1..]), None);
}

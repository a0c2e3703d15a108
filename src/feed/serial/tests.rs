//! The ring; ports are in the tests of the whole program.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio_util::sync::CancellationToken;

use super::ring::{Reader, Ring};
use super::{Running, Serial};
use crate::clock::Clock;
use crate::config::{FlowControl, Parity};
use crate::feed::Reading;
use crate::feed::quiet::Quiet;
use crate::register::LineState::{self, Partial, Quarantined};
use crate::register::tests::{House, feed};
use crate::register::{Alarm, PortFaults, Writer, read};

#[tokio::test]
async fn f21_what_the_ring_cannot_hold_is_counted_and_its_place_is_told() {
    let ring = Ring::new(10, false);
    let push = |text: &str| ring.push(text.as_bytes(), PortFaults::default());
    push("12345678");
    push("abc");
    push("def");
    let mut got = [0; 32];
    let n = Reader(&ring).read(&mut got).await.unwrap();
    assert_eq!(&got[..n], b"12345678");
    push("lost too");
    assert!(Reader(&ring).read(&mut got).await.is_err(), "here something is missing");
    assert_eq!(ring.take_faults().lost_bytes, 14);
    push("new");
    let still = Reader(&ring).read(&mut got).await;
    assert!(still.is_err(), "told until somebody takes it");
    assert_eq!(ring.take_loss(), Some(3 + 3 + 8));
    let n = Reader(&ring).read(&mut got).await.unwrap();
    assert_eq!(&got[..n], b"new");
    assert_eq!(ring.take_loss(), None);
}

#[tokio::test]
async fn f21_a_switch_that_can_be_held_back_loses_nothing() {
    let ring = Ring::new(4, true);
    ring.push(b"12345678", PortFaults::default());
    let waits = tokio::time::timeout(std::time::Duration::from_millis(20), ring.has_room()).await;
    assert!(waits.is_err(), "the pump waits");
    let mut got = [0; 32];
    assert_eq!(Reader(&ring).read(&mut got).await.unwrap(), 8);
    ring.has_room().await;
    assert_eq!(ring.take_loss(), None);
}

/// The reader's side of a port, with the register behind it.
fn running(writer: crate::register::Handle) -> Running {
    Running {
        settings: Serial {
            path: "/dev/serial/by-id/switch".into(),
            baud: 9600,
            data_bits: 8,
            parity: Parity::None,
            stop_bits: 1,
            flow_control: FlowControl::None,
        },
        reading: Reading {
            feed: feed("script"),
            idle: Duration::from_secs(60),
            idle_limit: None,
            max_line: 1024,
        },
        writer,
        clock: Clock::Real,
        stop: CancellationToken::new(),
        quiet: Quiet::new(),
        ring_bytes: 8,
    }
}

#[tokio::test]
async fn f21_what_follows_a_loss_is_no_part_of_the_line_before_it_and_each_loss_is_told() {
    let House { dir, store, .. } = House::new();
    let (writer, handle) = Writer::start(store, Clock::Real).unwrap();
    let running = running(handle);
    let ring = Ring::new(8, false);
    let push = |text: &str| ring.push(text.as_bytes(), PortFaults::default());
    let look = || read::Reader::open(&dir.path().join("fa.db")).unwrap();
    let has = async |wanted: &[(LineState, &str)]| {
        let mut rows = Vec::new();
        for _ in 0..500 {
            rows.clear();
            look()
                .journal(false, None, None, |row| {
                    rows.push((row.state, String::from_utf8(row.raw).unwrap()));
                    Ok::<(), crate::register::Error>(())
                })
                .unwrap();
            if rows
                .iter()
                .map(|(state, raw)| (*state, raw.as_str()))
                .eq(wanted.iter().copied())
            {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert!(rows.is_empty() && !wanted.is_empty(), "{rows:?}, not {wanted:?}");
    };
    push("a\r\nlin");
    push("e 1\r\n");
    let switch = async {
        has(&[(Quarantined, "a"), (Partial, "lin")]).await;
        push("X\r\nb\r\n");
        has(&[(Quarantined, "a"), (Partial, "lin"), (Partial, "X"), (Quarantined, "b")]).await;
        let first = look().alarms().unwrap();
        assert!(
            matches!(&first[..], [one] if matches!(&one.alarm, Alarm::LinesLost { why, .. } if why.starts_with("5 bytes"))),
            "{first:?}"
        );
        push("c\r\nmore");
        push("than fits\r\n");
        has(&[
            (Quarantined, "a"),
            (Partial, "lin"),
            (Partial, "X"),
            (Quarantined, "b"),
            (Quarantined, "c"),
            (Partial, "more"),
        ])
        .await;
        ring.end("unplugged".to_owned());
    };
    let (why, ()) = tokio::join!(running.read(&ring), switch);
    assert_eq!(why.unwrap(), "unplugged");
    let alarms = look().alarms().unwrap();
    assert!(
        matches!(&alarms[..], [one] if matches!(&one.alarm, Alarm::LinesLost { why, .. } if why.starts_with("11 bytes"))),
        "{alarms:?}"
    );
    let events = look().feed_events("script").unwrap();
    assert_eq!(
        events
            .iter()
            .filter(|(_, text)| text.contains("bytes came faster"))
            .count(),
        2,
        "{events:?}"
    );
    drop(running);
    tokio::task::spawn_blocking(move || writer.join())
        .await
        .unwrap()
        .unwrap();
}

//! The ring; ports are in the tests of the whole program.
#![allow(clippy::unwrap_used)]

use tokio::io::AsyncReadExt;

use super::ring::{Reader, Ring};
use crate::register::PortFaults;

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
    assert_eq!(ring.take_loss(), Some(3 + 3 + 8));
    assert_eq!(ring.take_faults().lost_bytes, 14);
    push("new");
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

//! Which file comes next, without tasks and register.
#![allow(clippy::unwrap_used)]

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use tempfile::TempDir;

use super::follower::{Follower, Step};
use crate::config::FileFrom;
use crate::feed::codec::LineCodec;
use crate::register::Place;

struct Desk {
    dir: TempDir,
    follower: Follower,
    codec: LineCodec,
}

impl Desk {
    fn new(dir: TempDir, from: FileFrom, known: Vec<Place>) -> Self {
        let follower = Follower::new(dir.path().join("log"), from, 1024, known);
        let codec = LineCodec::new(1024);
        Self { dir, follower, codec }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        append(&self.path(name), text);
    }

    /// Steps until nothing is left to do at once: the bytes, with `|` where a file ended.
    fn read(&mut self) -> String {
        let mut text = String::new();
        loop {
            match self.follower.step().unwrap() {
                Step::Bytes(bytes) => text += std::str::from_utf8(&bytes).unwrap(),
                Step::Opened(_) => {}
                Step::Ended(_) => {
                    text.push('|');
                    self.follower.left();
                }
                Step::Lost(_) => text.push('!'),
                Step::Idle | Step::Missing => return text,
            }
        }
    }

    /// As after a restart: all that was read was committed.
    fn restarted(self) -> Self {
        let place = self.follower.place(&self.codec);
        Self::new(self.dir, FileFrom::End, vec![place])
    }

    /// Makes a file look as if it had been written to so long ago.
    fn age(&self, name: &str, seconds: u64) {
        let then = SystemTime::now() - Duration::from_secs(seconds);
        let file = OpenOptions::new().write(true).open(self.path(name)).unwrap();
        file.set_modified(then).unwrap();
    }
}

fn append(path: &Path, text: &str) {
    let mut file = OpenOptions::new().create(true).append(true).open(path).unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

fn desk(from: FileFrom, first: &str) -> Desk {
    let desk = Desk::new(TempDir::new().unwrap(), from, Vec::new());
    desk.write("log", first);
    desk
}

#[test]
fn from_the_end_a_line_that_has_not_ended_is_new() {
    let mut desk = desk(FileFrom::End, "old\nolder\nhalf");
    assert_eq!(desk.read(), "half");
    desk.write("log", " a line\n");
    assert_eq!(desk.read(), " a line\n");
}

#[test]
fn a_restart_reads_the_rest_of_what_was_rotated_then_those_between_then_the_new() {
    let mut desk = desk(FileFrom::Start, "1\n2\n");
    assert_eq!(desk.read(), "1\n2\n");
    desk.write("log", "3\n");
    fs::rename(desk.path("log"), desk.path("log.3")).unwrap();
    desk.write("log.2", "4\n");
    desk.write("log.1", "5\n");
    desk.write("log.9", "long ago\n");
    desk.write("log", "6\n");
    for (name, age) in [("log.9", 9_000), ("log.3", 300), ("log.2", 200), ("log.1", 100)] {
        desk.age(name, age);
    }
    // What it was written at when it was read is what it is now, or before.
    let mut place = desk.follower.place(&desk.codec);
    place.written_at -= 400_000;
    let mut desk = Desk::new(desk.dir, FileFrom::End, vec![place]);
    assert_eq!(desk.read(), "3\n|4\n|5\n|6\n");
}

#[test]
fn a_number_used_again_is_another_file() {
    let mut desk = desk(FileFrom::Start, "aaaa\nbbbb\n");
    assert_eq!(desk.read(), "aaaa\nbbbb\n");
    let mut place = desk.follower.place(&desk.codec);
    // The file system gave the old file's number to the new one.
    fs::remove_file(desk.path("log")).unwrap();
    desk.write("log", "cccc\ndddd\neeee\n");
    let meta = fs::metadata(desk.path("log")).unwrap();
    place.ino = std::os::unix::fs::MetadataExt::ino(&meta);
    let mut desk = Desk::new(desk.dir, FileFrom::End, vec![place]);
    assert_eq!(
        desk.read(),
        "!cccc\ndddd\neeee\n",
        "it is gone, which is told, and the new one is read whole"
    );
}

#[test]
fn a_copy_that_took_the_name_is_read_on() {
    let mut desk = desk(FileFrom::Start, "1\n2\n");
    assert_eq!(desk.read(), "1\n2\n");
    // As an editor saves, or a restore from a backup.
    fs::copy(desk.path("log"), desk.path("new")).unwrap();
    fs::rename(desk.path("new"), desk.path("log")).unwrap();
    desk.write("log", "3\n");
    let mut desk = desk.restarted();
    assert_eq!(desk.read(), "3\n");
}

#[test]
fn emptied_while_we_were_away_the_copy_has_the_rest() {
    let mut desk = desk(FileFrom::Start, "1\n2\n");
    assert_eq!(desk.read(), "1\n2\n");
    desk.write("log", "3\n");
    fs::copy(desk.path("log"), desk.path("log.1")).unwrap();
    File::options()
        .write(true)
        .open(desk.path("log"))
        .unwrap()
        .set_len(0)
        .unwrap();
    desk.write("log", "4\n5\n6\n7\n");
    let mut desk = desk.restarted();
    assert_eq!(desk.read(), "3\n|4\n5\n6\n7\n");
}

#[test]
fn emptied_under_our_eyes_the_copy_has_the_rest() {
    let mut desk = desk(FileFrom::Start, "1\n2\n");
    assert_eq!(desk.read(), "1\n2\n");
    desk.write("log", "3\n");
    fs::copy(desk.path("log"), desk.path("log.1")).unwrap();
    File::options()
        .write(true)
        .open(desk.path("log"))
        .unwrap()
        .set_len(0)
        .unwrap();
    assert_eq!(desk.read(), "3\n|");
    desk.write("log", "4\n");
    assert_eq!(desk.read(), "4\n");
}

#[test]
fn emptied_and_grown_beyond_the_place_is_noticed() {
    let mut desk = desk(FileFrom::Start, "1\n2\n");
    assert_eq!(desk.read(), "1\n2\n");
    fs::write(desk.path("log"), "3\n4\n5\n").unwrap();
    assert_eq!(
        desk.read(),
        "!|3\n4\n5\n",
        "what was written in between is lost, which is told"
    );
}

#[test]
fn what_is_packed_is_not_taken_for_lines() {
    let mut desk = desk(FileFrom::Start, "1\n");
    assert_eq!(desk.read(), "1\n");
    fs::rename(desk.path("log"), desk.path("log.2")).unwrap();
    desk.write("log.1.gz", "no lines");
    desk.write("log", "2\n");
    for name in ["log.2", "log"] {
        desk.age(name, 100);
    }
    let mut desk = desk.restarted();
    assert_eq!(desk.read(), "|!2\n", "its lines are lost, which is told once");
    fs::rename(desk.path("log"), desk.path("log.3")).unwrap();
    desk.write("log", "3\n");
    desk.age("log.3", 50);
    assert_eq!(desk.read(), "|3\n");
}

#[test]
fn what_was_read_and_then_packed_is_no_loss() {
    let mut desk = desk(FileFrom::Start, "1\n");
    assert_eq!(desk.read(), "1\n");
    // Packed at once, by a packer that keeps no times.
    fs::remove_file(desk.path("log")).unwrap();
    desk.write("log.1.gz", "no lines");
    desk.write("log", "2\n");
    desk.follower.left();
    assert_eq!(desk.read(), "2\n");
}

#[test]
fn f20_a_file_that_can_not_be_read_at_a_start_is_waited_for_and_gone_on_with() {
    let mut desk = desk(FileFrom::Start, "1\n2\n");
    assert_eq!(desk.read(), "1\n2\n");
    desk.write("log", "3\n");
    let mut desk = desk.restarted();
    // Whatever has the name can be opened by nobody as a file, as after an unmount.
    fs::rename(desk.path("log"), desk.path("away")).unwrap();
    fs::create_dir(desk.path("log")).unwrap();
    for _ in 0..2 {
        let why = desk.follower.step().unwrap_err().to_string();
        assert!(why.contains("/log: "), "{why}");
    }
    fs::remove_dir(desk.path("log")).unwrap();
    fs::rename(desk.path("away"), desk.path("log")).unwrap();
    assert_eq!(desk.read(), "3\n");
}

#[test]
fn f20_a_file_that_is_not_mounted_yet_at_a_start_is_gone_on_with_when_it_is() {
    let mut desk = desk(FileFrom::Start, "1\n2\n");
    assert_eq!(desk.read(), "1\n2\n");
    desk.write("log", "3\n");
    let mut desk = desk.restarted();
    fs::rename(desk.path("log"), desk.path("away")).unwrap();
    assert_eq!(desk.read(), "");
    fs::rename(desk.path("away"), desk.path("log")).unwrap();
    assert_eq!(desk.read(), "3\n");
}

#[test]
fn f20_a_file_that_comes_back_after_another_took_its_name_is_gone_on_with() {
    let mut desk = desk(FileFrom::Start, "1\n2\n");
    assert_eq!(desk.read(), "1\n2\n");
    let mut desk = desk.restarted();
    fs::rename(desk.path("log"), desk.path("away")).unwrap();
    desk.write("log", "");
    let step = desk.follower.step().unwrap();
    assert!(matches!(step, Step::Lost(_)), "{step:?}");
    desk.write("away", "3\n");
    fs::rename(desk.path("away"), desk.path("log")).unwrap();
    assert_eq!(desk.read(), "3\n");
}

#[test]
fn f20_a_file_whose_reading_fails_is_gone_on_with_at_its_place() {
    let mut desk = desk(FileFrom::Start, "1\n2\n3 ha");
    let text = desk.read();
    assert_eq!(text, "1\n2\n3 ha");
    let mut bytes = bytes::BytesMut::from(text.as_str());
    while desk.codec.decode_any(&mut bytes, false).is_some() {}
    assert_eq!(desk.codec.held(), 4, "what the codec holds is not committed");
    desk.follower.interrupted(&desk.codec);
    desk.write("log", "lf\n4\n");
    assert_eq!(desk.read(), "3 half\n4\n");
}

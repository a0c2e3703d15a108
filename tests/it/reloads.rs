//! What a reload does to feeds, through the real program.

use std::fs;
use std::io::Read;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::time::Duration;

use serde_json::Value;

use crate::house::{House, free_port};
use crate::pbx::{IpoLine, Line, Pbx};

fn line(id: u32) -> IpoLine {
    IpoLine::incoming("8021", &format!("1381234{id:04}"))
        .start("2026/10/08 10:00:00")
        .id(id)
}

/// Another configuration, and the daemon told of it; waits until it has looked.
#[track_caller]
fn reload(house: &House, change: impl FnOnce(String) -> String) {
    let looked = |h: &House| h.log().matches("reloaded").count();
    let before = looked(house);
    let config = fs::read_to_string(house.path("firstanswer.toml")).unwrap();
    let new = change(config.clone());
    house.write("firstanswer.toml", &new);
    house.sighup();
    house.wait_until("the reload", |h| looked(h) > before);
}

fn feeds(house: &House) -> Vec<(String, String)> {
    let rows = house.cli(["feed", "status", "--json"]).rows();
    let text = |row: &Value, key: &str| row[key].as_str().unwrap().to_owned();
    rows.iter().map(|row| (text(row, "name"), text(row, "state"))).collect()
}

#[track_caller]
fn wait_for_leg(house: &House, feed: &str, id: u32) {
    house.wait_until(&format!("call {id} on {feed}"), |h| {
        h.journal().iter().any(|row| {
            row["feed"] == feed && row["state"] == "leg" && row["raw"].as_str() == Some(&line(id).to_string())
        })
    });
}

/// The daemon hangs up.
#[track_caller]
fn is_closed(line: &mut Line) {
    line.stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    assert!(matches!(line.stream.read(&mut [0; 8]), Ok(0) | Err(_)), "still open");
}

fn hang_ups(house: &House, feed: &str) -> usize {
    let log = house.log();
    let of = |l: &&str| l.contains("disconnected") && l.contains(&format!("feed={feed}"));
    log.lines().filter(of).count()
}

#[test]
fn f57_a_reload_adds_changes_and_removes_a_feed_and_leaves_the_others_their_connections() {
    let house = House::at("2026-10-08T10:10:00").open();
    let mut pbx = house.pbx().connect();
    pbx.send(line(1));
    wait_for_leg(&house, "pbx", 1);

    let port = free_port();
    let plain = fs::read_to_string(house.path("firstanswer.toml")).unwrap();
    let with = |keys: &str| {
        format!(
            "{plain}\n[[feed]]\nname=\"new\"\ndialect=\"avaya-ip-office\"\ntcp_listen=\"127.0.0.1:{port}\"\n{keys}\n"
        )
    };
    reload(&house, |_| with(""));
    let mut new = Pbx::new(port).connect();
    new.send(line(2));
    wait_for_leg(&house, "new", 2);

    // Other senders: its connection goes, and what was in flight is read.
    new.send(line(3));
    reload(&house, |_| with("allow=[\"127.0.0.9\"]"));
    is_closed(&mut new);
    wait_for_leg(&house, "new", 3);
    is_closed(&mut Pbx::new(port).connect());
    let mut new = Pbx::new(port).connect_from(Ipv4Addr::new(127, 0, 0, 9));
    new.send(line(4));
    wait_for_leg(&house, "new", 4);

    reload(&house, |_| plain.clone());
    is_closed(&mut new);
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err(), "nobody listens");
    let expected = [("new", "removed"), ("pbx", "connected")].map(|(f, s)| (f.to_owned(), s.to_owned()));
    assert_eq!(feeds(&house), expected);

    pbx.send(line(5));
    wait_for_leg(&house, "pbx", 5);
    assert_eq!(hang_ups(&house, "pbx"), 0, "{}", house.tail());
    assert_eq!(house.calls().len(), 5);
}

#[test]
fn f57_a_feed_whose_new_address_is_taken_stays_as_it_was() {
    let house = House::at("2026-10-08T10:10:00").open();
    let mut pbx = house.pbx().connect();
    pbx.send(line(1));
    wait_for_leg(&house, "pbx", 1);
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let (old, new) = (format!("127.0.0.1:{}\"", house.pbx_port), format!("127.0.0.1:{port}\""));
    // The dialect goes with the address: none of it is half taken over.
    reload(&house, |config| {
        config
            .replace(&old, &new)
            .replace("dialect = \"avaya-ip-office\"", "dialect = \"siemens-hipath\"")
    });
    let log = house.log();
    assert!(
        log.contains(&format!("feed pbx: 127.0.0.1:{port} can't be listened on")),
        "{log}"
    );
    assert!(log.contains("its old configuration stays"), "{log}");
    pbx.send(line(2));
    wait_for_leg(&house, "pbx", 2);

    drop(taken);
    reload(&house, |config| {
        config.replace("dialect = \"siemens-hipath\"", "dialect = \"avaya-ip-office\"")
    });
    is_closed(&mut pbx);
    Pbx::new(port).connect().send(line(3));
    wait_for_leg(&house, "pbx", 3);
    assert!(
        TcpStream::connect(("127.0.0.1", house.pbx_port)).is_err(),
        "the old address is free"
    );
    assert_eq!(house.calls().len(), 3);
}

/// From one interface to all: the port is its own, and free only between the two.
#[test]
fn a_feed_can_widen_its_own_address() {
    let house = House::at("2026-10-08T10:10:00").open();
    let port = house.pbx_port;
    let mut pbx = house.pbx().connect();
    pbx.send(line(1));
    wait_for_leg(&house, "pbx", 1);
    reload(&house, |config| {
        config.replace(
            &format!("tcp_listen = \"127.0.0.1:{port}\""),
            &format!("tcp_listen = \"0.0.0.0:{port}\""),
        )
    });
    is_closed(&mut pbx);
    house.pbx().connect().send(line(2));
    wait_for_leg(&house, "pbx", 2);
}

#[test]
fn a_feed_is_renamed_by_a_reload_with_its_history_and_its_port() {
    let house = House::at("2026-10-08T10:10:00").open();
    house.pbx().connect().send(line(1));
    wait_for_leg(&house, "pbx", 1);
    reload(&house, |config| {
        config.replace("name = \"pbx\"", "name = \"office\"\nwas = [\"pbx\"]")
    });
    house.pbx().connect().send(line(2));
    wait_for_leg(&house, "office", 2);
    wait_for_leg(&house, "office", 1);
    house.wait_until("both are hung up", |h| {
        feeds(h) == [("office".to_owned(), "listening".to_owned())]
    });
    assert_eq!(house.calls().len(), 2);
}

#[test]
fn what_lines_mean_changes_without_a_new_connection() {
    let house = House::at("2026-10-08T10:10:00").dialect("siemens-hipath").open();
    let mut pbx = house.pbx().connect();
    pbx.send(line(1));
    house.wait_until("it is not understood", |h| {
        h.journal().iter().any(|row| row["state"] == "quarantined")
    });
    reload(&house, |config| config.replace("siemens-hipath", "avaya-ip-office"));
    pbx.send(line(2));
    wait_for_leg(&house, "pbx", 2);
    assert_eq!(hang_ups(&house, "pbx"), 0, "{}", house.tail());
}

#[test]
fn a_reload_says_what_takes_a_restart() {
    let house = House::at("2026-10-08T10:10:00").open();
    reload(&house, |config| {
        config.replace("web = {listen=\"127.0.0.1:", "web = {listen=\"127.0.0.2:")
    });
    let told = format!(
        "web.listen: the pages stay on 127.0.0.1:{} until the next restart",
        house.web_port
    );
    assert!(house.log().contains(&told), "{}", house.tail());
}

/// Both feeds of a fail-over pair tell of each call; each is one.
#[test]
fn f16_a_pair_of_feeds_gives_each_call_once() {
    let port = free_port();
    let house = House::at("2026-10-08T10:10:00")
        .more_config(&format!(
            "[[feed]]\nname=\"spare\"\ndialect=\"avaya-ip-office\"\npair=\"pbx\"\ntcp_listen=\"127.0.0.1:{port}\"\n"
        ))
        .open();
    let (mut one, mut other) = (house.pbx().connect(), Pbx::new(port).connect());
    for id in 1..=30 {
        one.send(line(id));
        other.send(line(id));
    }
    // Only the spare one is left.
    drop(one);
    other.send(line(31));
    house.wait_until("all lines", |h| h.journal().len() == 61);
    wait_for_leg(&house, "spare", 31);
    assert_eq!(house.calls().len(), 31);
    let duplicates = house.journal().iter().filter(|row| row["state"] == "duplicate").count();
    assert_eq!(duplicates, 30);
}

/// At thirty times the speed two minutes pass in four seconds.
#[test]
fn f15_a_feed_that_falls_silent_is_an_alarm_until_it_speaks() {
    let house = House::at("2026-10-08T10:00:00").rate(30.0).feed("SILENCE").build();
    let port = house.pbx_port;
    let mut house = house;
    let config = fs::read_to_string(house.path("firstanswer.toml")).unwrap();
    let keys = format!("silence = \"2m\"\ntcp_listen = \"127.0.0.1:{port}\"");
    house.write("firstanswer.toml", &config.replace("SILENCE", &keys));
    house.start();
    let mut pbx = house.pbx().connect();
    pbx.send(line(1));
    wait_for_leg(&house, "pbx", 1);
    house.wait_until("the alarm", |h| h.alarms().contains(&"feed_silent:pbx".to_owned()));
    assert_eq!(house.feed_status()["state"], "silent");
    pbx.send(line(2));
    house.wait_until("it is over", |h| !h.alarms().contains(&"feed_silent:pbx".to_owned()));
}

/// The switch was replaced, and nobody told us.
#[test]
fn auto_decides_anew_when_another_switch_speaks() {
    let house = House::at("2026-10-08T10:10:00").dialect("auto").open();
    let mut pbx = house.pbx().connect();
    for id in 1..=30 {
        pbx.send(line(id));
    }
    house.wait_until("the first dialect", |h| h.feed_status()["legs"] == 30);
    assert_eq!(house.feed_status()["dialect"], "avaya-ip-office");
    for n in 0..45 {
        let number = format!("1381235{n:04}");
        pbx.send(format!(
            "08.10.2610:00:{n:02}  1  802100:0500:00:20{number:25}{:11} 1",
            ""
        ));
    }
    house.wait_until("the second", |h| h.feed_status()["legs"] == 75);
    let status = house.feed_status();
    assert_eq!(
        (&status["dialect"], &status["quarantined"]),
        (&"siemens-hipath".into(), &0.into())
    );
    assert!(
        status["events"][0]["text"].as_str().unwrap().contains("decides anew"),
        "{status}"
    );
    assert_eq!(house.calls().len(), 75);
}

//! What a row of Asterisk means: whose channel is whose, which way the call went, who answered. Pure.
//!
//! **Invariants.** A menu, a mailbox, a queue's own pick-up or a bridge is never an answerer.

use jiff::tz::Offset;

use super::row::{Ended, Row};
use crate::call::{Direction, Disposition, Machine};
use crate::smdr::view::{Deduced, Deductions, LegView};
use crate::smdr::{stamps, usual};

/// What the feed's options say about numbers and stamps.
#[derive(Debug, Clone, Copy)]
pub struct House {
    /// Up to so many digits a number is an extension.
    pub extension_digits: usize,
    /// Stamps are UTC.
    pub utc: bool,
}

/// One end of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End<'a> {
    /// No channel.
    Nothing,
    /// A phone's channel.
    Phone(&'a str),
    /// A line to the outside, or to another switch, as `TECHNOLOGY/name`.
    Trunk(&'a str),
    /// Asterisk's own pseudo-channel, with the number dialled through it.
    Local(&'a str),
}

/// Technologies whose channel name is the phone's, not a port's.
const PHONES: [&str; 9] = ["SIP", "PJSIP", "IAX2", "IAX", "SCCP", "SKINNY", "MGCP", "USTM", "AGENT"];

impl House {
    /// Whether a number is an extension.
    pub fn is_extension(self, number: &str) -> bool {
        number.len() <= self.extension_digits && usual::is_digits(number.as_bytes())
    }

    /// Whose a channel is: `SIP/201-0000000a` is the phone 201, `SIP/carrier-0000000b` a trunk.
    pub fn end(self, channel: &str) -> End<'_> {
        let Some(slash) = channel.bytes().position(|b| b == b'/') else {
            return End::Nothing;
        };
        let (technology, name) = (&channel[..slash], &channel[slash + 1..]);
        let name = without_suffix(technology, name);
        if technology.eq_ignore_ascii_case("Local") {
            return End::Local(without_purpose(up_to(name, *b"@")));
        }
        // `SIP/carrier/0123` and `DAHDI/i1/0123` name a number behind the line.
        let device = up_to(name, *b"/");
        // A line of a Skinny phone: `Skinny/202@desk`.
        let skinny = technology.eq_ignore_ascii_case("Skinny");
        let phone = if skinny { up_to(device, *b"@") } else { device };
        if PHONES.iter().any(|p| technology.eq_ignore_ascii_case(p)) && self.is_extension(phone) {
            return End::Phone(phone);
        }
        End::Trunk(&channel[..slash + 1 + device.len()])
    }
}

/// The text before the first of these bytes of ASCII.
fn up_to<const N: usize>(text: &str, ends: [u8; N]) -> &str {
    let end = text
        .bytes()
        .position(|b| ends.iter().fold(false, |is, end| is | (b == *end)));
    end.map_or(text, |end| &text[..end])
}

/// A channel's name without the counter that makes it unique.
fn without_suffix<'a>(technology: &str, name: &'a str) -> &'a str {
    let end = memchr::memchr2(b'<', b';', name.as_bytes());
    let name = end.map_or(name, |end| &name[..end]);
    let port = technology.eq_ignore_ascii_case("DAHDI") || technology.eq_ignore_ascii_case("Zap");
    let hyphen = memchr::memrchr(b'-', name.as_bytes());
    match hyphen.map(|at| (&name[..at], &name[at + 1..])) {
        Some((device, counter))
            if !device.is_empty() && (port || counter.len() >= 4) && counter.bytes().all(|b| b.is_ascii_hexdigit()) =>
        {
            device
        }
        _ => name,
    }
}

/// FreePBX writes before the number what it is dialled for: `FMPR-201`, `RG-600-201`, `FMGL-0155501234#`.
fn without_purpose(number: &str) -> &str {
    let marked = ["FMPR-", "FMGL-", "RG-", "LC-"]
        .iter()
        .any(|mark| number.starts_with(mark));
    match number.rsplit_once('-') {
        Some((_, bare)) if marked => bare.trim_end_matches('#'),
        _ => number,
    }
}

/// The channel's own row of a called party, in which nobody else has a part.
pub fn is_called_half(row: &Row<'_>) -> bool {
    let local = row.dst_channel.is_empty() || row.dst_channel.starts_with("Local/");
    row.app.eq_ignore_ascii_case("AppDial") && (row.billed == 0 || local)
}

/// Applications that are no way to a person.
const MACHINES: [(Machine, &[&str]); 4] = [
    (
        Machine::Voicemail,
        &[
            "voicemail",
            "voicemailmain",
            "vmauthenticate",
            "minivmrecord",
            "comedian",
        ],
    ),
    (Machine::Fax, &["receivefax", "rxfax", "sendfax"]),
    (
        Machine::Ivr,
        &[
            "playback",
            "background",
            "ivr",
            "read",
            "waitexten",
            "directory",
            "disa",
            "ivrdemo",
            "saydigits",
            "saynumber",
            "sayunixtime",
            "sayalpha",
            "controlplayback",
            "musiconhold",
            "mp3player",
            "backgrounddetect",
            "record",
            "dictate",
        ],
    ),
    (
        Machine::Other,
        &[
            "confbridge",
            "meetme",
            "conference",
            "page",
            "park",
            "parkedcall",
            "echo",
            "milliwatt",
            "playtones",
            "busy",
            "congestion",
            "bridgewait",
        ],
    ),
];

/// What the last application was, if it was no way to a person.
fn machine(row: &Row<'_>) -> Option<Machine> {
    if matches!(&*row.app, "Dial" | "Queue") {
        return None;
    }
    let is = |apps: &[&str]| apps.iter().any(|app| row.app.eq_ignore_ascii_case(app));
    MACHINES.iter().find(|(_, apps)| is(apps)).map(|(machine, _)| *machine)
}

fn is_queue(row: &Row<'_>) -> bool {
    row.app.eq_ignore_ascii_case("Queue")
}

/// A row with its two ends seen.
struct Seen<'a> {
    row: &'a Row<'a>,
    house: House,
    from: End<'a>,
    to: End<'a>,
    machine: Option<Machine>,
    direction: Direction,
    /// The direction follows from channels, not from the length of numbers alone.
    direction_inferred: bool,
}

/// The leg that a row is, of its first line.
#[inline]
pub fn leg<'r>(row: &'r Row<'_>, house: House) -> LegView<'r> {
    let (from, to) = (house.end(&row.channel), house.end(&row.dst_channel));
    let direction = direction(row, house, &from, &to);
    let by_channels = match direction {
        Direction::Incoming => matches!((&from, &to), (End::Trunk(_), End::Phone(_))),
        Direction::Outgoing => matches!((&from, &to), (End::Phone(_), End::Trunk(_))),
        Direction::Internal => matches!((&from, &to), (End::Phone(_), End::Phone(_))),
    };
    let seen = Seen {
        row,
        house,
        machine: machine(row),
        from,
        to,
        direction,
        direction_inferred: !by_channels,
    };
    seen.leg()
}

/// By the length of the caller's number, else by the channel; then by the target's.
fn direction(row: &Row<'_>, house: House, from: &End<'_>, to: &End<'_>) -> Direction {
    let src = without_host(caller(row));
    let inside = match from {
        End::Phone(_) => true,
        _ => house.is_extension(src),
    };
    if !inside {
        return Direction::Incoming;
    }
    let outside = match to {
        End::Phone(_) => false,
        End::Local(number) => !house.is_extension(number) && is_long(number, house),
        End::Trunk(_) | End::Nothing => is_long(&row.dst, house),
    };
    if outside {
        Direction::Outgoing
    } else {
        Direction::Internal
    }
}

fn is_long(number: &str, house: House) -> bool {
    let digits = number.bytes().filter(u8::is_ascii_digit).count();
    digits > house.extension_digits && number.bytes().all(|b| b.is_ascii_digit() || b"+*#".contains(&b))
}

fn caller<'a>(row: &'a Row<'_>) -> &'a str {
    if row.src.is_empty() {
        clid(&row.clid).1
    } else {
        &row.src
    }
}

/// Name and number of `"Name" <number>`; a bare text is a number if it has no letters, else a name.
fn clid(clid: &str) -> (&str, &str) {
    let mark = clid.bytes().rposition(|b| b == b'<');
    match mark.map(|at| (&clid[..at], &clid[at + 1..])) {
        Some((name, number)) => (unquoted(name), number.trim_end_matches('>').trim()),
        None if clid.bytes().any(|b| b.is_ascii_alphabetic() || !b.is_ascii()) => (unquoted(clid), ""),
        None => ("", unquoted(clid)),
    }
}

fn unquoted(text: &str) -> &str {
    text.trim().trim_matches('"').trim()
}

fn without_host(number: &str) -> &str {
    up_to(number, *b"@")
}

/// Words that stand for a number or name which the caller keeps back.
fn is_withheld(text: &str) -> bool {
    let words = ["anonymous", "unknown", "unavailable", "restricted", "private"];
    words.iter().any(|word| text.eq_ignore_ascii_case(word))
}

fn filled(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

fn bytes(text: Option<&str>) -> &[u8] {
    text.unwrap_or_default().as_bytes()
}

impl<'a> Seen<'a> {
    #[inline]
    fn leg(&self) -> LegView<'a> {
        let row = self.row;
        let (disposition, answered_by) = self.outcome();
        let answer = match disposition {
            Disposition::Answered | Disposition::Voicemail => row.answer,
            Disposition::NoAnswer | Disposition::Busy | Disposition::Failed | Disposition::Unknown => None,
        };
        let ring = self.ring(disposition);
        let station = self.station();
        let transferred = row.app.eq_ignore_ascii_case("Transferred Call");
        let agent = row.dst_channel.strip_prefix("Agent/");
        LegView {
            answered_at: answer,
            offset: self.house.utc.then_some(Offset::UTC),
            calling_number: bytes(self.calling_number()),
            calling_name: bytes(self.calling_name()),
            called_number: bytes(self.called_number(station)),
            station: station.map(str::as_bytes),
            answered_by: answered_by.map(str::as_bytes),
            trunk: bytes(self.trunk()),
            ring_seconds: ring,
            talk_seconds: Some(row.billed),
            disposition,
            transfer: transferred.then_some((b"", bytes(answered_by))),
            pbx_call_id: row.id.as_bytes(),
            account_code: row.account.as_bytes(),
            inferred: self.inferred(disposition, answered_by.is_some(), ring),
            machine: self.what_answered(disposition, answered_by.is_some()),
            target: bytes(self.target(station)),
            agent: agent.map(|agent| without_suffix("Agent", agent).as_bytes()),
            transferred,
            resolution_seconds: 1,
            ..LegView::new(
                row.lines.first().copied().unwrap_or(1),
                row.line,
                row.start,
                self.direction,
            )
        }
    }

    /// The extension at the far end.
    fn far_extension(&self) -> Option<&'a str> {
        match &self.to {
            End::Phone(number) => Some(number),
            End::Local(number) if self.house.is_extension(number) => Some(number),
            // An extension of a switch behind a trunk, or one whose phone goes by a name or a port.
            End::Trunk(_) if self.direction == Direction::Internal || self.is_one_inside() => self.dialled_extension(),
            _ => None,
        }
    }

    /// An incoming call was dialled through to one channel, and to no number outside: `SIP/alice`, `DAHDI/5`.
    fn is_one_inside(&self) -> bool {
        let dialled = up_to(&self.row.data, *b",|");
        let mut figures = dialled.split(|c: char| !c.is_ascii_digit());
        self.direction == Direction::Incoming
            && self.row.app.eq_ignore_ascii_case("Dial")
            && !dialled.is_empty()
            && !dialled.contains('&')
            && figures.all(|f| f.len() <= self.house.extension_digits)
    }

    fn dialled_extension(&self) -> Option<&'a str> {
        let single = self.row.dst.len() < 2;
        (self.house.is_extension(&self.row.dst) && !single).then_some(&self.row.dst)
    }

    fn outcome(&self) -> (Disposition, Option<&'a str>) {
        let outgoing = self.direction == Direction::Outgoing;
        match self.row.ended {
            Ended::NoAnswer => return (Disposition::NoAnswer, None),
            Ended::Busy => return (Disposition::Busy, None),
            Ended::Failed => return (Disposition::Failed, None),
            Ended::Unknown => return (Disposition::Unknown, None),
            Ended::Answered => {}
        }
        match (self.machine, self.far_extension()) {
            (_, _) if outgoing => match self.row.billed > 0 && self.to != End::Nothing && self.machine.is_none() {
                true => (Disposition::Answered, None),
                false => (Disposition::Unknown, None),
            },
            (Some(Machine::Voicemail), _) if self.row.billed > 0 => (Disposition::Voicemail, None),
            (Some(_), _) => (Disposition::NoAnswer, None),
            (None, _) if self.row.billed == 0 => (Disposition::NoAnswer, None),
            (None, Some(extension)) => (Disposition::Answered, Some(extension)),
            // Put through to the outside: somebody talked, nobody of the house.
            (None, None) if self.to != End::Nothing => (Disposition::Unknown, None),
            (None, None) => (Disposition::NoAnswer, None),
        }
    }

    fn what_answered(&self, disposition: Disposition, by_person: bool) -> Option<Machine> {
        let picked_up = self.row.answer.is_some() && self.row.billed > 0;
        if by_person || !picked_up || self.direction == Direction::Outgoing || disposition == Disposition::Unknown {
            return None;
        }
        self.machine.or(match is_queue(self.row) {
            true => Some(Machine::Queue),
            false => (self.to == End::Nothing).then_some(Machine::Ivr),
        })
    }

    /// The channel was picked up before anybody could be asked: by a menu, or by the queue.
    fn machine_first(&self) -> bool {
        let at_once = self.row.answer == Some(self.row.start) && self.direction == Direction::Incoming;
        self.row.machine_first || is_queue(self.row) || at_once
    }

    /// Until the answer, or as long as it lasted if there was none.
    fn ring(&self, disposition: Disposition) -> Option<i64> {
        match disposition {
            Disposition::Answered if !self.machine_first() => {
                let answer = self.row.answer?;
                Some(stamps::seconds(self.row.start, answer).max(0))
            }
            Disposition::NoAnswer if self.row.billed == 0 => self.row.duration,
            _ => None,
        }
    }

    fn station(&self) -> Option<&'a str> {
        if self.direction == Direction::Outgoing {
            return self.near_extension();
        }
        let mailbox = || {
            let mailbox = up_to(&self.row.data, *b"@,|&");
            (self.machine == Some(Machine::Voicemail) && self.house.is_extension(mailbox)).then_some(mailbox)
        };
        let rung = || {
            self.dialled_extension()
                .filter(|_| self.row.app.eq_ignore_ascii_case("Dial"))
        };
        self.far_extension()
            .filter(|_| self.machine != Some(Machine::Ivr))
            .or_else(mailbox)
            .or_else(rung)
    }

    fn near_extension(&self) -> Option<&'a str> {
        let src = without_host(caller(self.row));
        match &self.from {
            End::Phone(number) => Some(number),
            _ => self.house.is_extension(src).then_some(src),
        }
    }

    fn calling_number(&self) -> Option<&'a str> {
        if self.direction != Direction::Incoming {
            return self.near_extension();
        }
        let number = without_host(caller(self.row));
        if is_withheld(number) { None } else { filled(number) }
    }

    /// None if it only repeats the number, or says that there is none.
    fn calling_name(&self) -> Option<&'a str> {
        let (name, number) = clid(&self.row.clid);
        let told = name != number && name != self.row.src && !is_withheld(name);
        filled(name).filter(|_| told)
    }

    /// The queue, or the extension that was asked for.
    fn target(&self, station: Option<&'a str>) -> Option<&'a str> {
        if self.direction == Direction::Outgoing {
            return None;
        }
        if is_queue(self.row) {
            return filled(up_to(&self.row.data, *b",|").trim());
        }
        let behind_local = self.row.data.strip_prefix("Local/").map(|d| up_to(d, *b"@"));
        behind_local
            .filter(|number| self.house.is_extension(number))
            .or(self.far_extension())
            .or(station)
    }

    fn called_number(&self, station: Option<&'a str>) -> Option<&'a str> {
        let dst = without_purpose(without_host(&self.row.dst));
        // FreePBX's places for the mailbox of an extension: `vmu201`, `vmb201`.
        let owner = dst.strip_prefix("vm").and_then(|rest| rest.get(1..));
        let dst = owner.filter(|owner| self.house.is_extension(owner)).unwrap_or(dst);
        // `s`, `h`, `i`, `t` are places of the dial plan, and one digit is a key pressed in a menu.
        let place = dst.len() < 2 && self.direction != Direction::Outgoing;
        filled(dst).filter(|_| !place).or_else(|| self.target(station))
    }

    fn trunk(&self) -> Option<&'a str> {
        match (&self.from, &self.to) {
            (End::Trunk(name), _) | (_, End::Trunk(name)) => Some(*name),
            _ => None,
        }
    }

    fn inferred(&self, disposition: Disposition, answered_by: bool, ring: Option<i64>) -> Deductions {
        let row = self.row;
        let no_talk = row.ended == Ended::Answered && row.billed == 0 && self.machine.is_none();
        // Without the row that continues it, the channel's answer may be the queue's or the menu's.
        let own_answer = !self.machine_first() || row.lines.len() > 1;
        let likely = answered_by && !matches!(self.to, End::Phone(_));
        let mut inferred = Deductions::default();
        inferred.note(self.direction_inferred, Deduced::Direction);
        inferred.note(disposition == Disposition::Answered && !own_answer, Deduced::AnsweredAt);
        inferred.note(ring.is_some(), Deduced::RingSeconds);
        inferred.note(no_talk, Deduced::Disposition);
        inferred.note(likely, Deduced::AnsweredBy);
        inferred
    }
}

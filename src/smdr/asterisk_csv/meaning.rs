//! What a row of Asterisk means: whose channel is whose, which way the call went, who answered. Pure.
//!
//! **Invariants.** A menu, a mailbox, a queue's own pick-up or a bridge is never an answerer.

use jiff::tz::Offset;

use super::app::App;
use super::row::{Ended, Row};
use crate::call::{Direction, Disposition, Machine};
use crate::smdr::bytes::{Class, same};
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
    Phone(&'a [u8]),
    /// A line to the outside, or to another switch, as `TECHNOLOGY/name`.
    Trunk(&'a [u8]),
    /// Asterisk's own pseudo-channel, with the number dialled through it.
    Local(&'a [u8]),
}

/// Digits of a channel's counter.
static HEXADECIMAL: Class = Class::of(b"0123456789abcdefABCDEF");

/// What is surely a part of a device's name.
static DEVICE: Class = Class::alphanumeric_and(b"-_.+");

/// Technologies whose channel name is the phone's, not a port's.
const PHONES: [&str; 9] = ["SIP", "PJSIP", "IAX2", "IAX", "SCCP", "SKINNY", "MGCP", "USTM", "AGENT"];

impl House {
    /// Whether a number is an extension.
    #[inline]
    pub fn is_extension(self, number: &[u8]) -> bool {
        number.len() <= self.extension_digits && usual::is_digits(number)
    }

    /// Whose a channel is: `SIP/201-0000000a` is the phone 201, `SIP/carrier-0000000b` a trunk.
    #[inline]
    pub fn end(self, channel: &[u8]) -> End<'_> {
        let Some(slash) = channel.iter().position(|b| *b == b'/') else {
            return End::Nothing;
        };
        let (technology, name) = channel.split_at(slash);
        let name = name.get(1..).unwrap_or_default();
        let is_local = technology.eq_ignore_ascii_case(b"Local");
        if is_local {
            // The number dialled through it: what is behind is of no use.
            let number = up_to(name, *b"@<;");
            if name.get(number.len()) == Some(&b'@') {
                return End::Local(without_purpose(number));
            }
        } else if let Some((device, [b'-', counter @ ..])) = name.split_last_chunk::<9>()
            && HEXADECIMAL.has_all(counter)
        {
            // As nearly all others are written, with a counter of eight figures.
            if self.is_extension(device) && is_phone(technology) {
                return End::Phone(device);
            }
            if !device.is_empty() && DEVICE.has_all(device) {
                return End::Trunk(channel.split_at(channel.len() - 9).0);
            }
        }
        self.other_end(channel, technology, name)
    }

    fn other_end<'a>(self, channel: &'a [u8], technology: &'a [u8], name: &'a [u8]) -> End<'a> {
        let name = without_suffix(technology, name);
        if technology.eq_ignore_ascii_case(b"Local") {
            return End::Local(without_purpose(up_to(name, *b"@")));
        }
        // `SIP/carrier/0123` and `DAHDI/i1/0123` name a number behind the line.
        let device = up_to(name, *b"/");
        // A line of a Skinny phone: `Skinny/202@desk`.
        let skinny = technology.eq_ignore_ascii_case(b"Skinny");
        let phone = if skinny { up_to(device, *b"@") } else { device };
        if self.is_extension(phone) && is_phone(technology) {
            return End::Phone(phone);
        }
        End::Trunk(channel.get(..technology.len() + 1 + device.len()).unwrap_or(channel))
    }
}

#[inline]
fn is_phone(technology: &[u8]) -> bool {
    matches!(technology, b"SIP" | b"PJSIP") || PHONES.iter().any(|p| technology.eq_ignore_ascii_case(p.as_bytes()))
}

/// The text before the first of these bytes of ASCII.
#[inline]
fn up_to<const N: usize>(text: &[u8], ends: [u8; N]) -> &[u8] {
    let is_end = |b: &u8| ends.iter().fold(false, |is, end| is | (b == end));
    text.iter().position(is_end).map_or(text, |end| text.split_at(end).0)
}

/// The texts around the last of these bytes.
#[inline]
fn around_last(text: &[u8], byte: u8) -> Option<(&[u8], &[u8])> {
    let (before, at) = text.split_at(text.iter().rposition(|b| *b == byte)?);
    Some((before, at.get(1..)?))
}

/// A channel's name without the counter that makes it unique.
fn without_suffix<'a>(technology: &[u8], name: &'a [u8]) -> &'a [u8] {
    let name = up_to(name, *b"<;");
    let port = || technology.eq_ignore_ascii_case(b"DAHDI") || technology.eq_ignore_ascii_case(b"Zap");
    match around_last(name, b'-') {
        Some((device, counter))
            if !device.is_empty() && (counter.len() >= 4 || port()) && HEXADECIMAL.has_all(counter) =>
        {
            device
        }
        _ => name,
    }
}

/// FreePBX writes before the number what it is dialled for: `FMPR-201`, `RG-600-201`, `FMGL-0155501234#`.
#[inline]
fn without_purpose(number: &[u8]) -> &[u8] {
    let is_marked = |mark: &&[u8]| number.starts_with(mark);
    match number {
        [b'F' | b'R' | b'L', ..] if [&b"FMPR-"[..], b"FMGL-", b"RG-", b"LC-"].iter().any(is_marked) => {
            around_last(number, b'-').map_or(number, |(_, bare)| without_last(bare, b'#'))
        }
        _ => number,
    }
}

/// Without any such byte at the end.
fn without_last(text: &[u8], byte: u8) -> &[u8] {
    let end = text.iter().rposition(|b| *b != byte).map_or(0, |last| last + 1);
    text.split_at(end).0
}

/// Without the blanks of any script around it.
#[inline]
fn trimmed(text: &[u8]) -> &[u8] {
    let text = usual::trimmed(text);
    match text {
        [] => text,
        [first, .., last] if first.is_ascii_graphic() && last.is_ascii_graphic() => text,
        _ => str::from_utf8(text).map_or(text, |text| text.trim().as_bytes()),
    }
}

/// The channel's own row of a called party, in which nobody else has a part.
#[inline]
pub fn is_called_half(row: &Row<'_>) -> bool {
    let local = || row.dst_channel.is_empty() || row.dst_channel.starts_with(b"Local/");
    row.app == App::Called && (row.billed == 0 || local())
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
    /// The extension at the far end.
    far: Option<&'a [u8]>,
}

/// The leg that a row is, of its first line.
#[inline]
pub fn leg<'r>(row: &'r Row<'_>, house: House) -> LegView<'r> {
    let (from, to) = (house.end(row.channel), house.end(row.dst_channel));
    let direction = direction(row, house, &from, &to);
    let by_channels = match direction {
        Direction::Incoming => matches!((&from, &to), (End::Trunk(_), End::Phone(_))),
        Direction::Outgoing => matches!((&from, &to), (End::Phone(_), End::Trunk(_))),
        Direction::Internal => matches!((&from, &to), (End::Phone(_), End::Phone(_))),
    };
    let mut seen = Seen {
        row,
        house,
        machine: row.app.machine(),
        from,
        to,
        direction,
        direction_inferred: !by_channels,
        far: None,
    };
    seen.far = seen.far_extension();
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
        End::Trunk(_) | End::Nothing => is_long(row.dst, house),
    };
    if outside {
        Direction::Outgoing
    } else {
        Direction::Internal
    }
}

fn is_long(number: &[u8], house: House) -> bool {
    let digits = number.iter().filter(|b| b.is_ascii_digit()).count();
    digits > house.extension_digits && number.iter().all(|b| b.is_ascii_digit() || b"+*#".contains(b))
}

fn caller<'a>(row: &'a Row<'_>) -> &'a [u8] {
    if row.src.is_empty() { clid(row.clid).1 } else { row.src }
}

/// Name and number of `"Name" <number>`; a bare text is a number if it has no letters, else a name.
#[inline]
fn clid(clid: &[u8]) -> (&[u8], &[u8]) {
    match around_last(clid, b'<') {
        Some((name, number)) => (unquoted(name), trimmed(without_last(number, b'>'))),
        None if clid.iter().any(|b| b.is_ascii_alphabetic() || !b.is_ascii()) => (unquoted(clid), b""),
        None => (b"", unquoted(clid)),
    }
}

fn unquoted(text: &[u8]) -> &[u8] {
    let text = without_last(trimmed(text), b'"');
    let begin = text.iter().position(|b| *b != b'"').unwrap_or(text.len());
    trimmed(text.split_at(begin).1)
}

fn without_host(number: &[u8]) -> &[u8] {
    up_to(number, *b"@")
}

/// Words that stand for a number or name which the caller keeps back.
#[inline]
fn is_withheld(text: &[u8]) -> bool {
    let words = ["anonymous", "unknown", "unavailable", "restricted", "private"];
    // Most numbers and names begin otherwise.
    matches!(text, [b'a' | b'u' | b'r' | b'p' | b'A' | b'U' | b'R' | b'P', ..])
        && words.iter().any(|word| text.eq_ignore_ascii_case(word.as_bytes()))
}

fn filled(text: &[u8]) -> Option<&[u8]> {
    (!text.is_empty()).then_some(text)
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
        let transferred = row.app == App::TransferredCall;
        let agent = row.dst_channel.strip_prefix(b"Agent/");
        LegView {
            answered_at: answer,
            offset: self.house.utc.then_some(Offset::UTC),
            calling_number: self.calling_number().unwrap_or_default(),
            calling_name: self.calling_name().unwrap_or_default(),
            called_number: self.called_number(station).unwrap_or_default(),
            station,
            answered_by,
            trunk: self.trunk().unwrap_or_default(),
            ring_seconds: ring,
            talk_seconds: Some(row.billed),
            disposition,
            transfer: transferred.then_some((b"", answered_by.unwrap_or_default())),
            pbx_call_id: row.id,
            account_code: row.account,
            inferred: self.inferred(disposition, answered_by.is_some(), ring),
            machine: self.what_answered(disposition, answered_by.is_some()),
            target: self.target(station).unwrap_or_default(),
            agent: agent.map(|agent| without_suffix(b"Agent", agent)),
            transferred,
            resolution_seconds: 1,
            ..LegView::new(row.number, row.line, row.start, self.direction)
        }
    }

    /// The extension at the far end.
    #[inline]
    fn far_extension(&self) -> Option<&'a [u8]> {
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
        let dialled = up_to(self.row.data, *b",|");
        let mut figures = dialled.split(|b| !b.is_ascii_digit());
        self.direction == Direction::Incoming
            && self.row.app == App::Dial
            && !dialled.is_empty()
            && !dialled.contains(&b'&')
            && figures.all(|f| f.len() <= self.house.extension_digits)
    }

    fn dialled_extension(&self) -> Option<&'a [u8]> {
        let single = self.row.dst.len() < 2;
        (self.house.is_extension(self.row.dst) && !single).then_some(self.row.dst)
    }

    fn outcome(&self) -> (Disposition, Option<&'a [u8]>) {
        let outgoing = self.direction == Direction::Outgoing;
        match self.row.ended {
            Ended::NoAnswer => return (Disposition::NoAnswer, None),
            Ended::Busy => return (Disposition::Busy, None),
            Ended::Failed => return (Disposition::Failed, None),
            Ended::Unknown => return (Disposition::Unknown, None),
            Ended::Answered => {}
        }
        match (self.machine, self.far) {
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
        self.machine.or(match self.row.app == App::Queue {
            true => Some(Machine::Queue),
            false => (self.to == End::Nothing).then_some(Machine::Ivr),
        })
    }

    /// The channel was picked up before anybody could be asked: by a menu, or by the queue.
    fn machine_first(&self) -> bool {
        let at_once = self.row.answer == Some(self.row.start) && self.direction == Direction::Incoming;
        self.row.machine_first || (self.row.app == App::Queue) || at_once
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

    fn station(&self) -> Option<&'a [u8]> {
        if self.direction == Direction::Outgoing {
            return self.near_extension();
        }
        let mailbox = || {
            let mailbox = up_to(self.row.data, *b"@,|&");
            (self.machine == Some(Machine::Voicemail) && self.house.is_extension(mailbox)).then_some(mailbox)
        };
        let rung = || self.dialled_extension().filter(|_| self.row.app == App::Dial);
        self.far
            .filter(|_| self.machine != Some(Machine::Ivr))
            .or_else(mailbox)
            .or_else(rung)
    }

    fn near_extension(&self) -> Option<&'a [u8]> {
        let src = without_host(caller(self.row));
        match &self.from {
            End::Phone(number) => Some(number),
            _ => self.house.is_extension(src).then_some(src),
        }
    }

    fn calling_number(&self) -> Option<&'a [u8]> {
        if self.direction != Direction::Incoming {
            return self.near_extension();
        }
        let number = without_host(caller(self.row));
        if is_withheld(number) { None } else { filled(number) }
    }

    /// None if it only repeats the number, or says that there is none.
    fn calling_name(&self) -> Option<&'a [u8]> {
        let (name, number) = clid(self.row.clid);
        let told = !same(name, number) && !same(name, self.row.src) && !is_withheld(name);
        filled(name).filter(|_| told)
    }

    /// The queue, or the extension that was asked for.
    fn target(&self, station: Option<&'a [u8]>) -> Option<&'a [u8]> {
        if self.direction == Direction::Outgoing {
            return None;
        }
        if self.row.app == App::Queue {
            return filled(trimmed(up_to(self.row.data, *b",|")));
        }
        let behind_local = self.row.data.strip_prefix(b"Local/").map(|d| up_to(d, *b"@"));
        behind_local
            .filter(|number| self.house.is_extension(number))
            .or(self.far)
            .or(station)
    }

    fn called_number(&self, station: Option<&'a [u8]>) -> Option<&'a [u8]> {
        let dst = without_purpose(without_host(self.row.dst));
        // FreePBX's places for the mailbox of an extension: `vmu201`, `vmb201`.
        let owner = dst.strip_prefix(b"vm").and_then(|rest| rest.get(1..));
        let dst = owner.filter(|owner| self.house.is_extension(owner)).unwrap_or(dst);
        // `s`, `h`, `i`, `t` are places of the dial plan, and one digit is a key pressed in a menu.
        let place = dst.len() < 2 && self.direction != Direction::Outgoing;
        filled(dst).filter(|_| !place).or_else(|| self.target(station))
    }

    fn trunk(&self) -> Option<&'a [u8]> {
        match (&self.from, &self.to) {
            (End::Trunk(name), _) | (_, End::Trunk(name)) => Some(*name),
            _ => None,
        }
    }

    fn inferred(&self, disposition: Disposition, answered_by: bool, ring: Option<i64>) -> Deductions {
        let row = self.row;
        let no_talk = row.ended == Ended::Answered && row.billed == 0 && self.machine.is_none();
        // Without the row that continues it, the channel's answer may be the queue's or the menu's.
        let own_answer = !self.machine_first() || row.is_joined;
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

//! The switch: a connection to the feed, and the lines that Avaya IP Office prints.

use std::fmt;
use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};

use socket2::{Domain, Socket, Type};

/// A switch that has not connected yet.
pub struct Pbx {
    port: u16,
}

impl Pbx {
    /// One that will connect to this port.
    pub const fn new(port: u16) -> Self {
        Self { port }
    }

    /// Connects from 127.0.0.1.
    pub fn connect(&self) -> Line {
        self.connect_from(Ipv4Addr::LOCALHOST)
    }

    /// Connects from another address of this machine.
    pub fn connect_from(&self, address: Ipv4Addr) -> Line {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        socket.bind(&SocketAddr::from((address, 0)).into()).unwrap();
        let feed = SocketAddr::from((Ipv4Addr::LOCALHOST, self.port));
        socket
            .connect(&feed.into())
            .unwrap_or_else(|e| panic!("feed {feed}: {e}"));
        socket.set_tcp_nodelay(true).unwrap();
        Line { stream: socket.into() }
    }
}

/// A connection to the feed. Dropping it hangs up.
pub struct Line {
    /// The socket.
    pub stream: TcpStream,
}

impl Line {
    /// Sends a line with CR LF.
    #[track_caller]
    pub fn send(&mut self, line: impl fmt::Display) -> &mut Self {
        self.bytes(format!("{line}\r\n").as_bytes())
    }

    /// Sends bytes as they are.
    #[track_caller]
    pub fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.try_bytes(bytes)
            .unwrap_or_else(|e| panic!("the feed does not read: {e}"));
        self
    }

    /// Sends bytes while the program may be dying.
    pub fn try_bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)
    }
}

/// One line of IP Office SMDR: 30 fields, see the vendor's manual.
///
/// ```text
/// start, connected, ring, caller, I/O, called, dialled, account, internal, id, continuation,
/// party 1, name, party 2, name, hold, park, …
/// ```
#[derive(Debug, Clone)]
pub struct IpoLine {
    fields: [String; 30],
}

impl IpoLine {
    /// A call from outside that concerns an extension: answered after 5 s, 180 s of talk.
    pub fn incoming(ext: &str, caller: &str) -> Self {
        let mut line = Self {
            fields: Default::default(),
        };
        line.set(2, "00:00:00").set(3, 5).set(4, caller).set(5, "I");
        line.set(6, ext).set(7, ext).set(9, 0).set(11, 0);
        line.set(12, format!("E{ext}")).set(13, format!("Extn{ext}"));
        line.set(14, "T9001").set(15, "Line 1.1").set(16, 0).set(17, 0);
        line.talk(180).id(1)
    }

    /// Field `n` of the manual, from 1.
    pub fn field(mut self, n: usize, value: impl fmt::Display) -> Self {
        self.set(n, value);
        self
    }

    fn set(&mut self, n: usize, value: impl fmt::Display) -> &mut Self {
        self.fields[n - 1] = value.to_string();
        self
    }

    /// When the call began to ring, `YYYY/MM/DD HH:MM:SS`; the same on all lines of a call.
    pub fn start(self, stamp: impl fmt::Display) -> Self {
        self.field(1, stamp)
    }

    /// Seconds of talk.
    pub fn talk(self, seconds: u32) -> Self {
        let (h, m, s) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        self.field(2, format!("{h:02}:{m:02}:{s:02}"))
    }

    /// Seconds of ringing.
    pub fn ring(self, seconds: u32) -> Self {
        self.field(3, seconds)
    }

    /// The extension or group that was called, where another answered.
    pub fn called(self, number: &str) -> Self {
        self.field(6, number).field(7, number)
    }

    /// Seconds parked.
    pub fn park(self, seconds: u32) -> Self {
        self.field(17, seconds)
    }

    /// The switch's number of the call.
    pub fn id(self, id: u32) -> Self {
        self.field(10, 1_000_000 + id)
    }

    /// More lines of this call follow.
    pub fn more(self) -> Self {
        self.field(11, 1)
    }

    /// Nobody talked.
    pub fn unanswered(self) -> Self {
        self.talk(0)
    }

    /// The mailbox has the caller.
    pub fn voicemail(self) -> Self {
        self.field(12, "V9501").field(13, "VM Channel 1")
    }

    /// The name of the answering extension.
    pub fn name(self, name: &str) -> Self {
        self.field(13, name)
    }
}

impl fmt::Display for IpoLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.fields.join(","))
    }
}

#[test]
fn lines_are_as_the_manual_prints_them() {
    // Avaya's manual, "SMDR examples": a lost call. The account of trailing commas is that of 30 fields.
    let lost = IpoLine::incoming("4324", "8004206")
        .start("2008/06/28 09:28:41")
        .ring(9)
        .unanswered()
        .field(10, 1_000_014_155)
        .name("Joe Bloggs")
        .field(14, "T9161")
        .field(15, "LINE 5.1");
    assert_eq!(
        lost.to_string(),
        "2008/06/28 09:28:41,00:00:00,9,8004206,I,4324,4324,,0,1000014155,0,E4324,Joe Bloggs,T9161,LINE 5.1,0,0,,,,,,,,,,,,,"
    );
}

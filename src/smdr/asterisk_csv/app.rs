//! Applications of the dial plan: which is a way to a person.

use crate::call::Machine;

/// What a row's last application was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum App {
    /// It calls channels.
    Dial,
    /// `AppDial`, the called channel's own.
    Called,
    /// A queue.
    Queue,
    /// A transfer's own row.
    TransferredCall,
    /// No way to a person.
    Machine(Machine),
    /// Anything else, or none.
    Other,
}

impl App {
    /// By its name, in whatever letters.
    #[inline]
    pub fn of(name: &[u8]) -> Self {
        match name {
            b"Dial" => Self::Dial,
            b"Queue" => Self::Queue,
            _ => Self::other(name),
        }
    }

    fn other(name: &[u8]) -> Self {
        let is = |app: &str| name.eq_ignore_ascii_case(app.as_bytes());
        let mut machines = MACHINES.iter();
        if is("Dial") {
            Self::Dial
        } else if is("AppDial") {
            Self::Called
        } else if is("Queue") {
            Self::Queue
        } else if is("Transferred Call") {
            Self::TransferredCall
        } else if let Some((machine, _)) = machines.find(|(_, apps)| apps.iter().any(|app| is(app))) {
            Self::Machine(*machine)
        } else {
            Self::Other
        }
    }

    /// What answers, if it is no way to a person.
    #[inline]
    pub const fn machine(self) -> Option<Machine> {
        match self {
            Self::Machine(machine) => Some(machine),
            _ => None,
        }
    }
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

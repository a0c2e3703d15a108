//! What a party of a call is, and what the switch calls it.

use crate::call::Machine;

/// What a party is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Party<'a> {
    /// Beyond a trunk.
    Outside,
    /// A person's phone, for all that is known; `sure`: types or options say so.
    Extension { number: &'a [u8], sure: bool },
    /// A group of phones that rings without answering.
    Group,
    /// A machine that answers.
    Machine(Machine),
    /// The mailbox.
    Voicemail,
    /// The switch's own announcement that the call ends.
    EndCall,
    /// A pickup code.
    Pickup,
}

/// What the switch calls a party, in versions that do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It does not say.
    Blank,
    /// One inside, whatever it is.
    Internal,
    /// A phone.
    Extension,
    /// One beyond a trunk.
    Outside,
    /// A ring group.
    Group,
    /// A queue, a menu and the like.
    Machine(Machine),
    /// The mailbox.
    Voicemail,
}

impl Kind {
    /// Of a type's cell; `None` if it is none. Later versions write small letters and low lines.
    #[inline]
    pub fn of(word: &[u8]) -> Option<Self> {
        /// Makes letters small, and nothing else to one.
        const SMALL: u64 = 0x2020_2020_2020_2020;
        const INTERNAL: u64 = u64::from_le_bytes(*b"internal");
        const EXTERNAL: u64 = u64::from_le_bytes(*b"external");
        // Nearly all are one of two, or none.
        if let Ok(eight) = word.try_into() {
            match u64::from_le_bytes(eight) | SMALL {
                INTERNAL => return Some(Self::Internal),
                EXTERNAL => return Some(Self::Outside),
                _ => {}
            }
        }
        if word.is_empty() {
            Some(Self::Blank)
        } else {
            Self::other(word)
        }
    }

    fn other(word: &[u8]) -> Option<Self> {
        let known: &[(&str, Self)] = match word.len() {
            3 => &[
                ("ivr", Self::Machine(Machine::Ivr)),
                ("fax", Self::Machine(Machine::Fax)),
            ],
            4 => &[("line", Self::Outside)],
            5 => &[
                ("queue", Self::Machine(Machine::Queue)),
                ("group", Self::Group),
                ("vmail", Self::Voicemail),
            ],
            6 => &[("script", Self::Machine(Machine::Ivr))],
            7 => &[("parking", Self::Machine(Machine::Other))],
            8 => &[("provider", Self::Outside)],
            9 => &[
                ("extension", Self::Extension),
                ("ringgroup", Self::Group),
                ("voicemail", Self::Voicemail),
                ("confplace", Self::Machine(Machine::Other)),
                ("parkplace", Self::Machine(Machine::Other)),
            ],
            10 => &[
                ("ring_group", Self::Group),
                ("conference", Self::Machine(Machine::Other)),
            ],
            11 => &[("specialmenu", Self::Voicemail)],
            12 => &[("externalline", Self::Outside)],
            13 => &[("external_line", Self::Outside), ("outbound_rule", Self::Outside)],
            15 => &[("ring_group_hunt", Self::Group)],
            19 => &[
                ("ring_group_ring_all", Self::Group),
                ("digitalreceptionist", Self::Machine(Machine::Ivr)),
            ],
            20 => &[("digital_receptionist", Self::Machine(Machine::Ivr))],
            _ => &[],
        };
        let mut known = known.iter();
        known.find_map(|(name, kind)| word.eq_ignore_ascii_case(name.as_bytes()).then_some(*kind))
    }

    /// Of three cells side by side.
    #[inline]
    pub fn three<'a>(cell: impl Fn(usize) -> &'a [u8]) -> Option<[Self; 3]> {
        Some([Self::of(cell(0))?, Self::of(cell(1))?, Self::of(cell(2))?])
    }

    /// The party of this kind; `None` if that tells not enough.
    #[inline]
    pub const fn party(self, number: &[u8]) -> Option<Party<'_>> {
        match self {
            Self::Blank | Self::Internal => None,
            Self::Extension => Some(Party::Extension { number, sure: true }),
            Self::Outside => Some(Party::Outside),
            Self::Group => Some(Party::Group),
            Self::Machine(machine) => Some(Party::Machine(machine)),
            Self::Voicemail => Some(Party::Voicemail),
        }
    }
}

/// Without the format's mark of an extension.
#[inline]
pub fn bare(number: &[u8]) -> &[u8] {
    number.strip_prefix(b"Ext.").unwrap_or(number)
}

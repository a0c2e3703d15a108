//! The fields of a line and their order: as the administrator chose them, or as a line shows.

use super::party::Kind;
use crate::smdr::OptionError;
use crate::smdr::misfit::{Field, trim};
use crate::smdr::registry::nearest;

/// Fields as 3CX names them, in the usual order, with what they hold.
pub const FIELDS: [(&str, &str); 27] = [
    ("historyid", "`Call ` and a number"),
    ("callid", "a call id"),
    ("duration", "HH:MM:SS or nothing"),
    ("time-start", "YYYY/MM/DD HH:MM:SS"),
    ("time-answered", "YYYY/MM/DD HH:MM:SS or nothing"),
    ("time-end", "YYYY/MM/DD HH:MM:SS or nothing"),
    ("reason-terminated", "a word such as TerminatedBySrc"),
    ("from-no", "a number"),
    ("to-no", "a number"),
    ("from-dn", "a number"),
    ("to-dn", "a number"),
    ("dial-no", "a number"),
    ("reason-changed", "a word such as ReplacedDst, or nothing"),
    ("final-number", "a number or name"),
    ("final-dn", "a number"),
    ("bill-code", "a code"),
    ("bill-rate", "an amount"),
    ("bill-cost", "an amount"),
    ("bill-name", "a name"),
    ("chain", "`Chain: ` and parties to the last, each with `;`"),
    ("from-type", "a word such as External"),
    ("to-type", "a word such as Internal"),
    ("final-type", "a word such as Internal"),
    ("from-dispname", "a name"),
    ("to-dispname", "a name"),
    ("final-dispname", "a name"),
    ("missed-queue-calls", "numbers"),
];
// Their places in it.
pub const HISTORYID: usize = 0;
pub const CALLID: usize = 1;
pub const DURATION: usize = 2;
pub const TIME_START: usize = 3;
pub const TIME_ANSWERED: usize = 4;
pub const TIME_END: usize = 5;
pub const REASON_TERMINATED: usize = 6;
pub const FROM_NO: usize = 7;
pub const TO_NO: usize = 8;
pub const FROM_DN: usize = 9;
pub const TO_DN: usize = 10;
pub const DIAL_NO: usize = 11;
pub const REASON_CHANGED: usize = 12;
pub const FINAL_NUMBER: usize = 13;
pub const FINAL_DN: usize = 14;
pub const BILL_CODE: usize = 15;
pub const CHAIN: usize = 19;
pub const FROM_TYPE: usize = 20;
pub const TO_TYPE: usize = 21;
pub const FINAL_TYPE: usize = 22;
pub const FROM_DISPNAME: usize = 23;

/// The usual order stops here, or goes on to the end.
pub const SHORT: usize = 20;
/// So many fields are about billing.
const BILLING: usize = CHAIN - BILL_CODE;

fn index(name: &str) -> Option<usize> {
    let name = name.trim().to_lowercase().replace('_', "-");
    let name = if name == "final-no" { "final-number" } else { &name };
    FIELDS.iter().position(|(known, _)| *known == name)
}

/// Whether the cell is a field's name.
pub fn is_name(cell: &[u8]) -> bool {
    let plausible = cell.len() < 32 && !cell.iter().any(u8::is_ascii_digit);
    plausible && std::str::from_utf8(cell).is_ok_and(|name| index(name.trim_matches('"')).is_some())
}

/// Where each field stands.
pub struct Layout {
    places: [Option<usize>; FIELDS.len()],
    /// How many fields were chosen; `None`: the usual ones.
    pub(super) chosen: Option<usize>,
}

impl Layout {
    /// The option `fields`.
    ///
    /// # Errors
    /// An unknown name, or one without which a call can't be told.
    pub fn option(names: Option<Vec<String>>) -> Result<Self, OptionError> {
        let wrong = |reason: String| OptionError::new("fields", reason);
        let Some(names) = names else {
            return Ok(Self::usual());
        };
        let mut places = [None; FIELDS.len()];
        for (place, name) in names.iter().enumerate() {
            let field = index(name).ok_or_else(|| {
                let near = nearest(name, FIELDS.iter().map(|(known, _)| *known));
                let hint = near.map_or(String::new(), |near| format!("; did you mean `{near}`?"));
                wrong(format!("3CX has no field `{name}`{hint}"))
            })?;
            if places[field].replace(place).is_some() {
                return Err(wrong(format!("`{name}` is there twice")));
            }
        }
        for needed in ["time-start", "time-answered", "from-no", "to-no"] {
            if index(needed).is_none_or(|field| places[field].is_none()) {
                return Err(wrong(format!(
                    "`{needed}` is missing; add it in 3CX's CDR settings too"
                )));
            }
        }
        Ok(Self {
            places,
            chosen: Some(names.len()),
        })
    }

    /// That of a line whose order was seen.
    pub fn of(order: &Order) -> Self {
        let Some(count) = order.chosen else {
            return Self::usual();
        };
        let mut places: [Option<usize>; FIELDS.len()] =
            std::array::from_fn(|field| (field < BILL_CODE).then_some(field));
        if order.chain == CHAIN {
            (BILL_CODE..CHAIN).for_each(|field| places[field] = Some(field));
        }
        places[CHAIN] = Some(order.chain);
        for (first, begin) in [(FROM_TYPE, order.types), (FROM_DISPNAME, order.names)] {
            (0..3).for_each(|n| places[first + n] = begin.map(|begin| begin + n));
        }
        Self {
            places,
            chosen: Some(count),
        }
    }

    pub fn usual() -> Self {
        Self {
            places: std::array::from_fn(Some),
            chosen: None,
        }
    }

    /// The field as it stands in a line; `None` where it was not chosen.
    pub fn field(&self, place: usize) -> Option<Field> {
        let (name, expected) = *FIELDS.get(place)?;
        let chosen = (*self.places.get(place)?)?;
        Some(Field {
            number: chosen + 1,
            name,
            expected,
        })
    }

    pub fn fits(&self, count: usize) -> bool {
        match self.chosen {
            // The last separator may close the line; a name may hold commas.
            Some(chosen) => count == chosen || count == chosen + 1,
            None => count == SHORT || count >= FIELDS.len(),
        }
    }
}

/// The order of a line, where the option does not give it: sites leave the billing out, or have all fields in the order in
/// which 3CX adds them, with missed calls and names before the types. The chain and the types show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Order {
    /// Where the chain is; without billing it is earlier than usual.
    pub chain: usize,
    /// Where the first of three types is.
    pub types: Option<usize>,
    /// Where the first of three names is.
    pub names: Option<usize>,
    /// How many cells the line has; `None`: the usual ones, in as much as they are there.
    pub chosen: Option<usize>,
}

impl Order {
    const USUAL: Self = Self {
        chain: CHAIN,
        types: Some(FROM_TYPE),
        names: Some(FROM_DISPNAME),
        chosen: None,
    };

    /// That of a line with so many cells, of which `printed` is the first that begins as a chain does.
    #[inline]
    pub fn seen<'a>(count: usize, printed: Option<usize>, cell: impl Fn(usize) -> &'a [u8]) -> Self {
        // A call that nobody took has no chain: the count and the first type show where it would stand.
        let short = [FIELDS.len() - BILLING - 1, FIELDS.len() - BILLING].contains(&count);
        let first = || trim(cell(FROM_TYPE - BILLING));
        let chain = match printed {
            Some(place @ (BILL_CODE | CHAIN)) => place,
            None if short && !first().is_empty() && Kind::of(first()).is_some() => CHAIN - BILLING,
            _ => CHAIN,
        };
        let behind = count.saturating_sub(chain + 1);
        let kinds = |from: usize| Kind::three(|n| trim(cell(from + n)));
        let told = |from: usize| kinds(from).is_some_and(|kinds| kinds != [Kind::Blank; 3]);
        // Names before the types, and before these perhaps the calls that were missed.
        let types_last = behind >= 6 && told(count - 3) && !told(chain + 1);
        let ends = behind == 0 || behind == 1 && cell(count - 1).is_empty();
        let closed = ends && count == SHORT + 1 && printed == Some(CHAIN);
        if chain == CHAIN && !types_last && !closed {
            return Self::USUAL;
        }
        let (types, names) = match behind {
            0 | 1 => (None, None),
            6 | 7 if types_last => (Some(count - 3), Some(count - 6)),
            _ if types_last => (Some(count - 3), None),
            6 | 7 if kinds(chain + 1).is_some() => (Some(chain + 1), Some(chain + 4)),
            _ => (Some(chain + 1), None),
        };
        Self {
            chain,
            types,
            names,
            chosen: Some(count),
        }
    }
}

//! China's national numbers, as a table: the first row that fits decides.
//!
//! Area codes are dialled with a leading 0 (`010`, `02x`, `03xx`-`09xx`), subscribers have 7 or 8 digits, mobiles 11
//! that begin with 13 to 19. Some trunks drop the 0, some put it before a mobile, some the country code before all.

use super::NumberKey;

/// One row.
struct Row {
    /// Number of digits, from and to.
    digits: (usize, usize),
    /// It begins with one of these.
    heads: &'static [&'static str],
    /// So many leading digits are dropped.
    cut: usize,
    /// What takes their place.
    put: Put,
}

/// What stands before the digits.
enum Put {
    /// `86`.
    Country,
    /// `86` and the site's area code.
    Area,
}

const MOBILE: &[&str] = &["13", "14", "15", "16", "17", "18", "19"];
const MOBILE_WITH_0: &[&str] = &["013", "014", "015", "016", "017", "018", "019"];

const TABLE: &[Row] = &[
    Row {
        digits: (11, 11),
        heads: MOBILE,
        cut: 0,
        put: Put::Country,
    },
    Row {
        digits: (12, 12),
        heads: MOBILE_WITH_0,
        cut: 1,
        put: Put::Country,
    },
    // an area code with its 0; 8 digits are an area code and a five-digit service such as 12345
    Row {
        digits: (8, 12),
        heads: &["0"],
        cut: 1,
        put: Put::Country,
    },
    Row {
        digits: (7, 8),
        heads: &[""],
        cut: 0,
        put: Put::Area,
    },
    // the country code without + or 00
    Row {
        digits: (11, 13),
        heads: &["86"],
        cut: 2,
        put: Put::Country,
    },
    // an area code without its 0; 400 and 800 services
    Row {
        digits: (9, 11),
        heads: &[""],
        cut: 0,
        put: Put::Country,
    },
];

/// The key of a national number of more than six digits.
pub(super) fn national(digits: &str, area_code: &str) -> NumberKey {
    let fits = |row: &&Row| {
        (row.digits.0..=row.digits.1).contains(&digits.len()) && row.heads.iter().any(|head| digits.starts_with(head))
    };
    let Some((row, rest)) = TABLE
        .iter()
        .find(fits)
        .and_then(|row| Some((row, digits.get(row.cut..)?)))
    else {
        return NumberKey::other(digits);
    };
    match row.put {
        _ if rest.starts_with('0') => NumberKey::other(digits),
        Put::Country => NumberKey::of_parts(["+86", rest]),
        Put::Area if area_code.is_empty() => NumberKey::other(digits),
        Put::Area => NumberKey::of_parts(["+86", area_code.trim_start_matches('0'), rest]),
    }
}

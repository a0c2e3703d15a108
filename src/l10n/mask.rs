//! A caller's number as it may be shown. The only place that knows the rule.

/// `13812345678` becomes `138****5678`: enough to recognise, too little to dial.
///
/// Numbers of six digits or fewer are extensions or service numbers and stay; a number that is no number (withheld,
/// `????`) comes back as nothing.
pub fn masked(number: &str) -> Option<String> {
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    let keep = match digits.len() {
        0 => return None,
        1..=6 => return Some(digits),
        7..=10 => (2, 2),
        _ => (3, 4),
    };
    let head = digits.get(..keep.0)?;
    let tail = digits.get(digits.len() - keep.1..)?;
    Some(format!("{head}****{tail}"))
}

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn the_middle_is_hidden() {
        assert_eq!(masked("13812345678").as_deref(), Some("138****5678"));
        assert_eq!(masked("+86 138-1234-5678").as_deref(), Some("861****5678"));
        assert_eq!(masked("55501234").as_deref(), Some("55****34"));
        assert_eq!(masked("8021").as_deref(), Some("8021"));
    }

    #[test]
    fn what_is_no_number_is_nothing() {
        assert_eq!(masked(""), None);
        assert_eq!(masked("????"), None);
    }
}

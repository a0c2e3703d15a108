//! A caller's number as pages and mails show it; the rule itself is [`number::masked`].

use crate::call::number;

/// `13812345678` becomes `138****5678`; a number that is none (withheld, `????`) comes back as nothing.
pub fn masked(printed: &str) -> Option<String> {
    printed
        .chars()
        .any(char::is_alphanumeric)
        .then(|| number::masked(printed))
}

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn the_middle_is_hidden() {
        assert_eq!(masked("13812345678").as_deref(), Some("138****5678"));
        assert_eq!(masked("+86 138-1234-5678").as_deref(), Some("+86138****5678"));
        assert_eq!(masked("55501234").as_deref(), Some("****1234"));
        assert_eq!(masked("8021").as_deref(), Some("8021"));
    }

    #[test]
    fn what_is_no_number_is_nothing() {
        assert_eq!(masked(""), None);
        assert_eq!(masked("????"), None);
    }
}

//! Which name was meant.

/// The nearest of some names, if one is near enough to be meant: the only one that begins so is.
pub(crate) fn nearest<'n>(text: &str, names: &[&'n str]) -> Option<&'n str> {
    let begun = text.to_lowercase();
    let mut so = names.iter().filter(|name| name.to_lowercase().starts_with(&begun));
    if let (true, Some(only), None) = (begun.chars().count() > 1, so.next(), so.next()) {
        return Some(only);
    }
    let (distance, name) = least_distant(text, names)?;
    let longest = text.chars().count().max(name.chars().count());
    (distance * 2 <= longest).then_some(name)
}

fn least_distant<'n>(text: &str, names: &[&'n str]) -> Option<(usize, &'n str)> {
    let text = text.to_lowercase();
    let scored = names
        .iter()
        .map(|name| (strsim::damerau_levenshtein(&text, &name.to_lowercase()), *name));
    scored.min_by_key(|(distance, _)| *distance)
}

/// `did you mean …?`, or the nearest and what else there is to choose from.
pub(crate) fn choose(text: &str, names: &[&str]) -> String {
    if let Some(name) = nearest(text, names) {
        return format!("did you mean `{name}`?");
    }
    let Some((_, name)) = least_distant(text, names) else {
        return "take it out".to_owned();
    };
    let mut known: Vec<&str> = Vec::new();
    for name in names {
        if !known.contains(name) && known.len() < 40 {
            known.push(name);
        }
    }
    format!("the nearest is `{name}`; known: {}", known.join(", "))
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn the_only_name_that_begins_so_is_meant() {
        let names = ["auto", "avaya-ip-office", "asterisk-csv", "3cx"];
        assert_eq!(nearest("avaya", &names), Some("avaya-ip-office"));
        assert_eq!(nearest("Asterisk", &names), Some("asterisk-csv"));
        // Two begin so, or it is one letter: what is nearest decides, if it is near.
        assert_eq!(nearest("a", &names), None);
        assert_eq!(nearest("atuo", &names), Some("auto"));
        assert_eq!(nearest("panasonic", &names), None);
    }
}

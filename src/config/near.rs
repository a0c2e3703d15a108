//! Which name was meant.

/// The nearest of some names, if one is near enough to be meant.
pub(crate) fn nearest<'n>(text: &str, names: &[&'n str]) -> Option<&'n str> {
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

//! Who handles what: a search by the words a clerk would type.

use jiff::civil::Date;

use super::{Directory, DutyEntry};
use crate::ids::{DepartmentId, PersonId};

impl Directory {
    /// The entries that words point to, the best first; upper and lower case are one.
    ///
    /// An entry is found where one of its words is the query, is part of it ("how do I get a *business licence*"),
    /// or contains it ("licence"); ranked in that order, then by how much of the two is the same, then as written.
    /// Several words of a query may each be found in one entry: "licence, business".
    pub fn find_duty(&self, words: &str) -> Vec<&DutyEntry> {
        let query = folded(words);
        if query.is_empty() {
            return Vec::new();
        }
        let mut hits: Vec<(Rank, &DutyEntry)> = self
            .duties
            .iter()
            .filter_map(|entry| Some((rank(entry, &query)?, entry)))
            .collect();
        hits.sort_by_key(|&(rank, _)| std::cmp::Reverse(rank));
        hits.into_iter().map(|(_, entry)| entry).collect()
    }
}

/// Who handles something: what a search for words and names finds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WhoHit {
    /// The duty's words, or the names of the person or department.
    pub words: Vec<String>,
    /// Department of ours.
    pub department: Option<DepartmentId>,
    /// Person of ours.
    pub handler: Option<PersonId>,
    /// Office outside.
    pub outside: Option<String>,
    /// Phone that callers are told.
    pub phone: Option<String>,
}

impl Directory {
    /// Who handles what, or who is who: duties first, then people, then departments, by any of their names.
    pub fn who(&self, query: &str, day: Date) -> Vec<WhoHit> {
        let duties = self.find_duty(query).into_iter().map(|duty| WhoHit {
            words: duty.words.clone(),
            department: duty.department.clone(),
            handler: duty.handler.clone(),
            outside: duty.outside.clone(),
            phone: duty
                .phone
                .clone()
                .or_else(|| self.phone_of(duty.handler.as_ref()?, day).map(str::to_owned)),
        });
        let wanted = folded(query);
        let named = |names: &[Option<&str>]| {
            !wanted.is_empty() && names.iter().flatten().any(|name| folded(name).contains(&wanted))
        };
        let people = self
            .people
            .iter()
            .filter(|p| named(&[Some(&p.name), p.name_en.as_deref(), Some(p.id.as_str())]));
        let people = people.map(|person| WhoHit {
            words: names(&person.name, person.name_en.as_deref()),
            department: Some(person.department.clone()),
            handler: Some(person.id.clone()),
            outside: None,
            phone: self.phone_of(&person.id, day).map(str::to_owned),
        });
        let departments = self
            .departments
            .iter()
            .filter(|d| named(&[Some(&d.name), d.name_en.as_deref(), Some(d.id.as_str())]));
        let departments = departments.map(|department| WhoHit {
            words: names(&department.name, department.name_en.as_deref()),
            department: Some(department.id.clone()),
            handler: Some(department.head.clone()),
            outside: None,
            phone: department.phone.clone(),
        });
        duties.chain(people).chain(departments).collect()
    }
}

fn names(name: &str, name_en: Option<&str>) -> Vec<String> {
    std::iter::once(name).chain(name_en).map(str::to_owned).collect()
}

/// How it was found (more is better), and the characters in common.
type Rank = (u8, usize);

fn rank(entry: &DutyEntry, query: &str) -> Option<Rank> {
    let whole = entry
        .words
        .iter()
        .filter_map(|word| rank_word(&folded(word), query))
        .max();
    whole.or_else(|| {
        let common: usize = query
            .split(|c: char| !c.is_alphanumeric())
            .filter(|part| entry.words.iter().any(|word| has_part(&folded(word), part)))
            .map(|part| part.chars().count())
            .sum();
        (common > 0).then_some((0, common))
    })
}

/// Whether a part of a query stands in a word: of Latin letters at least three, at the begin of a part ("for" is not
/// in "information").
fn has_part(word: &str, part: &str) -> bool {
    if part.is_ascii() {
        part.len() > 2
            && word
                .split(|c: char| !c.is_alphanumeric())
                .any(|begin| begin.starts_with(part))
    } else {
        word.contains(part)
    }
}

fn rank_word(word: &str, query: &str) -> Option<Rank> {
    match () {
        () if word.is_empty() => None,
        () if word == query => Some((3, word.chars().count())),
        () if query.contains(word) => Some((2, word.chars().count())),
        () if word.contains(query) => Some((1, query.chars().count())),
        () => None,
    }
}

fn folded(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::super::example;

    fn first_words(query: &str) -> Vec<String> {
        let directory = example::directory();
        directory
            .find_duty(query)
            .into_iter()
            .map(|entry| entry.words[0].clone())
            .collect()
    }

    #[test]
    fn substrings_both_ways() {
        assert_eq!(first_words("营业执照"), ["营业执照", "营业执照年检"]);
        assert_eq!(first_words("  营业执照年检 "), ["营业执照年检", "营业执照"]);
        assert_eq!(first_words("我想办理户口迁移"), ["户口"]);
        assert_eq!(first_words("Business  LICENCE"), ["营业执照"]);
        assert_eq!(first_words("licence"), ["营业执照"]);
        assert_eq!(first_words("licence for a business"), ["营业执照"]);
        assert_eq!(first_words("户口 执照"), ["户口", "营业执照", "营业执照年检"]);
        assert_eq!(first_words("a cent in us"), [""; 0]);
        assert_eq!(first_words("暂住"), [""; 0]);
        assert_eq!(first_words("  "), [""; 0]);
    }
}

//! The list of dialects. A dialect is its file, its line here, and its folder under `tests/golden/`.

use strsim::damerau_levenshtein;

use super::Dialect;

/// Declares the file's module and enters its `DIALECT`; keep the lines sorted by name.
macro_rules! dialects {
    ($($file:literal $module:ident,)*) => {
        $(#[path = $file] pub mod $module;)*

        /// Every dialect, sorted by name.
        pub fn all() -> &'static [&'static dyn Dialect] {
            static ALL: &[&dyn Dialect] = &[$(&$module::DIALECT),*];
            ALL
        }
    };
}

dialects! {
    "three_cx/mod.rs" three_cx,
    "asterisk_csv/mod.rs" asterisk_csv,
    "avaya_ip_office/mod.rs" avaya_ip_office,
    "panasonic_kx/mod.rs" panasonic_kx,
    "siemens_hipath/mod.rs" siemens_hipath,
}

/// The dialect of that name.
pub fn by_name(name: &str) -> Option<&'static dyn Dialect> {
    all().iter().copied().find(|d| d.about().name == name)
}

/// The dialect name most like `name`, if one is near: for "did you mean".
pub fn nearest_name(name: &str) -> Option<&'static str> {
    nearest(name, all().iter().map(|d| d.about().name))
}

/// The one of `known` most like `word`, if it is near enough to be a slip or begins with it.
pub(super) fn nearest<'k>(word: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    let word = word.to_lowercase();
    let far = |name: &str| {
        let slip = damerau_levenshtein(&word, name);
        if word.len() >= 3 && name.split('-').any(|part| damerau_levenshtein(&word, part) <= 1) {
            slip.min(2)
        } else {
            slip
        }
    };
    known
        .map(|name| (far(name), name))
        .filter(|(far, name)| *far <= 2.max(name.len() / 3))
        .min()
        .map(|(_, name)| name)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::smdr::detect::detect;
    use crate::smdr::golden;

    #[test]
    fn names_are_unique_and_sorted() {
        let names: Vec<_> = all().iter().map(|d| d.about().name).collect();
        let mut wanted = names.clone();
        wanted.sort_unstable();
        wanted.dedup();
        assert_eq!(names, wanted, "`dialects!` lists them by `About::name`, not by file");
    }

    #[test]
    fn every_dialect_has_a_golden_folder_and_a_source() {
        for dialect in all() {
            let name = dialect.about().name;
            assert!(
                !golden::inputs(name).is_empty(),
                "tests/golden/{name} holds no .in file"
            );
            assert!(
                golden::folder(name).join("SOURCE").is_file(),
                "tests/golden/{name}/SOURCE is missing: it says where the lines of each case come from"
            );
            assert!(!dialect.about().sources.is_empty(), "{name} names no source");
        }
    }

    #[test]
    fn every_golden_file_is_detected_as_its_own_dialect() {
        for dialect in all() {
            let name = dialect.about().name;
            for input in golden::inputs(name) {
                let lines = golden::lines(&input);
                let lines: Vec<&[u8]> = lines.iter().map(|l| &l[..]).collect();
                let found = detect(&lines);
                assert_eq!(found.dialect, Some(name), "{}: {}", input.display(), found.why);
            }
        }
    }

    #[test]
    fn a_slip_finds_its_name() {
        assert_eq!(nearest_name("avaya-ipoffice"), Some("avaya-ip-office"));
        assert_eq!(nearest_name("Avaya"), Some("avaya-ip-office"));
        assert_eq!(nearest_name("Panasonic"), Some("panasonic-kx"));
        assert_eq!(nearest_name("nortel"), None);
    }
}

//! Numbers by table.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use proptest::prelude::*;

use super::*;

fn plan(country: &str, area_code: &str, dial_out: &[&str]) -> DialPlan {
    DialPlan {
        country: country.into(),
        area_code: area_code.into(),
        dial_out: dial_out.iter().map(|&prefix| prefix.to_owned()).collect(),
    }
}

#[track_caller]
fn check(plan: &DialPlan, dialled: bool, rows: &[(&str, &str)]) {
    for &(raw, expect) in rows {
        let key = key(raw, dialled, plan).map_or_else(|| "-".to_owned(), |key| key.to_string());
        assert_eq!(key, expect, "{raw:?}");
    }
}

#[test]
fn callers_in_shanghai() {
    check(
        &plan("CN", "021", &["9"]),
        false,
        &[
            // mobiles
            ("13812345678", "+8613812345678"),
            ("013812345678", "+8613812345678"),
            ("+8613812345678", "+8613812345678"),
            ("+86 138-1234-5678", "+8613812345678"),
            ("008613812345678", "+8613812345678"),
            ("8613812345678", "+8613812345678"),
            ("19912345678", "+8619912345678"),
            ("１３８１２３４５６７８", "+8613812345678"),
            ("13812345678@10.0.0.1", "+8613812345678"),
            ("sip:13812345678@pbx;user=phone", "+8613812345678"),
            ("\"Wang\" <sip:13812345678@pbx>", "+8613812345678"),
            ("tel:+8613812345678", "+8613812345678"),
            // fixed lines
            ("55501234", "+862155501234"),
            ("5550123", "+86215550123"),
            ("02155501234", "+862155501234"),
            ("(021) 5550-1234", "+862155501234"),
            ("+86 (0)21 5550 1234", "+862155501234"),
            ("+8602155501234", "+862155501234"),
            ("2155501234", "+862155501234"),
            ("862155501234", "+862155501234"),
            ("075512345678", "+8675512345678"),
            ("01082345678", "+861082345678"),
            ("02112345", "+862112345"),
            ("4001234567", "+864001234567"),
            // a 9 is no prefix of a caller's number
            ("95551234", "+862195551234"),
            // short
            ("8021", "short:8021"),
            ("12345", "short:12345"),
            ("955881", "short:955881"),
            ("*61", "short:*61"),
            ("*21*13812345678#", "short:*21*13812345678#"),
            ("+8021", "short:8021"),
            // abroad
            ("004930123456", "+4930123456"),
            ("+49 (0)30 123456", "+4930123456"),
            ("+1 212 555 0123", "+12125550123"),
            ("+390612345678", "+390612345678"),
            // no key
            ("", "-"),
            ("   ", "-"),
            ("????", "-"),
            ("0215550????", "-"),
            ("138****5678", "-"),
            ("138xxxx5678", "-"),
            ("anonymous", "-"),
            ("Anonymous@anonymous.invalid", "-"),
            ("Restricted", "-"),
            ("匿名", "-"),
            ("***", "-"),
            ("--", "-"),
            // fits nothing
            ("alice@pbx.example", "other:alice"),
            ("123456789012345678901234567890", "other:123456789012345678901234567890"),
            ("0000000", "other:0000000"),
            ("00000000", "other:00000000"),
            ("+86000000", "other:86000000"),
            ("55501234 ext 12", "+862155501234"),
        ],
    );
}

#[test]
fn dialled_in_shanghai() {
    check(
        &plan("CN", "021", &["9", "99"]),
        true,
        &[
            ("913812345678", "+8613812345678"),
            ("9,13812345678#", "+8613812345678"),
            ("902155501234", "+862155501234"),
            ("955501234", "+862155501234"),
            // the longest prefix
            ("9955501234", "+862155501234"),
            ("90049301234567", "+49301234567"),
            ("912345", "short:12345"),
            // nothing would be left
            ("9", "short:9"),
            // without the prefix, as some switches print it
            ("13812345678", "+8613812345678"),
            ("+8613812345678", "+8613812345678"),
        ],
    );
}

#[test]
fn a_site_without_area_code_compares_local_numbers_as_they_are() {
    check(
        &plan("cn", "", &[]),
        false,
        &[("55501234", "other:55501234"), ("02155501234", "+862155501234")],
    );
}

#[test]
fn other_countries() {
    check(
        &plan("DE", "030", &["0"]),
        false,
        &[
            ("030123456", "+4930123456"),
            ("12345678", "+493012345678"),
            ("01711234567", "+491711234567"),
            ("+8613812345678", "+8613812345678"),
            ("0049 30 123456", "+4930123456"),
            ("123", "short:123"),
        ],
    );
    check(
        &plan("DE", "030", &["0"]),
        true,
        &[("0030123456", "+4930123456"), ("00171 1234567", "+491711234567")],
    );
    check(
        &plan("US", "212", &["9"]),
        false,
        &[
            ("5550123", "+12125550123"),
            ("(212) 555-0123", "+12125550123"),
            ("1-212-555-0123", "+12125550123"),
            ("011 49 30 123456", "+4930123456"),
        ],
    );
    check(&plan("SG", "", &["9"]), false, &[("61234567", "+6561234567")]);
    check(&plan("IT", "06", &["0"]), false, &[("0612345678", "+390612345678")]);
    check(
        &plan("Atlantis", "", &[]),
        false,
        &[("61234567", "other:61234567"), ("+4930123456", "+4930123456")],
    );
    assert!(plan("CN", "", &[]).country_known() && plan("de", "", &[]).country_known());
    assert!(!plan("Atlantis", "", &[]).country_known());
}

#[test]
fn masks() {
    for (raw, expect) in [
        ("13812345678", "138****5678"),
        ("02155501234", "021****1234"),
        ("021-5550 1234", "021****1234"),
        ("075512345678", "0755****5678"),
        ("+86 138 1234 5678", "+86138****5678"),
        ("55501234", "****1234"),
        ("5550123", "***0123"),
        ("13812345678@10.0.0.1", "138****5678"),
        ("\"Wang Fang\" <sip:13812345678@pbx>", "138****5678"),
        // within a feature code, and where a switch masked before
        ("*21*13812345678#", "*21*138****5678#"),
        ("138****5678", "*******5678"),
        ("12345678901234567890", "123*************7890"),
        // an extension or a service is nobody's
        ("8021", "8021"),
        ("955881", "955881"),
        ("*61", "*61"),
        ("????", "????"),
        ("anonymous", "anonymous"),
        ("", ""),
        ("alice@pbx.example", "a***"),
    ] {
        assert_eq!(masked(raw), expect, "{raw:?}");
    }
}

#[test]
fn debug_and_display_mask() {
    let number = PhoneNumber::new("13812345678");
    assert_eq!(format!("{number:?} {number}"), "PhoneNumber(138****5678) 138****5678");
    assert_eq!(number.reveal(), "13812345678");
    let key = number.key(false, &plan("CN", "021", &[])).unwrap();
    assert_eq!(format!("{key:?}"), "NumberKey(+86138****5678)");
    assert_eq!(format!("{:?}", NumberKey::short("8021")), "NumberKey(short:8021)");
    assert_eq!(key.as_str().parse(), Ok(key.clone()));
    assert_eq!("short:8021".parse::<NumberKey>().map(|key| key.is_short()), Ok(true));
    for bad in ["", "+", "+12x", "8021", "short:"] {
        assert_eq!(bad.parse::<NumberKey>(), Err(BadKey), "{bad:?}");
    }
}

fn countries() -> impl Strategy<Value = DialPlan> {
    let area = prop_oneof![Just(""), Just("021"), Just("030"), Just("11")];
    (prop::sample::select(COUNTRIES), area).prop_map(|(country, area)| plan(country, area, &["9", "0"]))
}

/// Plans with odd rules: prefixes that carry an operator, rules that rewrite, area codes that stay.
const COUNTRIES: &[&str] = &[
    "CN", "DE", "US", "GB", "BR", "AR", "MX", "IT", "KR", "JP", "IN", "RU", "CO", "CR", "CL", "UY", "SM", "BB", "AU",
    "NZ", "XX", "",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    #[test]
    fn no_text_panics(raw in any::<String>(), dialled in any::<bool>(), plan in countries()) {
        let _ = (key(&raw, dialled, &plan), masked(&raw));
    }

    #[test]
    fn no_digits_panic_and_keys_survive_storage(
        raw in "[+0]{0,2}[0-9]{0,24}", dialled in any::<bool>(), plan in countries(),
    ) {
        if let Some(key) = key(&raw, dialled, &plan) {
            prop_assert_eq!(key.as_str().parse::<NumberKey>(), Ok(key.clone()));
        }
    }

    #[test]
    fn a_key_is_its_own_key(raw in "[+0]{0,2}[0-9]{5,12}") {
        let plan = plan("CN", "021", &["9"]);
        let first = key(&raw, false, &plan).unwrap();
        if first.as_str().starts_with('+') {
            prop_assert_eq!(key(first.as_str(), false, &plan), Some(first));
        }
    }

    #[test]
    fn punctuation_changes_nothing(raw in "[0-9]{3,12}", at in 0usize..3) {
        let plan = plan("CN", "021", &["9"]);
        let punctuated = format!(" {}-{} ", &raw[..at], &raw[at..]);
        prop_assert_eq!(key(&raw, true, &plan), key(&punctuated, true, &plan));
    }

    #[test]
    fn of_a_long_number_four_digits_are_hidden(raw in "[+]?[0-9]{8,40}") {
        let shown = masked(&raw).bytes().filter(u8::is_ascii_digit).count();
        prop_assert!(shown + 4 <= raw.trim_start_matches('+').len());
    }
}

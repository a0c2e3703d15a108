//! Policies that are built into the program; `config/policies/` is their source.

/// Name and text of each, in the order of the names.
pub const POLICIES: [(&str, &str); 5] = [
    ("bureau", include_str!("../../config/policies/bureau.toml")),
    ("bureau-calls", include_str!("../../config/policies/bureau-calls.toml")),
    ("community", include_str!("../../config/policies/community.toml")),
    ("government", include_str!("../../config/policies/government.toml")),
    ("mall", include_str!("../../config/policies/mall.toml")),
];

/// The text of a shipped policy.
pub(crate) fn policy(name: &str) -> Option<&'static str> {
    POLICIES.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

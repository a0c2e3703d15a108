#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
//! One door: [`read`] gives a configuration from texts, [`places`] what is wrong with it.

mod keys;
mod mistakes;
mod right;
mod texts;

use std::collections::BTreeMap;
use std::path::Path;

use super::{Loaded, Problems, load_with};

/// A directory that is right.
pub(crate) const PEOPLE: &str = r#"fallback = "li"
department = [ {id="permits", name="审批科", head="li"} ]
person = [
 {id="wang", name="王芳", mail="wang@x.cn", department="permits"},
 {id="li", name="李强", mail="li@x.cn", department="permits"} ]
holding = [ {ext="8021", person="wang"} ]
"#;

/// A main file that is right.
pub(crate) const SITE: &str = r#"directory = {path="people.toml"}
calendar = {hours="24x7"}
mail = {transport="maildir:var/mail", from="fa@localhost"}
policy = {use="bureau"}
[[feed]]
name = "pbx"
tcp_listen = "127.0.0.1:2300"
"#;

/// Loads `etc/site.toml` from texts by their paths.
pub(crate) fn read(files: &[(&str, &[u8])]) -> Result<Loaded, Problems> {
    let files: BTreeMap<&Path, &[u8]> = files.iter().map(|(path, text)| (Path::new(*path), *text)).collect();
    load_with(Path::new("etc/site.toml"), &|path| match files.get(path) {
        Some(text) => Ok(text.to_vec()),
        None => Err(std::io::ErrorKind::NotFound.into()),
    })
}

/// Main file and directory.
pub(crate) fn read_two(site: &str, people: &str) -> Result<Loaded, Problems> {
    read(&[
        ("etc/site.toml", site.as_bytes()),
        ("etc/people.toml", people.as_bytes()),
    ])
}

/// `file:line:column: path: reason; way out` of each problem, without the quoted lines.
#[track_caller]
pub(crate) fn places(result: Result<Loaded, Problems>) -> Vec<String> {
    let problems = result.expect_err("this was to be refused");
    problems
        .iter()
        .map(|problem| problem.to_string().lines().next().unwrap_or_default().to_owned())
        .collect()
}

//! Reading a dialect's options: config gives typed values, the command line only texts.

use std::fmt;

use encoding_rs::{Encoding, UTF_8};

use super::{About, OptionError, OptionValue, Options};

impl OptionError {
    /// `name` is wrong because of `reason`.
    pub fn new(name: &str, reason: impl fmt::Display) -> Self {
        Self {
            name: name.to_owned(),
            reason: reason.to_string(),
        }
    }
}

impl About {
    /// Refuses options that this dialect does not have.
    ///
    /// # Errors
    /// The first unknown option, with the nearest one there is.
    pub fn check_names(&self, options: &Options) -> Result<(), OptionError> {
        let known = || self.options.iter().map(|o| o.name);
        let Some(unknown) = options.keys().find(|name| !known().any(|k| k == name.as_str())) else {
            return Ok(());
        };
        let hint = match super::registry::nearest(unknown, known()) {
            Some(near) => format!("; did you mean `{near}`?"),
            None if self.options.is_empty() => "; it has none".to_owned(),
            None => format!("; it has {}", known().collect::<Vec<_>>().join(", ")),
        };
        Err(OptionError::new(
            unknown,
            format!("the dialect `{}` has no such option{hint}", self.name),
        ))
    }
}

/// The text of option `name`, if it is given.
///
/// # Errors
/// It is given, but as something else.
pub fn text<'o>(options: &'o Options, name: &str) -> Result<Option<&'o str>, OptionError> {
    match options.get(name) {
        None => Ok(None),
        Some(OptionValue::Text(text)) => Ok(Some(text)),
        Some(_) => Err(OptionError::new(name, "expected a text in quotes")),
    }
}

/// The code page of names: option `encoding`, UTF-8 without it.
///
/// # Errors
/// No such code page, or one in which separators would not be ASCII.
pub fn encoding(options: &Options) -> Result<&'static Encoding, OptionError> {
    let Some(label) = text(options, "encoding")? else {
        return Ok(UTF_8);
    };
    Encoding::for_label(label.as_bytes())
        .filter(|encoding| encoding.is_ascii_compatible())
        .ok_or_else(|| OptionError::new("encoding", format!("`{label}` is no code page; try gb18030")))
}

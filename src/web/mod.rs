//! The pages behind mail links, and the two health addresses.
//!
//! ```text
//! GET, HEAD /t/{token}   show           POST /t/{token}   act, then 303 to the page
//! GET /report/accountability, /report/accountability/rows, /report/overdue, /report/caller, /report/case/{id}
//!                                                         this machine only
//! GET /healthz  /readyz  /assets/app.css    GET /metrics   this machine only
//! ```
//! **Invariants.** GET and HEAD never call [`Office::act`]. A token that does not verify learns nothing but that.
//! Every page works without script and loads nothing but its style sheet; the content policy forbids the rest.
//! A connection that does not finish its request head, a body above 64 KiB and a request that takes too long are cut.
//!
//! **Not here**: rules of a case ([`crate::case`]), who may act ([`Office`] decides), TLS (a proxy in front).

mod case_view;
mod case_words;
mod choices;
mod field_words;
mod fields;
pub mod form;
mod list_row;
mod list_view;
mod metrics;
pub mod office;
mod pages;
mod places;
mod possible;
mod posted;
pub mod reader;
mod report;
mod search;
mod serve;
pub mod staff;
pub mod verb;
mod verb_fields;
mod verb_words;

pub use office::{
    ActError, Answers, Asked, Behind, Breach, CallFacts, CasePage, Cell, Figures, ListPage, ListRow, Needs, NoPage,
    Office, People, Seen, Standing, Watch,
};
pub use serve::{Limits, router, serve};
pub use staff::{Colleague, Hit, Staff, Unit};

#[cfg(test)]
mod tests;

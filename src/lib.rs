//! `firstanswer`: every answered call is owned by somebody until it is done.
//!
//! The crate's map, in the order a call walks through it:
//!
//! 1. [`feed`]: bytes come in and are cut into lines.
//! 2. [`smdr`] (pure): a dialect turns lines into legs.
//! 3. [`call`] (pure): legs of one conversation are joined; who answered first, and how sure that is.
//! 4. [`directory`] (pure): who sat at the extension at that time.
//! 5. [`case`] (pure): the case as a state machine, and the policy it lives under.
//! 6. [`calendar`] (pure): business time, for deadlines.
//! 7. [`register`]: the database; its one writer commits all of the above in one transaction.
//! 8. [`remind`]: what is due becomes a notice, then a message.
//! 9. [`mail`] and [`web`]: the message arrives; its link opens the page that closes the case.
//! 10. [`report`]: what managers ask, counted from calls and cases, each figure with the list behind it.
//!
//! Around them: [`config`] reads what users write, [`l10n`] holds the sentences, [`cli`] the commands,
//! [`daemon`] wires it all together, [`office`] joins pages and register, [`clock`] is the only place that asks what time it is,
//! [`ids`] are names and numbers as types.
//!
//! Pure rooms do no I/O and never ask the time; `tests/it/house_rules.rs` holds them to it. The same map with who uses
//! whom, and where to find what: `docs/architecture.md`.

pub mod calendar;
pub mod call;
pub mod case;
pub mod cli;
pub mod clock;
pub mod config;
pub mod daemon;
pub mod directory;
pub mod feed;
pub mod ids;
pub mod l10n;
pub mod mail;
pub mod office;
pub mod register;
pub mod remind;
pub mod report;
pub mod smdr;
pub mod web;

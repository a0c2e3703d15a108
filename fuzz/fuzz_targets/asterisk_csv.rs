//! See `firstanswer_fuzz::TARGETS`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| firstanswer_fuzz::asterisk_csv(data));

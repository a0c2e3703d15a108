//! One table at the end: what, how much, beside what.

use std::fmt::Display;
use std::time::Duration;

use crate::program::Took;

/// Rows, told as they come and printed together at the end.
#[derive(Default)]
pub struct Table {
    rows: Vec<[String; 3]>,
}

impl Table {
    pub fn row(&mut self, what: impl Display, figure: impl Display, beside: &str) {
        eprintln!("… {what}: {figure} {beside}");
        self.rows
            .push([what.to_string(), figure.to_string(), beside.to_owned()]);
    }

    pub fn print(&self) {
        println!("\n{:<42} {:>16}  remark", "what", "figure");
        for [what, figure, beside] in &self.rows {
            println!("{what:<42} {figure:>16}  {beside}");
        }
    }
}

pub fn micros(time: Duration) -> String {
    format!("{} µs", time.as_micros())
}

pub fn millis(time: Duration) -> String {
    format!("{} ms", time.as_millis())
}

pub fn megabytes(kb: u64) -> String {
    format!("{:.1} MB", kb as f64 / 1024.0)
}

pub fn rate(per_second: f64) -> String {
    format!("{:.0} lines/s", per_second)
}

pub fn share(ours: f64, limit: f64) -> String {
    format!("ours is {:.2} of it", ours / limit)
}

pub fn cpu(took: &Took, lines: usize) -> String {
    format!("{:.1} µs CPU per line", took.cpu.as_secs_f64() * 1e6 / lines as f64)
}

/// The `percent`th percentile; sorts.
pub fn percentile(samples: &mut [Duration], percent: usize) -> Duration {
    samples.sort_unstable();
    samples[(samples.len() * percent / 100).min(samples.len() - 1)]
}

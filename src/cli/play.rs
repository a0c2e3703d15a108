//! `play`: sends a call log into a feed, as the switch would.

use std::fs::File;
use std::io::{IsTerminal, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use jiff::tz::TimeZone;

use super::parse::{DETECT_LINES, Log};
use super::{Exit, session};
use crate::smdr::{self, Options, shift};

/// Play a call log into a feed, as the switch would.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    firstanswer play --to tcp://127.0.0.1:2300 --shift-to-now config/sample-feed.txt\n  \
    firstanswer play --to /dev/pts/3 --rate 2 smdr.log")]
pub struct PlayArgs {
    /// Where to: tcp://HOST:PORT, or the path of a serial or pseudo-terminal device
    #[arg(long, value_name = "TARGET")]
    pub to: Target,
    /// Lines a second; as fast as they are taken if not given
    #[arg(long, value_name = "N")]
    pub rate: Option<f64>,
    /// Move all stamps so that the last call ends now
    #[arg(long)]
    pub shift_to_now: bool,
    /// The zone of the switch's clock, for --shift-to-now [default: this machine's]
    #[arg(long, value_name = "ZONE", value_parser = zone)]
    pub time_zone: Option<TimeZone>,
    /// The file of lines
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}

fn zone(name: &str) -> Result<TimeZone, String> {
    TimeZone::get(name).map_err(|_| "write a zone such as Asia/Shanghai".to_owned())
}

/// Where lines are played to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A TCP feed.
    Tcp(String),
    /// A device.
    Device(PathBuf),
}

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once("://") {
            Some(("tcp", address)) if address.rsplit_once(':').is_some_and(|(_, p)| p.parse::<u16>().is_ok()) => {
                Ok(Self::Tcp(address.to_owned()))
            }
            None if text.starts_with('/') => Ok(Self::Device(text.into())),
            _ => Err("write tcp://HOST:PORT, or the path of a device such as /dev/pts/3".to_owned()),
        }
    }
}

/// Runs the command.
///
/// # Errors
/// The file can't be read, the target not be reached, or it stops taking lines.
pub fn run(args: &PlayArgs, out: &mut dyn Write) -> anyhow::Result<Exit> {
    if args.rate.is_some_and(|rate| !(rate > 0.0 && rate.is_finite())) {
        return Err(session::fail(Exit::Usage, "--rate: write a number above 0"));
    }
    let mut log = Log::open(std::slice::from_ref(&args.file))?;
    let mut lines: Vec<Vec<u8>> = log.peek(usize::MAX)?.into_iter().map(<[u8]>::to_vec).collect();
    if args.shift_to_now {
        shift_to_now(&mut lines, args.time_zone.clone().unwrap_or_else(TimeZone::system))?;
    }
    match &args.to {
        Target::Tcp(address) => {
            let mut stream = TcpStream::connect(address).with_context(|| {
                format!("tcp://{address}: can't be reached; does the daemon run, and the feed listen there?")
            })?;
            stream.set_nodelay(true).ok();
            send(&lines, &mut stream, args.rate).with_context(|| format!("tcp://{address}: stopped taking lines"))?;
            farewell(&mut stream);
        }
        Target::Device(path) => {
            let mut device = File::options()
                .write(true)
                .open(path)
                .with_context(|| format!("{}: can't be opened for writing", path.display()))?;
            send(&lines, &mut device, args.rate)
                .with_context(|| format!("{}: stopped taking lines", path.display()))?;
        }
    }
    writeln!(out, "{} lines played", lines.len())?;
    Ok(Exit::Done)
}

fn shift_to_now(lines: &mut [Vec<u8>], zone: TimeZone) -> anyhow::Result<()> {
    let views: Vec<&[u8]> = lines.iter().map(Vec::as_slice).collect();
    let detection = smdr::detect(views.get(..DETECT_LINES).unwrap_or(&views));
    let Some(dialect) = detection.dialect.and_then(smdr::by_name) else {
        bail!(
            "--shift-to-now: the dialect of the file is not known: {}",
            detection.why
        );
    };
    let now = crate::clock::Clock::Real.now();
    let Some(seconds) = shift::seconds_to(dialect.about().name, &Options::new(), &views, now, &zone)? else {
        bail!("--shift-to-now: no line of the file is a call");
    };
    for line in lines.iter_mut() {
        if let Some(shifted) = dialect.shifted(line, seconds) {
            *line = shifted;
        }
    }
    Ok(())
}

fn send(lines: &[Vec<u8>], to: &mut impl Write, rate: Option<f64>) -> std::io::Result<()> {
    let bar = if std::io::stderr().is_terminal() {
        ProgressBar::new(lines.len() as u64)
    } else {
        ProgressBar::hidden()
    };
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} lines, {per_sec}, {eta} left") {
        bar.set_style(style);
    }
    let began = Instant::now();
    let mut batch = Vec::with_capacity(64 * 1024);
    for (sent, line) in lines.iter().enumerate() {
        batch.extend_from_slice(line);
        batch.extend_from_slice(b"\r\n");
        if let Some(rate) = rate {
            to.write_all(&batch)?;
            to.flush()?;
            batch.clear();
            let next = Duration::from_secs_f64((sent + 1) as f64 / rate);
            std::thread::sleep(next.saturating_sub(began.elapsed()));
        } else if batch.len() >= 60 * 1024 {
            to.write_all(&batch)?;
            batch.clear();
        }
        bar.inc(1);
    }
    to.write_all(&batch)?;
    to.flush()?;
    bar.finish_and_clear();
    Ok(())
}

/// Says that no more comes, and waits until the daemon has read it all and closes.
fn farewell(stream: &mut TcpStream) {
    if stream.shutdown(Shutdown::Write).is_ok() {
        stream.set_read_timeout(Some(Duration::from_secs(30))).ok();
        let mut rest = [0u8; 256];
        while matches!(stream.read(&mut rest), Ok(n) if n > 0) {}
    }
}

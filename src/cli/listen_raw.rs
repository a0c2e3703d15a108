//! `listen-raw`: an administrator's first hour with a switch. Shows what arrives and what can be made of it; stores
//! nothing, needs no config.
//!
//! **Not here**: what is shown of it (`heard`).

use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, anyhow};
use bytes::BytesMut;
use clap::Args;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use super::heard::{Heard, Place};
use super::{Exit, complain};
use crate::config::{FlowControl, Parity, Serial};
use crate::feed::codec::LineCodec;
use crate::feed::serial::ByHand;
use crate::register::PortFaults;
use crate::smdr::{by_name, nearest_name};

/// Silence after which a line without its end is shown.
const IDLE: Duration = Duration::from_secs(2);

/// Show what a switch sends, and what can be made of it; ends with a feed for the config.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    firstanswer listen-raw --listen 0.0.0.0:2300\n  \
    firstanswer listen-raw --connect pbx:2300 --seconds 60\n  \
    firstanswer listen-raw --serial /dev/ttyUSB0 --baud 9600 --data-bits 7 --parity even\n  \
    firstanswer listen-raw --file Master.csv --json\n\n\
    Ctrl-C ends it. Nothing is stored. A listening daemon keeps its address: stop it first, or listen on another.")]
pub struct ListenRawArgs {
    #[command(flatten)]
    from: From,
    #[command(flatten)]
    set: Set,
    /// The dialect; `auto` looks at the lines
    #[arg(long, default_value = "auto")]
    dialect: String,
    /// End after so many seconds
    #[arg(long, value_name = "N")]
    seconds: Option<u64>,
    /// End after so many lines
    #[arg(long, value_name = "N")]
    lines: Option<u64>,
    /// Print one JSON object a line, and one for the summary
    #[arg(long)]
    json: bool,
}

/// Where the bytes come from.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct From {
    /// Wait for the switch at this address
    #[arg(long, value_name = "ADDR")]
    listen: Option<SocketAddr>,
    /// Connect to the switch
    #[arg(long, value_name = "HOST:PORT")]
    connect: Option<String>,
    /// Read a file, or standard input (`-`)
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Read a serial line
    #[arg(long, value_name = "DEV")]
    serial: Option<PathBuf>,
}

/// How the serial line is set.
#[derive(Debug, Args)]
struct Set {
    /// Bits a second
    #[arg(long, value_name = "N", default_value_t = 9_600, requires = "serial",
        value_parser = clap::value_parser!(u32).range(50..=4_000_000))]
    baud: u32,
    /// 7 or 8
    #[arg(long, value_name = "N", default_value_t = 8, requires = "serial",
        value_parser = clap::value_parser!(u32).range(7..=8))]
    data_bits: u32,
    /// Parity
    #[arg(long, default_value = "none", requires = "serial", value_parser = ["none", "odd", "even"])]
    parity: String,
    /// 1 or 2
    #[arg(long, value_name = "N", default_value_t = 1, requires = "serial",
        value_parser = clap::value_parser!(u32).range(1..=2))]
    stop_bits: u32,
    /// Flow control
    #[arg(long, default_value = "none", requires = "serial", value_parser = ["none", "xonxoff", "rtscts"])]
    flow_control: String,
}

impl Set {
    fn on(&self, path: PathBuf) -> Serial {
        Serial {
            path,
            baud: self.baud,
            data_bits: self.data_bits,
            parity: match self.parity.as_str() {
                "odd" => Parity::Odd,
                "even" => Parity::Even,
                _ => Parity::None,
            },
            stop_bits: self.stop_bits,
            flow_control: match self.flow_control.as_str() {
                "xonxoff" => FlowControl::XonXoff,
                "rtscts" => FlowControl::RtsCts,
                _ => FlowControl::None,
            },
        }
    }
}

/// Runs the command.
///
/// # Errors
/// The address, host or file can't be had; the output can't be written.
pub fn run(args: &ListenRawArgs, out: &mut dyn Write) -> anyhow::Result<Exit> {
    if args.dialect != "auto" && by_name(&args.dialect).is_none() {
        let hint = nearest_name(&args.dialect).map_or(String::new(), |near| format!("; did you mean `{near}`?"));
        complain(format_args!(
            "--dialect: there is no dialect `{}`{hint} (`firstanswer dialects` lists them)",
            super::screen::safe(&args.dialect)
        ));
        return Ok(Exit::Usage);
    }
    let place = match (&args.from.listen, &args.from.connect, &args.from.file) {
        (Some(address), ..) => Place::Listen(*address),
        (_, Some(host), _) => Place::Connect(host.clone()),
        _ if args.from.serial.is_some() => Place::Serial(args.set.on(args.from.serial.clone().unwrap_or_default())),
        (.., file) => Place::File(file.clone().unwrap_or_default()),
    };
    let mut heard = Heard::new(by_name(&args.dialect), place.clone(), args.json);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("no runtime for sockets")?;
    runtime.block_on(async {
        let limit = args.seconds.map_or(Duration::MAX, Duration::from_secs);
        tokio::select! {
            done = listen(&place, &mut heard, args.lines, out) => done,
            () = ended(limit) => Ok(()),
        }
    })?;
    // A read of standard input may be going on in a thread of its own: it is not waited for.
    runtime.shutdown_background();
    heard.finish(out)?;
    Ok(Exit::Done)
}

/// Ctrl-C, the request to stop, or the time is over.
async fn ended(limit: Duration) {
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()).ok();
    let asked = async {
        match &mut terminate {
            Some(signal) => signal.recv().await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = asked => {}
        () = async { if limit == Duration::MAX { std::future::pending::<()>().await } tokio::time::sleep(limit).await } => {}
    }
}

async fn listen(place: &Place, heard: &mut Heard, lines: Option<u64>, out: &mut dyn Write) -> anyhow::Result<()> {
    match place {
        Place::Listen(address) => {
            let listener = TcpListener::bind(address).await.with_context(|| {
                format!("--listen {address}: can't be listened on; is another program (the daemon?) using it?")
            })?;
            let at = listener.local_addr().unwrap_or(*address);
            heard.say(out, &format!("waiting for the switch on {at}; Ctrl-C ends"))?;
            loop {
                let (stream, peer) = listener.accept().await.context("accepting a connection")?;
                heard.connected(out, &peer.ip().to_canonical().to_string())?;
                read(stream, heard, lines, out).await?;
                if heard.has(lines) {
                    return Ok(());
                }
                heard.say(out, &format!("{peer} has hung up"))?;
            }
        }
        Place::Connect(host) => {
            let stream = TcpStream::connect(host)
                .await
                .with_context(|| format!("--connect {host}: can't be reached; check host, port and firewall"))?;
            heard.connected(out, host)?;
            read(stream, heard, lines, out).await
        }
        Place::Serial(serial) => {
            let port = ByHand::open(serial).map_err(|why| anyhow!("--serial {why}"))?;
            let device = serial.path.display();
            heard.say(out, &format!("reading {device} at {} baud; Ctrl-C ends", serial.baud))?;
            let (done, faults) = port.read(async |from| read(from, heard, lines, out).await).await;
            done?;
            if faults != PortFaults::default() {
                heard.say(
                    out,
                    &format!(
                        "{} breaks, {} bytes with a parity or framing error",
                        faults.breaks, faults.bad_bytes
                    ),
                )?;
            }
            Ok(())
        }
        Place::File(file) => {
            let stdin = Path::new("/dev/stdin");
            let opened = tokio::fs::File::open(if file == Path::new("-") { stdin } else { file })
                .await
                .with_context(|| format!("--file {}: can't be opened", file.display()))?;
            read(opened, heard, lines, out).await
        }
    }
}

/// Reads to the end, or until there are enough lines.
async fn read(
    mut from: impl AsyncRead + Unpin,
    heard: &mut Heard,
    lines: Option<u64>,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let mut codec = LineCodec::default();
    let mut buffer = BytesMut::with_capacity(64 * 1024);
    loop {
        let ended = match timeout(IDLE, from.read_buf(&mut buffer)).await {
            Err(_) => {
                if let Some(tail) = codec.tail() {
                    heard.line(out, &tail)?;
                }
                out.flush()?;
                continue;
            }
            Ok(Err(error)) => {
                heard.say(out, &format!("the connection broke: {error}"))?;
                true
            }
            Ok(Ok(count)) => {
                let new = buffer.len() - count.min(buffer.len());
                heard.framing(buffer.get(new..).unwrap_or_default());
                count == 0
            }
        };
        while let Some(line) = codec.decode_any(&mut buffer, ended) {
            heard.line(out, &line)?;
            if heard.has(lines) {
                return Ok(());
            }
        }
        heard.look(out)?;
        out.flush()?;
        if ended {
            return Ok(());
        }
    }
}

//! The device: opened for us alone, set as told, read without blocking.
//!
//! Other programs are kept off by a lock (`flock`, which `minicom` and others respect) and by the terminal's exclusive
//! mode. Settings that the device did not take are told: a pseudo-terminal is always 8N1.

use std::fs::OpenOptions;
use std::io;
use std::os::unix::fs::OpenOptionsExt;

use rustix::fs::{FlockOperation, OFlags, flock};
use rustix::termios::{
    ControlModes, InputModes, OptionalActions, SpecialCodeIndex, Termios, ioctl_tiocexcl, tcgetattr, tcsetattr,
};
use tokio::io::AsyncReadExt;
use tokio::net::unix::pipe;
use tokio_util::sync::CancellationToken;

use super::marks::Marks;
use super::ring::Ring;
use crate::config::{FlowControl, Parity, Serial};
use crate::register::PortFaults;

/// An open port.
#[derive(Debug)]
pub struct Port {
    /// The runtime reads any file that can be waited for this way; only the type speaks of pipes.
    file: pipe::Receiver,
    marked: bool,
    seven_bits: bool,
}

/// Opens the device, or says why it can't be had.
pub fn open(settings: &Serial) -> Result<Port, String> {
    let shown = settings.path.display();
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .custom_flags(flags.bits().cast_signed())
        .open(&settings.path)
        .map_err(|error| match error.raw_os_error() {
            Some(16) => format!("{shown}: another program has it open for itself alone"),
            _ => format!("{shown}: can't be opened: {error}"),
        })?;
    let before = tcgetattr(&file).map_err(|error| format!("{shown}: is no serial port: {error}"))?;
    flock(&file, FlockOperation::NonBlockingLockExclusive)
        .map_err(|_| format!("{shown}: another program uses it; end that, or name another port"))?;
    ioctl_tiocexcl(&file).map_err(|error| format!("{shown}: can't be taken alone: {error}"))?;
    let wanted = configured(before, settings).map_err(|error| format!("{shown}: {} baud: {error}", settings.baud))?;
    tcsetattr(&file, OptionalActions::Now, &wanted)
        .map_err(|error| format!("{shown}: does not take its settings: {error}"))?;
    let taken = tcgetattr(&file).map_err(|error| format!("{shown}: {error}"))?;
    if (taken.control_modes ^ wanted.control_modes).intersects(frame()) || taken.output_speed() != settings.baud {
        tracing::warn!(port = %shown, "the port did not take all settings: a pseudo-terminal has neither speed nor parity");
    }
    Ok(Port {
        file: pipe::Receiver::from_file_unchecked(file).map_err(|error| format!("{shown}: {error}"))?,
        marked: taken.input_modes.contains(InputModes::PARMRK),
        seven_bits: settings.data_bits == 7,
    })
}

fn frame() -> ControlModes {
    ControlModes::CSIZE | ControlModes::PARENB | ControlModes::PARODD | ControlModes::CSTOPB
}

fn configured(mut modes: Termios, settings: &Serial) -> io::Result<Termios> {
    modes.make_raw();
    modes.input_modes -= InputModes::IGNBRK | InputModes::BRKINT | InputModes::IXON | InputModes::IXOFF;
    modes.input_modes |= InputModes::INPCK | InputModes::PARMRK;
    modes.control_modes -= frame() | ControlModes::CRTSCTS;
    modes.control_modes |= ControlModes::CREAD | ControlModes::CLOCAL;
    modes.control_modes |= match settings.data_bits {
        7 => ControlModes::CS7,
        _ => ControlModes::CS8,
    };
    modes.control_modes |= match settings.parity {
        Parity::None => ControlModes::empty(),
        Parity::Even => ControlModes::PARENB,
        Parity::Odd => ControlModes::PARENB | ControlModes::PARODD,
    };
    if settings.stop_bits == 2 {
        modes.control_modes |= ControlModes::CSTOPB;
    }
    match settings.flow_control {
        FlowControl::None => {}
        FlowControl::XonXoff => modes.input_modes |= InputModes::IXON | InputModes::IXOFF,
        FlowControl::RtsCts => modes.control_modes |= ControlModes::CRTSCTS,
    }
    modes.special_codes[SpecialCodeIndex::VMIN] = 1;
    modes.special_codes[SpecialCodeIndex::VTIME] = 0;
    modes.set_speed(settings.baud)?;
    Ok(modes)
}

impl Port {
    /// Reads into the ring until the port is gone or all is done.
    pub async fn pump(mut self, ring: &Ring, done: &CancellationToken) {
        let (mut marks, mut chunk, mut plain) = (Marks::default(), vec![0; 16 * 1024], Vec::new());
        loop {
            tokio::select! {
                () = done.cancelled() => return,
                () = ring.has_room() => {}
            }
            let read = tokio::select! {
                () = done.cancelled() => return,
                read = self.file.read(&mut chunk) => read,
            };
            match read {
                Ok(0) => return ring.end("the port was unplugged".to_owned()),
                Ok(n) => {
                    plain.clear();
                    let mut faults = PortFaults::default();
                    let bytes = chunk.get(..n).unwrap_or_default();
                    if self.marked {
                        marks.take(bytes, &mut plain, &mut faults);
                    } else {
                        plain.extend_from_slice(bytes);
                    }
                    if self.seven_bits {
                        plain.iter_mut().for_each(|byte| *byte &= 0x7f);
                    }
                    ring.push(&plain, faults);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return ring.end(format!("the port was unplugged: {error}")),
            }
        }
    }
}

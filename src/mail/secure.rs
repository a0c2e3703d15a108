//! The connection to a mail server up to the point where mail may be spoken on it: TCP, greeting, TLS.
//!
//! ```text
//! smtp://           TCP ─ greeting ─────────────────────────────────▶ Stream
//! smtp+starttls://  TCP ─ greeting ─ EHLO ─ STARTTLS ─ handshake ───▶ Stream
//! smtps://          TCP ─ handshake ─ greeting ─────────────────────▶ Stream
//! ```
//! **Invariants.** Where TLS is asked for, nothing but `EHLO`, `STARTTLS` and `QUIT` is ever sent without it: a server
//! (or somebody in between) that does not offer it gets no mail. Certificate, its dates and the host name are
//! checked. Plain replies are read byte by byte up to the end of the line, so that nothing that was slipped in behind
//! the answer to `STARTTLS` is taken for what the server says under TLS. `TCP_NODELAY` is set: without it each mail
//! waits 40 ms for an acknowledgement that the other side holds back.
//!
//! **Not here**: what is said then ([`super::smtp`]).

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use lettre::transport::smtp::client::AsyncTokioStream;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{self, CertificateError, ClientConfig, RootCertStore};

use super::smtp::Limits;
use super::trouble::{Stage, Trouble, What, limited};
use crate::config::{Smtp, Tls};

/// What stands for the greeting, which is read here, when the rest of the protocol begins.
const GREETED: &[u8] = b"220 greeted\r\n";

/// Longest reply that is read before the protocol proper begins.
const LONGEST_REPLY: usize = 16 * 1024;

/// A connection on which `EHLO` may be said.
pub(super) struct Stream {
    inner: Inner,
    peer: SocketAddr,
    /// Still to be read before anything of the server's.
    canned: &'static [u8],
}

enum Inner {
    Plain(TcpStream),
    Secure(Box<TlsStream<TcpStream>>),
}

impl Stream {
    /// Whether a password may be said on it: encrypted, or not leaving this machine.
    pub(super) fn is_private(&self) -> bool {
        matches!(self.inner, Inner::Secure(_)) || self.peer.ip().is_loopback()
    }
}

/// Connects, up to the point where `EHLO` comes next.
pub(super) async fn open(server: &Smtp, hello: &str, limits: &Limits) -> Result<Stream, Trouble> {
    let connect = TcpStream::connect((server.host.as_str(), server.port));
    let connect = async { connect.await.map_err(What::Broken) };
    let mut tcp = limited(Stage::Connect, limits.connect, connect).await?;
    let at_once = |error| Trouble::new(Stage::Connect, What::Broken(error));
    tcp.set_nodelay(true).map_err(at_once)?;
    let peer = tcp.peer_addr().map_err(at_once)?;
    let inner = match server.tls {
        Tls::None => {
            greeting(&mut tcp, limits).await?;
            Inner::Plain(tcp)
        }
        Tls::StartTls => {
            greeting(&mut tcp, limits).await?;
            ask_for_tls(&mut tcp, hello, limits).await?;
            Inner::Secure(Box::new(handshake(tcp, server, limits).await?))
        }
        Tls::Implicit => {
            let mut tls = handshake(tcp, server, limits).await?;
            greeting(&mut tls, limits).await?;
            Inner::Secure(Box::new(tls))
        }
    };
    Ok(Stream {
        inner,
        peer,
        canned: GREETED,
    })
}

async fn greeting<S: AsyncRead + Unpin>(stream: &mut S, limits: &Limits) -> Result<(), Trouble> {
    let reply = limited(Stage::Greeting, limits.greeting, reply(stream)).await?;
    reply.expect(Stage::Greeting, 220)
}

/// `EHLO` and `STARTTLS`, in clear; whatever else happens, nothing follows in clear.
async fn ask_for_tls(tcp: &mut TcpStream, hello: &str, limits: &Limits) -> Result<(), Trouble> {
    let said = limited(
        Stage::Hello,
        limits.command,
        say(tcp, format!("EHLO {hello}\r\n").into_bytes()),
    )
    .await?;
    let offers = said
        .text
        .lines()
        .skip(1)
        .any(|line| line.trim().eq_ignore_ascii_case("STARTTLS"));
    said.expect(Stage::Hello, 250)?;
    if !offers {
        return Err(Trouble::new(
            Stage::StartTls,
            What::Own("the server does not offer STARTTLS; nothing is sent in clear".to_owned()),
        ));
    }
    let said = limited(Stage::StartTls, limits.command, say(tcp, b"STARTTLS\r\n".to_vec())).await?;
    said.expect(Stage::StartTls, 220)
}

async fn handshake(tcp: TcpStream, server: &Smtp, limits: &Limits) -> Result<TlsStream<TcpStream>, Trouble> {
    let own = |why: String| Trouble::new(Stage::Tls, What::Own(why));
    let trusted = trust(server).map_err(own)?;
    let name = ServerName::try_from(server.host.clone())
        .map_err(|_| own(format!("`{}` is no name that a certificate could have", server.host)))?;
    let connect = TlsConnector::from(Arc::new(trusted)).connect(name, tcp);
    let connect = async { connect.await.map_err(|error| in_words(error, &server.host)) };
    limited(Stage::Tls, limits.command, connect).await
}

/// Whom we trust, read anew for each connection: a renewed file needs no restart.
fn trust(server: &Smtp) -> Result<ClientConfig, String> {
    let mut roots = RootCertStore::empty();
    match &server.ca_file {
        Some(path) => {
            let wrong = |why: &dyn fmt::Display| format!("mail.ca_file {}: {why}", path.display());
            for cert in CertificateDer::pem_file_iter(path).map_err(|e| wrong(&e))? {
                let cert = cert.map_err(|e| wrong(&e))?;
                roots.add(cert).map_err(|e| wrong(&e))?;
            }
            if roots.is_empty() {
                return Err(wrong(&"no certificate stands in it (PEM is expected)"));
            }
        }
        None => {
            let (taken, _) = roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            if taken == 0 {
                return Err("this system trusts no certificate; install ca-certificates or name a mail.ca_file".into());
            }
        }
    }
    let ring = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(ring)
        .with_safe_default_protocol_versions()
        .map_err(|e| e.to_string())?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

/// Why a handshake failed, with the way out where there is one.
fn in_words(error: io::Error, host: &str) -> What {
    let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    let Some(tls) = tls else {
        return What::Broken(error);
    };
    use CertificateError as Wrong;
    What::Own(match tls {
        rustls::Error::InvalidCertificate(wrong) => match wrong {
            Wrong::Expired | Wrong::ExpiredContext { .. } => "the server's certificate has expired".to_owned(),
            Wrong::NotValidYet | Wrong::NotValidYetContext { .. } => {
                "the server's certificate is not valid yet; is this machine's clock right?".to_owned()
            }
            Wrong::NotValidForName | Wrong::NotValidForNameContext { .. } => {
                format!("the server's certificate is not for `{host}`; name the server as its certificate does")
            }
            Wrong::UnknownIssuer | Wrong::BadSignature => {
                "nobody we trust signed the server's certificate; name its authority in mail.ca_file".to_owned()
            }
            other if format!("{other:?}").contains("CaUsedAsEndEntity") => {
                "the server's certificate is an authority's (CA:TRUE), as `openssl req -x509` makes them; give the \
                 server one with basicConstraints=CA:FALSE"
                    .to_owned()
            }
            other => format!("the server's certificate is no good: {other}"),
        },
        other => other.to_string(),
    })
}

/// A reply as read before TLS.
struct Reply {
    code: u16,
    text: String,
}

impl Reply {
    fn expect(self, stage: Stage, code: u16) -> Result<(), Trouble> {
        if self.code == code {
            return Ok(());
        }
        let what = What::Said {
            code: self.code,
            text: self.text,
        };
        Err(Trouble::new(stage, what))
    }
}

async fn say(tcp: &mut TcpStream, line: Vec<u8>) -> Result<Reply, What> {
    tcp.write_all(&line).await.map_err(What::Broken)?;
    reply(tcp).await
}

/// One reply, and not a byte more.
async fn reply<S: AsyncRead + Unpin>(stream: &mut S) -> Result<Reply, What> {
    let mut all = Vec::new();
    let mut line_start = 0;
    loop {
        all.push(stream.read_u8().await.map_err(What::Broken)?);
        if all.len() > LONGEST_REPLY {
            return Err(What::Own("the reply does not end; is this a mail server?".to_owned()));
        }
        if all.last() != Some(&b'\n') {
            continue;
        }
        let line = &all[line_start..];
        let code = line.get(..3).and_then(|digits| std::str::from_utf8(digits).ok());
        let Some(code) = code.and_then(|digits| digits.parse::<u16>().ok()) else {
            return Err(What::Own("the reply has no code; is this a mail server?".to_owned()));
        };
        if line.get(3) != Some(&b'-') {
            let lines = String::from_utf8_lossy(&all).into_owned();
            let text: Vec<&str> = lines.lines().map(|line| line.get(4..).unwrap_or("")).collect();
            return Ok(Reply {
                code,
                text: text.join("\n"),
            });
        }
        line_start = all.len();
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Stream({})", self.peer)
    }
}

impl AsyncTokioStream for Stream {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.peer)
    }
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if !this.canned.is_empty() {
            let (now, later) = this.canned.split_at(this.canned.len().min(buffer.remaining()));
            buffer.put_slice(now);
            this.canned = later;
            return Poll::Ready(Ok(()));
        }
        let before = buffer.filled().len();
        let done = match &mut this.inner {
            Inner::Plain(tcp) => Pin::new(tcp).poll_read(cx, buffer),
            Inner::Secure(tls) => Pin::new(tls.as_mut()).poll_read(cx, buffer),
        };
        // Replies in GBK would break the reader, which wants UTF-8; what counts of a reply is ASCII.
        for byte in &mut buffer.filled_mut()[before..] {
            if !byte.is_ascii() {
                *byte = b'?';
            }
        }
        done
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match &mut self.get_mut().inner {
            Inner::Plain(tcp) => Pin::new(tcp).poll_write(cx, bytes),
            Inner::Secure(tls) => Pin::new(tls.as_mut()).poll_write(cx, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().inner {
            Inner::Plain(tcp) => Pin::new(tcp).poll_flush(cx),
            Inner::Secure(tls) => Pin::new(tls.as_mut()).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().inner {
            Inner::Plain(tcp) => Pin::new(tcp).poll_shutdown(cx),
            Inner::Secure(tls) => Pin::new(tls.as_mut()).poll_shutdown(cx),
        }
    }
}

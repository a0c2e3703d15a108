//! The server: routes, limits, headers that every answer carries.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum_server::Handle;
use tokio_util::sync::CancellationToken;
use tower_http::timeout::TimeoutLayer;

use super::office::Office;
use super::places::Places;
use super::{metrics, pages, report};

/// Limits that keep one visitor from holding the house up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// From accepting a connection to the end of its request head.
    pub head: Duration,
    /// For the whole answer.
    pub request: Duration,
    /// Connections at once.
    pub connections: usize,
    /// Largest body, in bytes.
    pub body: usize,
    /// For requests in hand when the house closes.
    pub goodbye: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            head: Duration::from_secs(10),
            request: Duration::from_secs(15),
            connections: 128,
            // The longest form, all fields full of Chinese, which takes nine bytes a character as forms are sent.
            body: 256 * 1024,
            goodbye: Duration::from_secs(5),
        }
    }
}

/// No script, no frame, no foreign source; forms go back where they came from.
const CONTENT_POLICY: &str =
    "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const HEADERS: [(HeaderName, &str); 6] = [
    (header::CONTENT_SECURITY_POLICY, CONTENT_POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (HeaderName::from_static("x-robots-tag"), "noindex, nofollow"),
    (HeaderName::from_static("permissions-policy"), "interest-cohort=()"),
];

/// All routes over an office.
pub fn router<O: Office>(office: Arc<O>, limits: Limits) -> Router {
    Router::new()
        .route("/t/{token}", get(pages::show::<O>).post(pages::act::<O>))
        .route("/report/accountability", get(report::show::<O>))
        .route("/report/accountability/rows", get(report::behind::<O>))
        .route("/report/overdue", get(report::overdue::<O>))
        .route("/report/caller", get(report::caller::<O>))
        .route("/report/case/{id}", get(report::why::<O>))
        .route("/assets/app.css", get(style))
        .route("/assets/report.css", get(report_style))
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready::<O>))
        .route("/metrics", get(metrics::show::<O>))
        .fallback(pages::not_found::<O>)
        .layer(DefaultBodyLimit::max(limits.body))
        .layer(TimeoutLayer::with_status_code(
            StatusCode::SERVICE_UNAVAILABLE,
            limits.request,
        ))
        .layer(middleware::from_fn(add_headers))
        .with_state(office)
}

/// Serves until the token is cancelled, then finishes what is in hand.
///
/// # Errors
/// If the listener can't be used.
pub async fn serve<O: Office>(
    listener: std::net::TcpListener,
    office: Arc<O>,
    limits: Limits,
    shutdown: CancellationToken,
) -> io::Result<()> {
    let handle = Handle::new();
    let mut server = axum_server::from_tcp(listener)?
        .acceptor(Places::new(limits.connections))
        .handle(handle.clone())
        .http1_only()
        .first_request_timeout(limits.head);
    server.http_builder().http1().header_read_timeout(limits.head);
    let app = router(office, limits).into_make_service_with_connect_info::<SocketAddr>();
    let serving = server.serve(app);
    tokio::pin!(serving);
    tokio::select! {
        ended = &mut serving => ended,
        () = shutdown.cancelled() => {
            handle.graceful_shutdown(Some(limits.goodbye));
            serving.await
        }
    }
}

async fn style() -> Response {
    sheet(include_str!("assets/app.css"))
}

async fn report_style() -> Response {
    sheet(include_str!("../report/templates/report.css"))
}

fn sheet(text: &'static str) -> Response {
    let kind = [
        (header::CONTENT_TYPE, "text/css; charset=utf-8"),
        // The one thing that may be kept: it is nobody's.
        (header::CACHE_CONTROL, "public, max-age=3600"),
    ];
    (kind, text).into_response()
}

async fn ready<O: Office>(State(office): State<Arc<O>>) -> Response {
    match office.ready().await {
        Ok(()) => "ready\n".into_response(),
        Err(why) => (StatusCode::SERVICE_UNAVAILABLE, format!("not ready: {why}\n")).into_response(),
    }
}

async fn add_headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}

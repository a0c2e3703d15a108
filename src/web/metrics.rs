//! `GET /metrics`: figures for whoever watches over the house, for this machine alone.
//!
//! **Not here**: the figures (the office).

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::office::Office;
use super::report::from_elsewhere;
use crate::directory::Lang;

pub(super) async fn show<O: Office>(
    State(office): State<Arc<O>>,
    headers: HeaderMap,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
) -> Response {
    if let Some(refusal) = from_elsewhere(peer, &headers, Lang::En) {
        return refusal;
    }
    match office.metrics().await {
        Ok(text) => {
            let kind = [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
            (kind, text).into_response()
        }
        Err(why) => (StatusCode::SERVICE_UNAVAILABLE, format!("no figures: {why}\n")).into_response(),
    }
}

//! `/metrics` for Prometheus and `/healthz` for whoever watches the process.

use std::sync::Arc;

use admin_api::{Command, Reply};
use axum::{
    Router,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing,
};
use tokio::net::TcpListener;

use super::Ask;
use crate::metrics::Metrics;

/// Serves until it is dropped.
pub async fn serve_metrics(listener: TcpListener, ask: Ask, metrics: Arc<Metrics>) {
    let router = Router::new()
        .route("/metrics", routing::get(render))
        .route("/healthz", routing::get(healthy))
        .with_state((ask, metrics));
    if let Err(error) = axum::serve(listener, router).await {
        tracing::error!(%error, "/metrics ended");
    }
}

async fn render(State((ask, metrics)): State<(Ask, Arc<Metrics>)>) -> Response {
    let status = match ask(Command::Status).await {
        Some(Reply::Status(status)) => Some(status),
        _ => None,
    };
    let text = metrics.render(status.as_deref());
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
}

/// Control answers, so it lives.
async fn healthy(State((ask, _)): State<(Ask, Arc<Metrics>)>) -> StatusCode {
    match ask(Command::Faults).await {
        Some(_) => StatusCode::OK,
        None => StatusCode::SERVICE_UNAVAILABLE,
    }
}

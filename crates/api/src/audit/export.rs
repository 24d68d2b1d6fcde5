//! `GET /api/v1/audit/export`: the trail as a file that verifies without the server.

use axum::{body::Body, extract::State, response::IntoResponse};
use futures::stream;
use gathering_app::audit::{AuditExport, ExportRange};
use http::header;

use super::view::ExportQuery;
use crate::{
    Problem,
    extract::{Caller, Query},
    state::Edge,
    views::parse_time,
};

/// The trail as lines of JSON, with the signatures over it: `gathering audit verify FILE` verifies it.
/// A file without its last line was cut short. The export is recorded itself.
#[utoipa::path(get, path = "/api/v1/audit/export", tag = "audit", params(ExportQuery),
    responses((status = 200, description = "The lines.", body = String,
        content_type = "application/x-ndjson")))]
#[tracing::instrument(name = "api.audit.export", skip_all)]
pub(crate) async fn export_audit(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Query(ExportQuery { from, to }): Query<ExportQuery>,
) -> Result<impl IntoResponse, Problem> {
    let range = ExportRange {
        from: parse_time("/from", from.as_deref())?,
        to: parse_time("/to", to.as_deref())?,
    };
    let export = edge.app().audit().export(&caller, range).await?;
    let pieces = stream::try_unfold(export, |mut export: AuditExport| async move {
        match export.next().await {
            Ok(piece) => Ok(piece.map(|piece| (piece, export))),
            // The client sees a file without its last line.
            Err(error) => {
                tracing::error!(error = %error, "could not go on with an export");
                Err(error)
            }
        }
    });
    let headers = [
        (header::CONTENT_TYPE, "application/x-ndjson"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"audit.ndjson\""),
    ];
    Ok((headers, Body::from_stream(pieces)))
}

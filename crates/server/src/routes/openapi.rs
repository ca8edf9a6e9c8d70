//! `/openapi.json`: the API as it is routed.

use std::sync::Arc;

use axum::{Json, Router, routing::get};
use utoipa::{
    OpenApi,
    openapi::{
        HttpMethod, OpenApi as Document, PathItem, ResponseBuilder,
        path::{OperationBuilder, PathItemBuilder},
    },
};

use crate::app::App;

/// Where the document is.
pub const PATH: &str = "/openapi.json";

#[derive(OpenApi)]
#[openapi(info(
    title = "Tapward session server",
    description = "Requests carry a DPoP proof of the workstation's key (RFC 9449); refusals are problem documents (RFC 9457)."
))]
struct Base;

/// The head of the document.
#[must_use]
pub fn base() -> Document {
    Base::openapi()
}

/// Serves `document`, in which it names itself.
pub fn router(mut document: Document) -> Router<App> {
    document.paths.paths.insert(PATH.to_owned(), own_path());
    let document = Arc::new(document);
    Router::new().route(PATH, get(async move || Json(Arc::clone(&document))))
}

fn own_path() -> PathItem {
    let answer = ResponseBuilder::new().description("The document").build();
    let operation =
        OperationBuilder::new().tag("operations").summary(Some("This document.")).response("200", answer).build();
    PathItemBuilder::new().operation(HttpMethod::Get, operation).build()
}

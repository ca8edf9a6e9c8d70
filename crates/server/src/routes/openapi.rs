//! `/openapi.json`: the API as it is routed.

use std::sync::Arc;

use axum::{Json, Router, routing::get};
use protocol::v1::problem::PROBLEM_MEDIA_TYPE;
use utoipa::{
    OpenApi,
    openapi::{
        HttpMethod, OpenApi as Document, PathItem, RefOr, ResponseBuilder,
        path::{OperationBuilder, PathItemBuilder},
    },
};

use crate::app::App;

const JSON: &str = "application/json";
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

/// Serves `document`, in which it names itself, and refusals by their media type.
pub fn router(mut document: Document) -> Router<App> {
    document.paths.paths.values_mut().for_each(name_refusals);
    document.paths.paths.insert(PATH.to_owned(), own_path());
    let document = Arc::new(document);
    Router::new().route(PATH, get(async move || Json(Arc::clone(&document))))
}

/// A body that is a problem document has the media type of one (RFC 9457).
fn name_refusals(item: &mut PathItem) {
    let operations = [&mut item.get, &mut item.put, &mut item.post, &mut item.delete];
    for response in
        operations.into_iter().flatten().flat_map(|operation| operation.responses.responses.values_mut())
    {
        let RefOr::T(response) = response else {
            continue;
        };
        let is_problem = response.content.get(JSON).is_some_and(|content| {
            let RefOr::T(content) = content else {
                return false;
            };
            matches!(&content.schema, Some(RefOr::Ref(schema)) if schema.ref_location.ends_with("/Problem"))
        });
        if is_problem && let Some(content) = response.content.shift_remove(JSON) {
            response.content.insert(PROBLEM_MEDIA_TYPE.to_owned(), content);
        }
    }
}

fn own_path() -> PathItem {
    let answer = ResponseBuilder::new().description("The document").build();
    let operation = OperationBuilder::new()
        .tag("operations")
        .summary(Some("This document."))
        .response("200", answer)
        .build();
    PathItemBuilder::new().operation(HttpMethod::Get, operation).build()
}

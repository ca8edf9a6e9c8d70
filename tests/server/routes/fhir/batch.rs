//! `POST /fhir`.

use super::*;

#[tokio::test]
async fn each_record_of_a_batch_is_answered_on_its_own() {
    let ward = Ward::open().await;
    let elsewhere = ward.server.enrol().await;
    let (stored, fresh, posted) = (ward.started(), ward.started(), ward.started());
    put(&ward.workstation, &stored).await;
    let session = Uuid::new_v4();
    put(&ward.workstation, &ward.logout(session)).await;
    let other_cause =
        AuditRecord { what: What::Logout { cause: "admin".to_owned() }, ..ward.logout(session) };
    let anothers = AuditRecord { workstation: Some(ward.place(&elsewhere)), ..ward.started() };
    let mut garbled = entry("PUT", &ward.started());
    garbled["resource"]["text"] = json!("Mr Smith");
    let mut misplaced = entry("PUT", &ward.started());
    misplaced["request"]["url"] = json!(format!("AuditEvent/{}", Uuid::new_v4()));
    let mut deleting = entry("PUT", &stored);
    deleting["request"]["method"] = json!("DELETE");

    let answer = batch(
        &ward,
        &[
            entry("PUT", &stored),
            entry("PUT", &fresh),
            entry("POST", &posted),
            entry("PUT", &other_cause),
            entry("PUT", &anothers),
            garbled,
            misplaced,
            deleting,
        ],
    )
    .await;

    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.headers["content-type"], FHIR);
    assert_eq!(answer.body["type"], "batch-response");
    let responses: Vec<_> = answer.body["entry"].as_array().unwrap().iter().map(said).collect();
    assert_eq!(
        responses,
        [
            ("200 OK", ""),
            ("201 Created", ""),
            ("201 Created", ""),
            ("409 Conflict", "conflict"),
            ("422 Unprocessable Entity", "request.invalid"),
            ("400 Bad Request", "request.malformed"),
            ("422 Unprocessable Entity", "request.invalid"),
            ("422 Unprocessable Entity", "request.invalid"),
        ]
        .map(|(status, code)| (status.to_owned(), code.to_owned()))
    );
    assert_eq!(answer.body["entry"][1]["response"]["location"], format!("AuditEvent/{}", fresh.id));
    for record in [&stored, &fresh, &posted] {
        assert_eq!(ward.server.recorded(&[&record.id.to_string()]), 1);
    }
    assert!(!answer.body.to_string().contains("Smith"));
}

#[tokio::test]
async fn one_record_twice_in_a_batch_is_stored_once() {
    let ward = Ward::open().await;
    let record = ward.started();

    let answer = batch(&ward, &[entry("PUT", &record), entry("PUT", &record)]).await;

    let statuses: Vec<_> =
        answer.body["entry"].as_array().unwrap().iter().map(|entry| said(entry).0).collect();
    assert_eq!(statuses, ["201 Created", "200 OK"]);
}

#[tokio::test]
async fn a_batch_is_bounded_and_nothing_of_a_refused_one_is_stored() {
    let ward = Ward::open().await;
    let entries: Vec<_> = (0..101).map(|_| entry("PUT", &ward.started())).collect();
    let before = ward.server.trail().len();

    batch(&ward, &entries).await.assert_refused(422, "request.invalid");
    let huge = vec![b' '; 512 * 1024 + 1];
    send(&ward.workstation, Method::POST, "/fhir", huge).await.assert_refused(413, "request.too_large");

    assert_eq!(ward.server.trail().len(), before);
    assert_eq!(batch(&ward, &entries[..100]).await.status, 200);
    assert_eq!(ward.server.trail().len(), before + 100);
}

#[tokio::test]
async fn what_is_no_batch_is_refused() {
    let ward = Ward::open().await;
    for (body, status, code) in [
        (json!({ "resourceType": "Bundle", "type": "transaction", "entry": [] }), 422, "request.invalid"),
        (json!({ "resourceType": "Parcel", "type": "batch", "entry": [] }), 422, "request.invalid"),
        (json!({ "resourceType": "Bundle", "type": "batch", "note": "Mr Smith" }), 400, "request.malformed"),
        (json!([]), 400, "request.malformed"),
    ] {
        let answer = send(&ward.workstation, Method::POST, "/fhir", body.to_string().into_bytes()).await;

        answer.assert_refused(status, code);
    }
    let empty = json!({ "resourceType": "Bundle", "type": "batch" }).to_string().into_bytes();
    assert_eq!(send(&ward.workstation, Method::POST, "/fhir", empty).await.status, 200);
}

fn entry(method: &str, record: &AuditRecord) -> Value {
    let url = if method == "PUT" { format!("AuditEvent/{}", record.id) } else { "AuditEvent".to_owned() };
    json!({ "resource": json_of(record), "request": { "method": method, "url": url } })
}

async fn batch(ward: &Ward, entries: &[Value]) -> Answer {
    let bundle = json!({ "resourceType": "Bundle", "type": "batch", "entry": entries });
    send(&ward.workstation, Method::POST, "/fhir", bundle.to_string().into_bytes()).await
}

/// Status and problem code of one entry of the answer.
fn said(entry: &Value) -> (String, String) {
    let response = &entry["response"];
    let code = response["outcome"]["issue"][0]["details"]["coding"][0]["code"].as_str().unwrap_or_default();
    (response["status"].as_str().unwrap().to_owned(), code.to_owned())
}

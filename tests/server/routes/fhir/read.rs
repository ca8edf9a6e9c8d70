//! `GET /fhir/AuditEvent/{id}`, and who may read at all.

use std::time::Duration;

use super::*;

#[tokio::test]
async fn an_auditor_reads_one_event_with_the_servers_stamp() {
    let ward = Ward::open().await;
    let record = ward.started();
    ward.server.advance(Duration::from_secs(90));
    put(&ward.workstation, &record).await;

    let answer = ward.auditor().await.get(&format!("/fhir/AuditEvent/{}", record.id)).await;

    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.headers["content-type"], FHIR);
    assert_eq!(answer.headers["cache-control"], "no-store");
    let mut expected = json_of(&record);
    expected["meta"] = json!({
        "versionId": "1",
        "lastUpdated": "2027-03-01T13:01:30Z",
        "source": format!("urn:tapward:workstation:{}", ward.workstation.id.unwrap()),
    });
    assert_eq!(answer.body, expected);
}

#[tokio::test]
async fn what_the_server_wrote_itself_is_stamped_as_its_own() {
    let ward = Ward::open().await;
    let auditor = ward.auditor().await;
    let id = ward.server.trail()[0]["id"].as_str().unwrap().to_owned();

    let answer = auditor.get(&format!("/fhir/AuditEvent/{id}")).await;

    assert_eq!(answer.body["meta"]["source"], "urn:tapward:server:session-server");
}

#[tokio::test]
async fn reading_is_on_record_with_the_name_of_the_token() {
    let ward = Ward::open().await;
    let auditor = ward.auditor_named("compliance-7", 3_600).await;
    let record = ward.started();
    put(&ward.workstation, &record).await;

    auditor.get(&format!("/fhir/AuditEvent/{}", record.id)).await;
    auditor.get("/fhir/AuditEvent").await;

    assert_eq!(ward.server.recorded(&["110101", "compliance-7"]), 2);
}

#[tokio::test]
async fn an_event_that_is_not_there_is_not_found() {
    let ward = Ward::open().await;
    let auditor = ward.auditor().await;
    for id in [Uuid::new_v4().to_string(), "x".to_owned(), "%00".to_owned(), "%FF".to_owned()] {
        let answer = auditor.get(&format!("/fhir/AuditEvent/{id}")).await;

        assert_outcome(&answer, 404, "not_found");
    }
    assert_eq!(ward.server.recorded(&["110101"]), 0, "nothing was read");
}

#[tokio::test]
async fn without_a_token_that_is_good_now_nothing_is_read() {
    let ward = Ward::open().await;
    let auditor = ward.auditor_named("short", 60).await;
    let revoked = ward.auditor_named("revoked", 3_600).await;
    ward.server.admin(json!({ "do": "auditor_revoke", "name": "revoked" })).await.unwrap();
    assert_eq!(auditor.get("/fhir/AuditEvent").await.status, 200);
    let scheme = |scheme: &str| auditor.authorization.replace("Bearer", scheme);
    let mut refused = vec![
        revoked.authorization.clone(),
        String::new(),
        "Bearer".to_owned(),
        "Bearer ".to_owned(),
        "Bearer x".to_owned(),
        format!("Bearer {}", "x".repeat(10_000)),
        format!("{}x", auditor.authorization),
        scheme("Basic"),
        scheme("DPoP"),
    ];
    ward.server.advance(Duration::from_secs(60));
    refused.push(auditor.authorization.clone());

    for authorization in refused {
        let auditor = Auditor { authorization, ..ward.auditor_like(&auditor) };
        for path in ["/fhir/AuditEvent", &format!("/fhir/AuditEvent/{}", Uuid::new_v4())] {
            let answer = auditor.get(path).await;

            assert_outcome(&answer, 401, "auditor.refused");
            assert_eq!(answer.headers["www-authenticate"], "Bearer");
        }
    }
    assert_eq!(ward.server.recorded(&["110101"]), 1);
}

#[tokio::test]
async fn a_workstation_reads_nothing() {
    let mut ward = Ward::open().await;
    ward.workstation.sign_in(&ward.server, &ward.maria).await;

    ward.workstation.get("/fhir/AuditEvent").await.assert_refused(401, "auditor.refused");
}

#[tokio::test]
async fn nobody_deletes_or_patches() {
    let ward = Ward::open().await;
    let auditor = ward.auditor().await;
    let record = ward.started();
    put(&ward.workstation, &record).await;
    for method in [Method::DELETE, Method::PATCH, Method::POST] {
        let url = format!("{}/fhir/AuditEvent/{}", auditor.base, record.id);
        let request = auditor.client.request(method, url).header("Authorization", &auditor.authorization);

        assert_eq!(request.send().await.unwrap().status(), 405);
    }
    assert_eq!(ward.server.recorded(&[&record.id.to_string()]), 1);
}

#[tokio::test]
async fn the_token_itself_is_in_no_file_of_the_server() {
    let ward = Ward::open().await;
    let auditor = ward.auditor().await;
    auditor.get("/fhir/AuditEvent").await;
    let token = auditor.authorization.strip_prefix("Bearer ").unwrap();

    let found = harness::server::files_that_hold(&ward.server.data(), token.as_bytes());

    assert!(found.is_empty(), "{found:?}");
}

impl Ward {
    /// Another client with another token.
    fn auditor_like(&self, auditor: &Auditor) -> Auditor {
        Auditor {
            client: client(&self.server),
            base: auditor.base.clone(),
            authorization: auditor.authorization.clone(),
        }
    }
}

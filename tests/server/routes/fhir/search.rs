//! `GET /fhir/AuditEvent?…`.

use std::time::Duration;

use super::*;

#[tokio::test]
async fn a_search_finds_by_person_workstation_id_and_time_and_nothing_else() {
    let mut ward = Ward::open().await;
    let elsewhere = ward.server.enrol().await;
    let session: Uuid = ward.workstation.sign_in(&ward.server, &ward.maria).await.parse().unwrap();
    ward.server.advance(Duration::from_secs(3_600));
    let (started, logout) = (ward.started(), ward.logout(session));
    put(&ward.workstation, &started).await;
    put(&ward.workstation, &logout).await;
    let auditor = ward.auditor().await;
    let (user, place) = (ward.user().id, ward.workstation.id.unwrap());
    let (other_place, late) = (elsewhere.id.unwrap(), "2027-03-01T14:00:00Z");

    for (query, has_started, has_logout) in [
        (format!("user={user}"), false, true),
        (format!("agent:identifier=urn:tapward:user|{user}"), false, true),
        (format!("agent%3Aidentifier=urn%3Atapward%3Auser%7C{user}"), false, true),
        (format!("workstation={place}"), true, true),
        (format!("agent:identifier=urn:tapward:workstation|{place}"), true, true),
        (format!("workstation={other_place}"), false, false),
        (format!("user={place}"), false, false),
        (format!("_id={}", started.id), true, false),
        (format!("_id={}&user={user}", started.id), false, false),
        (format!("date=ge{late}"), true, true),
        (format!("date={late}"), true, true),
        (format!("date=gt{late}"), false, false),
        (format!("date=lt{late}"), false, false),
        (format!("date=ge2027-03-01&date=lt2027-03-02&user={user}"), false, true),
        ("date=ge2027-03-02".to_owned(), false, false),
        ("_sort=date&_format=json&_count=500".to_owned(), true, true),
        (String::new(), true, true),
    ] {
        let found = ids(&auditor.get(&format!("/fhir/AuditEvent?{query}")).await);

        assert_eq!(found.contains(&started.id.to_string()), has_started, "started by {query}");
        assert_eq!(found.contains(&logout.id.to_string()), has_logout, "logout by {query}");
    }
}

#[tokio::test]
async fn a_searchset_says_how_many_there_are_and_where_they_are() {
    let ward = Ward::open().await;
    let record = ward.started();
    put(&ward.workstation, &record).await;
    let auditor = ward.auditor().await;

    let answer = auditor.get(&format!("/fhir/AuditEvent?_id={}", record.id)).await;

    assert_eq!(answer.status, 200);
    assert_eq!(answer.headers["content-type"], FHIR);
    assert_eq!(answer.body["resourceType"], "Bundle");
    assert_eq!(answer.body["type"], "searchset");
    assert_eq!(answer.body["total"], 1);
    let entry = &answer.body["entry"][0];
    assert_eq!(entry["search"]["mode"], "match");
    let url = entry["fullUrl"].as_str().unwrap();
    assert_eq!(url, format!("{}/fhir/AuditEvent/{}", ward.server.url(), record.id));
    assert_eq!(auditor.get(url).await.body, entry["resource"]);
    let own = answer.body["link"][0]["url"].as_str().unwrap();
    assert_eq!(auditor.get(own).await.body["entry"], answer.body["entry"]);

    let nothing = auditor.get(&format!("/fhir/AuditEvent?_id={}", Uuid::new_v4())).await;
    assert_eq!(nothing.body["total"], 0);
    assert!(nothing.body.get("entry").is_none(), "FHIR forbids an empty list");
}

#[tokio::test]
async fn pages_show_one_state_complete_and_in_order_though_reading_is_recorded() {
    let ward = Ward::open().await;
    for _ in 0..7 {
        put(&ward.workstation, &ward.started()).await;
    }
    let auditor = ward.auditor().await;
    let expected: Vec<_> =
        ward.server.trail().iter().map(|event| event["id"].as_str().unwrap().to_owned()).collect();

    let mut found = Vec::new();
    let mut pages = 0;
    let mut next = Some("/fhir/AuditEvent?_count=2&date=ge2027-03-01".to_owned());
    while let Some(url) = next {
        let page = auditor.get(&url).await;
        assert_eq!(page.body["total"], expected.len());
        found.extend(ids(&page));
        pages += 1;
        // Recorded late, though it happened early: it belongs to no page of this search.
        let mut late = ward.started();
        late.recorded_at = "2027-03-01T00:00:00Z".parse().unwrap();
        put(&ward.workstation, &late).await;
        next = link(&page, "next");
        assert!(pages < 100, "paging ends");
    }

    assert_eq!(found, expected);
    assert_eq!(pages, expected.len().div_ceil(2));
    assert_eq!(ward.server.recorded(&["110101"]), pages, "every page read is on record");
}

#[tokio::test]
async fn a_parameter_that_is_not_understood_is_refused_in_words() {
    let ward = Ward::open().await;
    let auditor = ward.auditor().await;
    for query in [
        "patient=1",
        "_include=AuditEvent:agent",
        "_count=0",
        "_count=501",
        "_count=2&_count=2",
        "user=maria",
        "date=yesterday",
        "date=ge2027-02-30",
        "page=1",
        "user",
        "=",
        "%FF=%FF",
        "user=%00",
    ] {
        let answer = auditor.get(&format!("/fhir/AuditEvent?{query}")).await;

        assert_outcome(&answer, 400, "request.malformed");
        let words = answer.body["issue"][0]["diagnostics"].as_str().unwrap();
        assert!(words.len() > 40, "{query}: {words}");
    }
    assert_eq!(ward.server.recorded(&["110101"]), 0, "nothing was read");
}

fn ids(answer: &Answer) -> Vec<String> {
    assert_eq!(answer.status, 200, "{answer:?}");
    let entries = answer.body["entry"].as_array().cloned().unwrap_or_default();
    entries.iter().map(|entry| entry["resource"]["id"].as_str().unwrap().to_owned()).collect()
}

fn link(answer: &Answer, relation: &str) -> Option<String> {
    let links = answer.body["link"].as_array().unwrap();
    let link = links.iter().find(|link| link["relation"] == relation)?;
    Some(link["url"].as_str().unwrap().to_owned())
}

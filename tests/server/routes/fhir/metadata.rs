//! `GET /fhir/metadata`.

use super::*;

#[tokio::test]
async fn anyone_learns_what_the_endpoint_can_do() {
    let server = TestServer::start().await;

    let response = client(&server).get(format!("{}/fhir/metadata", server.url())).send().await.unwrap();

    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], FHIR);
    let statement: Value = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
    assert_eq!(statement["resourceType"], "CapabilityStatement");
    assert_eq!(statement["fhirVersion"], "4.0.1");
    assert_eq!(statement["kind"], "instance");
    assert!(statement["implementation"]["description"].is_string(), "required of an instance");
    let resource = &statement["rest"][0]["resource"][0];
    assert_eq!(resource["type"], "AuditEvent");
    let can: Vec<_> = resource["interaction"]
        .as_array()
        .unwrap()
        .iter()
        .map(|does| does["code"].as_str().unwrap())
        .collect();
    assert_eq!(can, ["read", "create", "update", "search-type"]);
}

#[tokio::test]
async fn every_search_parameter_that_is_told_is_taken() {
    let ward = Ward::open().await;
    let auditor = ward.auditor().await;
    let statement = auditor.get("/fhir/metadata").await.body;
    let id = Uuid::new_v4();

    for parameter in statement["rest"][0]["resource"][0]["searchParam"].as_array().unwrap() {
        let query = match parameter["name"].as_str().unwrap() {
            "date" => "date=ge2027-03-01".to_owned(),
            "agent" => format!("agent:identifier=urn:tapward:user|{id}"),
            name => format!("{name}={id}"),
        };
        let answer = auditor.get(&format!("/fhir/AuditEvent?{query}")).await;

        assert_eq!(answer.status, 200, "{query}: {answer:?}");
    }
}

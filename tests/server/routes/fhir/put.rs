//! `PUT /fhir/AuditEvent/{id}` and `POST /fhir/AuditEvent`.

use harness::rows::Rows;

use super::*;

#[tokio::test]
async fn a_record_is_stored_once_and_a_repeat_is_told_so() {
    let ward = Ward::open().await;
    let record = ward.started();

    let first = put(&ward.workstation, &record).await;
    let again = put(&ward.workstation, &record).await;
    let posted =
        send(&ward.workstation, Method::POST, "/fhir/AuditEvent", fhir::to_json(&AuditEvent::from(&record)))
            .await;

    assert_eq!((first.status, again.status, posted.status), (201, 200, 200), "{first:?} {again:?}");
    assert_eq!(first.headers["location"], format!("/fhir/AuditEvent/{}", record.id).as_str());
    assert_eq!(first.headers["etag"], "W/\"1\"");
    assert_eq!(ward.server.recorded(&[&record.id.to_string()]), 1);
    assert!(ward.server.trail().contains(&json_of(&record)));
}

#[tokio::test]
async fn a_record_posted_keeps_the_id_its_writer_gave_it() {
    let ward = Ward::open().await;
    let record = ward.started();

    let answer =
        send(&ward.workstation, Method::POST, "/fhir/AuditEvent", fhir::to_json(&AuditEvent::from(&record)))
            .await;

    assert_eq!(answer.status, 201);
    assert_eq!(answer.headers["location"], format!("/fhir/AuditEvent/{}", record.id).as_str());
}

#[tokio::test]
async fn other_bytes_under_an_id_are_refused_and_the_first_stand() {
    let ward = Ward::open().await;
    let session = Uuid::new_v4();
    let first = ward.logout(session);
    let other = AuditRecord { what: What::Logout { cause: "admin".to_owned() }, ..first.clone() };
    assert_eq!(put(&ward.workstation, &first).await.status, 201);

    put(&ward.workstation, &other).await.assert_refused(409, "conflict");

    assert!(ward.server.trail().contains(&json_of(&first)));
    assert!(!ward.server.trail().contains(&json_of(&other)));
}

#[tokio::test]
async fn a_workstation_tells_how_its_session_was_covered_and_resumed_and_no_other_does() {
    let mut ward = Ward::open().await;
    let session = ward.workstation.sign_in(&ward.server, &ward.maria).await.parse().unwrap();
    let other = ward.server.enrol().await;
    let told = |workstation: &Workstation, what| {
        AuditRecord::within(Uuid::new_v4(), ward.at(), ward.place(workstation), ward.user(), session, what)
    };
    for what in
        [What::Concealed { cause: ConcealCause::UserTap }, What::Resumed { method: ResumeMethod::Badge }]
    {
        let hers = told(&ward.workstation, what.clone());
        assert_eq!(put(&ward.workstation, &hers).await.status, 201);
        put(&other, &told(&other, what)).await.assert_refused(422, "request.invalid");
    }

    assert_eq!(ward.server.recorded(&["urn:tapward:stepping-away", &session.to_string()]), 2);
}

#[tokio::test]
async fn a_logout_that_the_server_wrote_first_stands_and_the_agent_is_told() {
    let mut ward = Ward::open().await;
    let session = ward.workstation.sign_in(&ward.server, &ward.maria).await.parse().unwrap();
    ward.server.admin(json!({ "do": "user_disable", "name": "maria", "is_disabled": true })).await.unwrap();

    put(&ward.workstation, &ward.logout(session)).await.assert_refused(409, "conflict");

    assert_eq!(ward.server.recorded(&["110123", &session.to_string(), "\"disabled\""]), 1);
    assert_eq!(ward.server.recorded(&["110123", &session.to_string()]), 1);
}

#[tokio::test]
async fn a_record_naming_another_workstation_is_refused() {
    let ward = Ward::open().await;
    let elsewhere = ward.server.enrol().await;

    put(&elsewhere, &ward.started()).await.assert_refused(422, "request.invalid");

    assert_eq!(ward.server.recorded(&["110120", "urn:tapward:workstation"]), 0);
}

#[tokio::test]
async fn a_record_of_anothers_session_is_refused() {
    let mut ward = Ward::open().await;
    let session = ward.workstation.sign_in(&ward.server, &ward.maria).await.parse().unwrap();
    let elsewhere = ward.server.enrol().await;
    let thief = AuditRecord { workstation: Some(ward.place(&elsewhere)), ..ward.logout(session) };

    put(&elsewhere, &thief).await.assert_refused(422, "request.invalid");
    let stranger = UserRef { id: Uuid::new_v4(), display_name: "Nobody".to_owned() };
    let slander = AuditRecord { user: Some(stranger), ..ward.login(session) };
    put(&ward.workstation, &slander).await.assert_refused(422, "request.invalid");

    assert_eq!(put(&ward.workstation, &ward.logout(session)).await.status, 201, "its own logout is taken");
}

#[tokio::test]
async fn a_record_under_another_name_for_its_place_is_refused() {
    let ward = Ward::open().await;
    let own = ward.place(&ward.workstation);
    let misplaced = WorkstationRef { name: "ICU-7".to_owned(), ..own };
    let record = AuditRecord { workstation: Some(misplaced), ..ward.started() };

    put(&ward.workstation, &record).await.assert_refused(422, "request.invalid");

    assert_eq!(ward.server.recorded(&["ICU-7"]), 0);
}

#[tokio::test]
async fn a_record_of_a_known_session_under_another_name_for_its_person_is_refused() {
    let mut ward = Ward::open().await;
    let session = ward.workstation.sign_in(&ward.server, &ward.maria).await.parse().unwrap();
    let renamed = UserRef { display_name: "Dr. Else".to_owned(), ..ward.user() };
    for told in [
        AuditRecord { user: Some(renamed.clone()), ..ward.login(session) },
        AuditRecord { user: Some(renamed), ..ward.logout(session) },
    ] {
        put(&ward.workstation, &told).await.assert_refused(422, "request.invalid");
    }

    assert_eq!(put(&ward.workstation, &ward.login(session)).await.status, 201, "as it was");
}

#[tokio::test]
async fn a_login_by_other_factors_than_the_person_has_shown_is_refused() {
    let mut ward = Ward::open().await;
    let session = ward.workstation.sign_in(&ward.server, &ward.maria).await.parse().unwrap();
    let other = AuditRecord { what: What::Login { factors: Factors::Password }, ..ward.login(session) };

    put(&ward.workstation, &other).await.assert_refused(422, "request.invalid");

    assert_eq!(ward.server.recorded(&["110122", &session.to_string()]), 0);
    assert_eq!(put(&ward.workstation, &ward.login(session)).await.status, 201, "by those she has shown");
}

#[tokio::test]
async fn a_logout_that_comes_after_the_server_recorded_it_is_taken_as_delivered() {
    let mut ward = Ward::open().await;
    let session: Uuid = ward.workstation.sign_in(&ward.server, &ward.maria).await.parse().unwrap();
    let told = json!({ "cause": "user-button" });
    assert_eq!(ward.workstation.delete(&format!("/v1/sessions/{session}"), &told).await.status, 200);
    ward.server.advance(std::time::Duration::from_secs(24 * 3_600));
    ward.server.settle().await;

    put(&ward.workstation, &ward.logout(session)).await.assert_refused(409, "conflict");

    assert_eq!(ward.server.recorded(&["110123", &session.to_string()]), 1);
}

#[tokio::test]
async fn a_session_that_the_server_does_not_know_is_taken_at_its_workstations_word() {
    let ward = Ward::open().await;

    assert_eq!(put(&ward.workstation, &ward.login(Uuid::new_v4())).await.status, 201);
}

#[tokio::test]
async fn a_record_in_the_servers_name_is_refused() {
    let ward = Ward::open().await;
    let forged = AuditRecord { source: Source::Server, ..ward.login(Uuid::new_v4()) };

    put(&ward.workstation, &forged).await.assert_refused(422, "request.invalid");
}

#[tokio::test]
async fn a_record_that_takes_the_place_of_a_login_to_come_is_refused() {
    let ward = Ward::open().await;
    let squatter = AuditRecord { id: AuditRecord::login_id(Uuid::new_v4()), ..ward.started() };

    put(&ward.workstation, &squatter).await.assert_refused(422, "request.invalid");
}

#[tokio::test]
async fn an_address_that_is_not_the_records_is_refused() {
    let ward = Ward::open().await;
    let record = ward.started();
    let body = fhir::to_json(&AuditEvent::from(&record));
    for id in
        [Uuid::new_v4().to_string(), record.id.to_string().to_uppercase(), "x".to_owned(), "%FF".to_owned()]
    {
        let path = format!("/fhir/AuditEvent/{id}");

        let answer = send(&ward.workstation, Method::PUT, &path, body.clone()).await;

        answer.assert_refused(422, "request.invalid");
    }
    assert_eq!(ward.server.recorded(&["110120", "urn:tapward:workstation"]), 0);
}

#[tokio::test]
async fn what_is_no_event_of_ours_is_refused_without_repeating_it() {
    let ward = Ward::open().await;
    let record = ward.started();
    let mut with_text = json_of(&record);
    with_text["text"] = json!({ "status": "generated", "div": "<div>Mr Smith, bed 4</div>" });
    let mut misspelled = json_of(&record);
    misspelled["action"] = json!("C");
    for body in [
        Vec::new(),
        b"{".to_vec(),
        b"null".to_vec(),
        b"\xFF\xFE".to_vec(),
        json!({ "resourceType": "Patient", "id": record.id, "name": "Mr Smith" }).to_string().into_bytes(),
        with_text.to_string().into_bytes(),
        misspelled.to_string().into_bytes(),
    ] {
        let path = format!("/fhir/AuditEvent/{}", record.id);

        let answer = send(&ward.workstation, Method::PUT, &path, body).await;

        answer.assert_refused(400, "request.malformed");
        assert!(!answer.body.to_string().contains("Smith"));
    }
}

#[tokio::test]
async fn a_body_over_the_bound_is_refused() {
    let ward = Ward::open().await;
    let path = format!("/fhir/AuditEvent/{}", Uuid::new_v4());

    let answer = send(&ward.workstation, Method::PUT, &path, vec![b' '; 16 * 1024 + 1]).await;

    answer.assert_refused(413, "request.too_large");
}

#[tokio::test]
async fn another_media_type_is_refused() {
    let ward = Ward::open().await;
    let record = ward.started();
    let path = format!("/fhir/AuditEvent/{}", record.id);
    for (media_type, is_taken) in [
        ("text/plain", false),
        ("application/fhir+xml", false),
        ("application/fhir+json; charset=utf-8", true),
    ] {
        let body = fhir::to_json(&AuditEvent::from(&record));
        let call = Call { media_type: Some(media_type), body, ..Call::bare(Method::PUT, &path) };

        let answer = ward.workstation.send(call).await;

        if is_taken {
            assert_eq!(answer.status, 201);
        } else {
            answer.assert_refused(415, "media_type.unsupported");
        }
    }
}

#[tokio::test]
async fn without_a_proof_nothing_is_taken() {
    let ward = Ward::open().await;
    let record = ward.started();
    let auditor = ward.auditor().await;
    let url = format!("{}/fhir/AuditEvent/{}", ward.server.url(), record.id);
    let body = fhir::to_json(&AuditEvent::from(&record));

    for authorization in [None, Some(&auditor.authorization)] {
        let mut request = client(&ward.server).put(&url).header("Content-Type", FHIR).body(body.clone());
        if let Some(authorization) = authorization {
            request = request.header("Authorization", authorization);
        }
        let response = request.send().await.unwrap();

        assert_eq!(response.status(), 401);
        let outcome: Value = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
        assert_eq!(outcome["issue"][0]["details"]["coding"][0]["code"], "proof.invalid");
    }
    assert_eq!(ward.server.recorded(&[&record.id.to_string()]), 0);
}

#[tokio::test]
async fn a_proof_of_another_body_is_refused() {
    let ward = Ward::open().await;
    let record = ward.started();
    let path = format!("/fhir/AuditEvent/{}", record.id);
    let body = fhir::to_json(&AuditEvent::from(&record));
    put(&ward.workstation, &ward.started()).await;
    let lie = |_: &mut Value, claims: &mut Value| {
        claims["bsh"] = json!("47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU")
    };

    let call = Call { media_type: Some(FHIR), body, ..Call::bare(Method::PUT, &path) }.lying(&lie);
    let answer = ward.workstation.send(call).await;

    answer.assert_refused(401, "proof.invalid");
}

#[tokio::test]
async fn a_revoked_workstation_delivers_nothing() {
    let ward = Ward::open().await;
    let name = ward.place(&ward.workstation).name;
    let record = ward.started();
    ward.server.admin(json!({ "do": "workstation_revoke", "workstation": name })).await.unwrap();

    put(&ward.workstation, &record).await.assert_refused(403, "workstation.revoked");
}

#[tokio::test]
async fn nothing_in_the_record_can_be_changed_or_deleted_even_beside_the_server() {
    let ward = Ward::open().await;
    put(&ward.workstation, &ward.started()).await;
    let before = ward.server.trail();

    let of_sqlite = [
        "INSERT OR REPLACE INTO audit_events SELECT * FROM audit_events",
        "REPLACE INTO audit_events (id, chain_id, chain_seq, recorded_at, received_at, event) \
         SELECT randomblob(16), chain_id, chain_seq, 0, 0, '{}' FROM audit_events",
    ];
    let of_postgres = [
        "TRUNCATE audit_events",
        "INSERT INTO audit_events SELECT * FROM audit_events ON CONFLICT (id) DO UPDATE SET event = '{}'",
    ];
    let of_this = match ward.server.rows {
        Rows::File(_) => of_sqlite,
        Rows::Postgres(_) => of_postgres,
    };
    let of_both = [
        "UPDATE audit_events SET event = '{}'",
        "UPDATE audit_events SET received_at = 0 WHERE chain_seq = 1",
        "DELETE FROM audit_events",
        "DELETE FROM audit_events WHERE chain_seq = (SELECT MAX(chain_seq) FROM audit_events)",
    ];
    for sql in of_both.into_iter().chain(of_this) {
        let refusal = format!("{:#}", ward.server.rows.write(sql).unwrap_err());

        assert!(refusal.contains("an audit event is never"), "{sql}: {refusal}");
    }
    assert_eq!(ward.server.trail(), before);
}

#[tokio::test]
async fn every_record_has_its_place_without_a_gap() {
    let ward = Ward::open().await;
    for _ in 0..3 {
        put(&ward.workstation, &ward.started()).await;
    }

    let (count, last) = (
        ward.server.count("SELECT COUNT(*) FROM audit_events"),
        ward.server.count("SELECT MAX(chain_seq) FROM audit_events"),
    );

    assert_eq!(count, last);
    assert_eq!(ward.server.count("SELECT COUNT(*) FROM audit_events WHERE chain_id <> 1"), 0);
}

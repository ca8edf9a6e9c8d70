//! What must not be found on the disk of the server is not there.

use harness::server::TestServer;
use serde_json::json;
use uuid::Uuid;

#[tokio::test]
async fn no_password_code_secret_or_credential_stands_on_the_servers_disk() {
    let mut server = TestServer::start().await;
    let secret = server.enrolment_secret(1).await;
    let mut workstation = harness::workstation::Workstation::new(&server);
    workstation.enrol(&secret).await;
    let maria = server.add_person("maria").await;
    workstation.sign_in(&server, &maria).await;
    workstation.report(0).await;
    let wrong = "canary of a wrong password";
    workstation.first_factor(Uuid::new_v4(), "maria", wrong).await;
    let typed_as_name = "canary typed into the wrong field";
    workstation.first_factor(Uuid::new_v4(), typed_as_name, "x").await;
    let token =
        server.admin(json!({ "do": "auditor_token", "name": "reviewer", "expires_in_s": 60 })).await.unwrap();
    let (raw, base32) = maria.totp_secret();
    let credential = workstation.credential.clone().unwrap();
    let canaries: [(&str, &[u8]); 8] = [
        ("password", maria.password.as_bytes()),
        ("wrong password", wrong.as_bytes()),
        ("name", typed_as_name.as_bytes()),
        ("TOTP secret", &raw),
        ("TOTP secret in base32", base32.as_bytes()),
        ("credential", credential.as_bytes()),
        ("enrolment secret", secret.as_bytes()),
        ("auditor's token", token["token"].as_str().unwrap().as_bytes()),
    ];

    for (what, canary) in canaries {
        assert_eq!(server.files_that_hold(canary), Vec::<String>::new(), "{what}, while it runs");
    }
    assert!(!server.files_that_hold(b"Maria O.").is_empty(), "the search finds what is there");
    server.stop().await;
    for (what, canary) in canaries {
        assert_eq!(server.files_that_hold(canary), Vec::<String>::new(), "{what}, after it ended");
    }
}

//! Every byte of a password counts, whatever it is made of.

use harness::{
    server::{Person, TestServer},
    workstation::Workstation,
};
use serde_json::json;
use uuid::Uuid;

#[tokio::test]
async fn a_password_of_the_longest_length_signs_in_and_counts_to_its_last_byte() {
    for longest in ["p".repeat(1_024), "🩺".repeat(256)] {
        let (server, mut workstation, maria) = maria_with(&longest).await;
        let one_less: String = longest.chars().skip(1).collect();
        for wrong in [one_less.clone(), format!("{one_less}x"), format!("x{one_less}")] {
            let answer = workstation.first_factor(Uuid::new_v4(), "maria", &wrong).await;
            answer.assert_refused(401, "sign_in.refused");
        }

        workstation.sign_in(&server, &maria).await;
    }
}

#[tokio::test]
async fn a_password_longer_than_that_is_given_to_nobody() {
    let server = TestServer::start().await;
    server.add_person("maria").await;
    let reset = json!({ "do": "user_reset", "name": "maria", "password": "p".repeat(1_025) });

    assert!(server.admin(reset).await.unwrap_err().to_string().contains("1024"));
}

#[tokio::test]
async fn pictures_other_scripts_and_accents_sign_in_however_they_were_put_together() {
    let given = "🩺👩🏽‍⚕️ \u{202e}پسورد contrase\u{f1}a \t'\\";
    let composed = given.to_owned();
    let decomposed = given.replace('\u{f1}', "n\u{303}");
    for password in [&composed, &decomposed] {
        let (server, mut workstation, mut maria) = maria_with(password).await;
        for typed in [&composed, &decomposed] {
            maria.password.clone_from(typed);
            workstation.sign_in(&server, &maria).await;
            workstation.credential = None;
            server.advance(std::time::Duration::from_secs(30));
        }
        for wrong in [
            given.replace('\u{202e}', ""),
            given.replace('\u{f1}', "n"),
            given.trim_start_matches('🩺').into(),
        ] {
            let answer = workstation.first_factor(Uuid::new_v4(), "maria", &wrong).await;
            answer.assert_refused(401, "sign_in.refused");
        }
    }
}

async fn maria_with(password: &str) -> (TestServer, Workstation, Person) {
    let server = TestServer::start().await;
    let workstation = server.enrol().await;
    let mut maria = server.add_person("maria").await;
    let reset = json!({ "do": "user_reset", "name": "maria", "password": password });
    server.admin(reset).await.unwrap();
    password.clone_into(&mut maria.password);
    (server, workstation, maria)
}

//! The server renews its certificate; workstations pin its authority and notice nothing.

use std::time::Duration;

use harness::server::{TestServer, real_time};
use jiff::{Timestamp, ToSpan as _, tz::TimeZone};
use reqwest::{Certificate, Client, tls::TlsInfo};

const DAY: Duration = Duration::from_secs(24 * 3_600);

#[tokio::test]
async fn a_certificate_with_ten_days_left_is_renewed_at_the_start_for_the_same_hosts_and_authority() {
    let mut server = TestServer::start_with_certificates_of(with_days_left(40)).await;
    let workstation = server.enrol().await;
    let before = shown(&server).await;
    server.stop().await;
    server.advance(DAY * 30);
    server.restart().await;
    let renewed = shown(&server).await;
    assert_ne!(renewed, before);

    // The client trusts the authority of `init` alone, and checks that the certificate is for 127.0.0.1.
    assert_eq!(workstation.at(&server).get("/healthz").await.status, 200);
    let file = std::fs::read_to_string(server.data().join("server.pem")).unwrap();
    let authority = String::from_utf8(server.authority()).unwrap();
    assert!(file.ends_with(&authority), "the authority is sent for the first contact");
    assert_eq!(Certificate::from_pem_bundle(file.as_bytes()).unwrap().len(), 2);
    server.restart().await;
    assert_eq!(shown(&server).await, renewed, "once");
}

#[tokio::test]
async fn a_certificate_that_comes_near_its_end_while_the_server_runs_is_renewed_there() {
    let server = TestServer::start_with_certificates_of(with_days_left(32)).await;
    let workstation = server.enrol().await;
    let before = shown(&server).await;
    server.advance(DAY);
    assert_eq!(shown(&server).await, before, "31 days are enough");

    server.advance(DAY * 2);
    let waits = async {
        while shown(&server).await == before {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), waits).await.expect("the renewed one is shown");

    assert_eq!(workstation.get("/healthz").await.status, 200);
}

#[tokio::test]
async fn a_renewed_certificate_that_cannot_be_loaded_is_tried_again() {
    let server = TestServer::start_with_certificates_of(with_days_left(31)).await;
    let before = shown(&server).await;
    let paths = ["authority.pem", "server.pem"].map(|name| server.data().join(name));
    let [authority, certificate] = paths.clone();
    let damage = "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n";
    let damaged = std::fs::read_to_string(&authority).unwrap() + damage;
    std::fs::write(&authority, damaged).unwrap();
    server.advance(DAY * 2);
    let is_renewed = |_: &TestServer| std::fs::read_to_string(&certificate).unwrap().ends_with(damage);
    server.until("it is renewed, with what cannot be loaded behind it", is_renewed).await;

    for path in paths {
        let whole = std::fs::read_to_string(&path).unwrap().replace(damage, "");
        std::fs::write(&path, whole).unwrap();
    }
    // Far fewer days than until it would be renewed once more.
    for _ in 0..300 {
        server.advance(DAY);
        if shown(&server).await != before {
            return;
        }
    }
    panic!("the renewed one is never shown");
}

#[tokio::test]
async fn a_server_that_cannot_renew_goes_on_with_what_it_has() {
    let mut server = TestServer::start_with_certificates_of(with_days_left(45)).await;
    let before = shown(&server).await;
    let key = server.data().join("authority.key");
    let kept = std::fs::read(&key).unwrap();
    std::fs::remove_file(&key).unwrap();
    server.advance(DAY * 20);
    server.restart().await;
    assert_eq!(shown(&server).await, before);

    std::fs::write(&key, kept).unwrap();
    server.restart().await;
    assert_ne!(shown(&server).await, before);
}

/// When the certificate was made that has so many days left now. Clients check it by the real clock, so the
/// server's begins there too.
fn with_days_left(days: i64) -> Timestamp {
    let now = real_time().to_zoned(TimeZone::UTC);
    now.checked_sub(5.years()).unwrap().checked_add(days.days()).unwrap().timestamp()
}

/// The certificate that a new connection is shown.
async fn shown(server: &TestServer) -> Vec<u8> {
    let authority = Certificate::from_pem(&server.authority()).unwrap();
    let client = Client::builder().tls_certs_only([authority]).no_proxy().tls_info(true).build().unwrap();
    let answer = client.get(format!("{}/healthz", server.url())).send().await.unwrap();
    answer.extensions().get::<TlsInfo>().unwrap().peer_certificate().unwrap().to_vec()
}

//! Start-up is answered, whatever hangs.

use std::{
    future::pending,
    sync::{Mutex, mpsc},
};

use axum::{Json, Router, routing::post};
use serde_json::json;
use tokio::sync::mpsc::UnboundedReceiver;

use super::*;
use crate::{
    keychain::tests::Fake,
    testing::{Authority, StillClock, fit_workstation, serve, write_enrolment},
};

#[tokio::test]
async fn a_disk_that_hangs_when_the_server_has_recovered_is_named_and_start_up_goes_well_when_it_is_back() {
    let (give_back, gone) = mpsc::channel::<()>();
    let gone = Arc::new(Mutex::new(gone));
    let workstation = Workstation::default();
    let server_of = workstation.clone();
    let recover = move || async move {
        let gone = Arc::clone(&gone);
        // The next call on the spool is the one that notes what the server was told.
        let hang = move |_: &mut audit_spool::Spool, _| {
            let _ = gone.lock().unwrap().recv();
            Ok(())
        };
        server_of.fit().unwrap().spool.run_then(hang, |_| ());
        Json(json!({ "ended": [{ "session_id": uuid::Uuid::from_u128(1), "cause": "inactivity" }] }))
    };
    let mut ward = Ward::with(workstation, Router::new().route(RECOVERY, post(recover))).await;

    assert_eq!(ward.start_up().await, Event::StartUpFailed(FailClosedCause::SpoolUnavailable));

    drop(give_back);
    assert_eq!(ward.start_up().await, Event::StartUpFinished);
}

#[tokio::test]
async fn a_server_that_takes_the_call_and_never_answers_keeps_nobody_from_signing_in() {
    let router = Router::new().route(RECOVERY, post(pending::<()>));
    let mut ward = Ward::with(Workstation::default(), router).await;

    assert_eq!(ward.start_up().await, Event::StartUpFinished);
}

const RECOVERY: &str = "/v1/workstation/recovery";

struct Ward {
    start_up: WorkstationStartUp,
    told: UnboundedReceiver<Event>,
    _folder: tempfile::TempDir,
}

impl Ward {
    /// An enrolled workstation that was fit before, whose server is this; `workstation` becomes it.
    async fn with(workstation: Workstation, router: Router) -> Self {
        let authority = Authority::new();
        let address = serve(&authority.certificate(), router).await;
        let folder = tempfile::tempdir().unwrap();
        write_enrolment(folder.path());
        workstation.become_fit(fit_workstation(&authority, address, folder.path()).fit().unwrap());
        let (sink, told) = EventSink::channel();
        let needs = Needs { vault: Fake::default().vault(), workstation, gauge: None, apps: None };
        let start_up = WorkstationStartUp::new(folder.path().into(), needs, Arc::new(StillClock), sink);
        Self { start_up, told, _folder: folder }
    }

    async fn start_up(&mut self) -> Event {
        self.start_up.start_up();
        tokio::time::timeout(Duration::from_secs(20), self.told.recv()).await.unwrap().unwrap()
    }
}

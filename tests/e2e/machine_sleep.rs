//! The machine sleeps. Its sleep is told to the agent's clock through the file that only an agent built
//! for end-to-end tests reads; real sleep cannot be had on a test machine.

use std::{fs, path::PathBuf};

use harness::{
    login1::Login1,
    session_bus::SessionBus,
    ward::{Setup, short_policy},
};

use crate::bedside::{Bedside, SOON};

/// Covered before the machine sleeps and when it wakes; within her limit the session is hers.
#[test]
fn the_lid_closes_on_a_covered_screen_and_opens_on_one_and_her_password_resumes() {
    let machine = Machine::new();
    let bedside = Bedside::signed_in(machine.setup("10min"));
    machine.login1.wait_until_held(1);

    machine.says_it_sleeps(true);
    machine.login1.wait_until_released();
    assert!(!bedside.is_app_visible(), "the machine may sleep, and her app is on screen");
    machine.sleeps(5 * 60);
    machine.says_it_sleeps(false);

    bedside.ward.wait_screen("concealed", SOON).unwrap();
    assert!(!bedside.is_app_visible());
    bedside.ward.resume(&bedside.maria).unwrap();
    bedside.wait_visible();
    assert_eq!(bedside.open_sessions(), 1);
}

#[test]
fn a_sleep_longer_than_the_limit_has_ended_the_session_when_the_lid_opens() {
    let machine = Machine::new();
    let bedside = Bedside::signed_in(machine.setup("10min"));
    machine.login1.wait_until_held(1);

    machine.says_it_sleeps(true);
    machine.login1.wait_until_released();
    machine.sleeps(20 * 60);
    machine.says_it_sleeps(false);

    bedside.assert_ended("suspend");
}

#[test]
fn sleep_beyond_the_limit_ends_the_session() {
    let folder = tempfile::tempdir().unwrap();
    let offset = folder.path().join("offset");
    fs::write(&offset, "0").unwrap();
    let bedside = Bedside::signed_in(Setup {
        policy: short_policy("30s", "10s", "12h"),
        is_end_to_end_agent: true,
        agent_environment: vec![(
            "TAPWARD_E2E_CLOCK_OFFSET_FILE".to_owned(),
            offset.to_str().unwrap().to_owned(),
        )],
        ..Setup::default()
    });

    fs::write(&offset, "1200000").unwrap();

    bedside.assert_ended("inactivity");
}

/// A machine that says when it sleeps, and whose sleep the agent's clock counts.
#[derive(Debug)]
pub(crate) struct Machine {
    /// Serves the login1.
    runtime: tokio::runtime::Runtime,
    pub(crate) login1: Login1,
    bus: SessionBus,
    offset: PathBuf,
    _folder: tempfile::TempDir,
}

impl Machine {
    pub(crate) fn new() -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let folder = tempfile::Builder::new().prefix("tw").tempdir_in("/tmp").unwrap();
        let bus = SessionBus::start(folder.path()).unwrap();
        let login1 = runtime.block_on(Login1::on(bus.address()));
        let offset = folder.path().join("offset");
        fs::write(&offset, "0").unwrap();
        Self { runtime, login1, bus, offset, _folder: folder }
    }

    pub(crate) fn setup(&self, after: &str) -> Setup {
        Setup {
            policy: short_policy(after, "20s", "12h"),
            is_end_to_end_agent: true,
            agent_environment: vec![
                ("TAPWARD_E2E_CLOCK_OFFSET_FILE".to_owned(), self.offset.to_str().unwrap().to_owned()),
                ("DBUS_SYSTEM_BUS_ADDRESS".to_owned(), self.bus.address().to_owned()),
            ],
            ..Setup::default()
        }
    }

    pub(crate) fn says_it_sleeps(&self, is_beginning: bool) {
        self.runtime.block_on(self.login1.prepare_for_sleep(is_beginning));
    }

    pub(crate) fn sleeps(&self, seconds: u64) {
        fs::write(&self.offset, (seconds * 1000).to_string()).unwrap();
    }
}

//! A workstation whose clock has lost its battery.

use std::{fs, os::unix::fs::PermissionsExt as _};

use harness::{program::program_path, ward::Setup};
use rustix::process::Signal;

use crate::bedside::{Bedside, USABLE_WITHIN};

/// Shows another wall clock to the agent. The clocks that nobody can set stay.
const IN_1970: &str = "#!/bin/sh
lib=$(ls /usr/lib/*/faketime/libfaketimeMT.so.1) || exit 1
LD_PRELOAD=$lib FAKETIME='@1970-01-01 00:10:00' FAKETIME_DONT_FAKE_MONOTONIC=1 exec AGENT \"$@\"
";

/// The server's certificate cannot be good in 1970, and whoever sets clocks decides nothing here: it is said in words.
#[test]
fn in_1970_the_screen_says_that_the_clock_is_wrong_and_once_it_is_right_nothing_is_lost() {
    let mut bedside = Bedside::open_with(Setup::default(), |ward| {
        let agent = ward.path().join("agent-in-1970");
        let real = program_path("tapward-agent-e2e");
        fs::write(&agent, IN_1970.replace("AGENT", real.to_str().unwrap())).unwrap();
        fs::set_permissions(&agent, fs::Permissions::from_mode(0o755)).unwrap();
        agent
    });
    bedside.ward.give_password(&bedside.hand, &bedside.maria).unwrap();
    bedside.ward.wait_log("\"fault\":\"clock_wrong\"").unwrap();
    bedside.ward.wait_screen("signed_out", USABLE_WITHIN).unwrap();
    assert!(!bedside.is_app_visible());
    assert_eq!(bedside.open_sessions(), 0);
    bedside.ward.stop_kiosk(Signal::TERM).unwrap();

    bedside.ward.start_kiosk().unwrap();
    bedside.ward.sign_in(&bedside.maria).unwrap();
    bedside.wait_visible();
    bedside.ward.stop_kiosk(Signal::TERM).unwrap();

    let record =
        bedside.ward.wait_audit(&bedside.token, "what was recorded in 1970", USABLE_WITHIN, |record| {
            record
                .iter()
                .any(|event| event["recorded"].as_str().is_some_and(|at| at.starts_with("1970-01-01T00:1")))
        });
    record.unwrap();
}

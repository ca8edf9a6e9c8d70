//! Notifications on dunst.

use std::time::Duration;

use harness::{
    part::wait_for,
    session_bus::{NotificationDaemon, SessionBus},
    x_server::{Monitors, XServer},
};

use crate::driven::Driven;

#[test]
fn a_warning_is_shown_replaced_and_taken_away() {
    let ward = Ward::new();
    let _daemon = ward.daemon();
    let mut adapter = Driven::on(&ward.bus, ward.folder.path());

    adapter.ask("warn 60");
    ward.wait_until_shown(1);
    adapter.ask("warn 30");
    adapter.ask("warn 10");
    ward.wait_until_shown(1);
    adapter.ask("withdraw");
    ward.wait_until_shown(0);
    adapter.ask("withdraw");
    adapter.ask("warn 60");
    ward.wait_until_shown(1);
}

#[test]
fn the_ports_contract_holds_on_dunst() {
    let ward = Ward::new();
    let _daemon = ward.daemon();
    let state = ward.folder.path().join("state");
    let mut adapter = Driven::keeping(&ward.bus, ward.folder.path(), Some(&state));

    assert_eq!(adapter.ask(&format!("notifier {}", ward.x_server.display())), "kept");
}

#[test]
fn without_a_notification_daemon_nothing_breaks_and_one_that_comes_later_is_used() {
    let ward = Ward::new();
    let mut adapter = Driven::on(&ward.bus, ward.folder.path());
    adapter.ask("warn 60");
    adapter.ask("withdraw");

    let _daemon = ward.daemon();
    // The first wishes may still be failing: what counts is that a later one is shown.
    wait_for("a notification", Duration::from_secs(20), || {
        adapter.ask("warn 30");
        (ward.shown() == 1).then_some(())
    })
    .unwrap();
}

struct Ward {
    bus: SessionBus,
    x_server: XServer,
    folder: tempfile::TempDir,
}

impl Ward {
    fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("tw").tempdir().unwrap();
        let x_server = XServer::start(Monitors::One(640, 480), folder.path()).unwrap();
        let bus = SessionBus::start(folder.path()).unwrap();
        Self { bus, x_server, folder }
    }

    fn daemon(&self) -> NotificationDaemon {
        NotificationDaemon::start(&self.bus, self.x_server.display(), self.folder.path()).unwrap()
    }

    fn shown(&self) -> u32 {
        NotificationDaemon::shown(&self.bus, self.x_server.display()).unwrap()
    }

    fn wait_until_shown(&self, count: u32) {
        wait_for(&format!("{count} notifications"), Duration::from_secs(10), || {
            (self.shown() == count).then_some(())
        })
        .unwrap();
    }
}

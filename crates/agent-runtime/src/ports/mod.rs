//! What the loop needs of the world, each named for the role. Adapters live in `agent-platform`, fakes
//! in `testkit`; both keep the same contract (`testkit::contract`).
//!
//! Ports are told things by plain calls that return at once and answer by sending [`agent_core::event::Event`]s
//! into the loop's [`EventSink`]; only [`Clock`] answers directly. A call never blocks the loop: an
//! adapter that must wait does so on its own thread or task, with its own time limit.

pub mod apps;
pub mod audit_trail;
pub mod badge_readers;
pub mod clock;
pub mod idle;
pub mod keychain;
pub mod notifier;
pub mod power;
pub mod screen;
pub mod session_server;
pub mod start_up;

pub use apps::Apps;
pub use audit_trail::AuditTrail;
pub use badge_readers::BadgeReaders;
pub use clock::Clock;
pub use idle::Idle;
pub use keychain::Keychain;
pub use notifier::Notifier;
pub use power::Power;
pub use screen::Screen;
pub use session_server::SessionServer;
pub use start_up::{Enrolment, StartUp};

use std::{fmt, sync::Arc};

use agent_core::event::Event;

/// One adapter for each port: what `agent-platform` makes for this platform, and `testkit` for a test.
#[allow(missing_docs, reason = "each field is its port, documented there")]
pub struct Ports {
    pub clock: Arc<dyn Clock>,
    pub start_up: Box<dyn StartUp>,
    pub screen: Box<dyn Screen>,
    pub idle: Box<dyn Idle>,
    pub keychain: Box<dyn Keychain>,
    pub audit_trail: Box<dyn AuditTrail>,
    pub session_server: Box<dyn SessionServer>,
    pub notifier: Box<dyn Notifier>,
    pub power: Box<dyn Power>,
    pub badge_readers: Box<dyn BadgeReaders>,
    pub apps: Box<dyn Apps>,
}

impl fmt::Debug for Ports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ports").finish_non_exhaustive()
    }
}

/// Where adapters put what happened. Cheap to clone; sending never blocks and never fails: after the
/// loop has ended, events fall away.
#[derive(Debug, Clone)]
pub struct EventSink(tokio::sync::mpsc::UnboundedSender<Event>);

impl EventSink {
    /// A sink and the end the loop reads.
    #[must_use]
    pub fn channel() -> (Self, tokio::sync::mpsc::UnboundedReceiver<Event>) {
        let (sender, receiver) = tokio::sync::mpsc::unbounded_channel();
        (Self(sender), receiver)
    }

    /// Tells the loop.
    pub fn send(&self, event: Event) {
        // The loop owns the receiver for the life of the process; after it, nobody needs the event.
        let _ = self.0.send(event);
    }
}

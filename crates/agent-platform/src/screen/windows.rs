//! Windows has no shield: the agent covers itself and says that this is not enforced.
//!
//! Shell Launcher or assigned access keeps other shells away; a key filter and a service that holds the screen are not built.

use agent_runtime::ports::{EventSink, Screen};

use super::{LoopProbe, Window, unenforced::Unenforced};

/// Never made on this platform.
#[derive(Debug)]
pub enum ShieldSocket {}

/// `None`: no shield can have started this agent.
#[must_use]
pub fn inherit_shield_socket() -> Option<ShieldSocket> {
    None
}

/// Nobody is told here of the devices that the agent takes.
#[derive(Debug, Clone, Default)]
pub struct DeviceTeller;

impl DeviceTeller {
    /// Tells nobody.
    ///
    /// # Errors
    /// None on this platform.
    pub fn of(_shield: Option<&ShieldSocket>) -> std::io::Result<Self> {
        Ok(Self)
    }
}

pub(super) fn attach(
    _shield: Option<ShieldSocket>,
    window: Box<dyn Window>,
    _probe: LoopProbe,
    events: EventSink,
) -> Box<dyn Screen> {
    Box::new(Unenforced::new(window, events))
}

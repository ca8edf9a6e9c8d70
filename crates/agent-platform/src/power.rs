//! Sleep and shutdown of the machine.
//!
//! # Platform-specific behavior
//! Linux hears org.freedesktop.login1 and holds a delay inhibitor, so that the screen is covered before the
//! machine sleeps. Windows and macOS tell nothing yet (it comes with their installers): there only the
//! clock that counts sleep keeps the limits.

use agent_runtime::ports::{EventSink, Power};

#[cfg_attr(target_os = "linux", path = "power/linux.rs")]
#[cfg_attr(target_os = "macos", path = "power/macos.rs")]
#[cfg_attr(target_os = "windows", path = "power/windows.rs")]
mod imp;

/// [`Power`] of this machine.
#[derive(Debug)]
pub struct SystemPower {
    watch: imp::Watch,
}

impl SystemPower {
    /// Begins to listen; answers into `sink`. `bus` is the address of the bus that login1 is on, by
    /// default the system bus. To be called within a tokio runtime.
    #[must_use]
    pub fn start(bus: Option<String>, sink: EventSink) -> Self {
        Self { watch: imp::Watch::start(bus, sink) }
    }
}

impl Power for SystemPower {
    fn allow_sleep(&self) {
        self.watch.allow_sleep();
    }
}

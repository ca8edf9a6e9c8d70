//! Linux: the kernel's devices, or the X server's.

use agent_runtime::config::WedgeThrough;

use super::Place;
use crate::{idle::SyntheticInput, screen::DeviceTeller};

mod evdev;
mod x11;

/// Where a claimed device is found.
pub(super) fn place(
    through: WedgeThrough,
    synthetic: SyntheticInput,
    devices: DeviceTeller,
) -> Box<dyn Place> {
    match through {
        WedgeThrough::Evdev => Box::new(evdev::Devices::of_this_machine()),
        WedgeThrough::X11 => Box::new(x11::Display::of_this_session(synthetic, devices)),
    }
}

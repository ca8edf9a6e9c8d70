//! Where no wedge can be claimed yet: a claimed one is told as unavailable.

use std::time::Duration;

use agent_runtime::config::{WedgeClaim, WedgeThrough};

use super::{Absent, Device, Place, Taken};
use crate::{idle::SyntheticInput, screen::DeviceTeller};

/// Nowhere.
pub(super) fn place(_: WedgeThrough, _: SyntheticInput, _: DeviceTeller) -> Box<dyn Place> {
    Box::new(Nowhere)
}

struct Nowhere;

impl Place for Nowhere {
    fn take(&mut self, _: &WedgeClaim, _: &Taken) -> Result<Box<dyn Device>, Absent> {
        Err(Absent::Refused("not on this system".to_owned()))
    }

    fn wait(&mut self, _: Option<Duration>) {
        loop {
            std::thread::park();
        }
    }
}

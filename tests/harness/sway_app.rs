//! A person's apps on a private Wayland compositor: one on each output, in a colour nothing else has, which print each key
//! they get.

use std::path::Path;

use anyhow::Result;

use crate::{
    app::MARKER,
    part::{Part, READY_WITHIN},
    program::program,
    sway::Sway,
};

/// The outputs, from left to right.
pub const OUTPUTS: [&str; 2] = ["HEADLESS-1", "HEADLESS-2"];

/// The running apps.
#[derive(Debug)]
pub struct SwayApps {
    parts: Vec<Part>,
}

impl SwayApps {
    /// Opens a window on each output; the one on the first is opened last, and gets what is typed.
    ///
    /// # Errors
    /// When one does not come up.
    pub fn start(sway: &Sway, folder: &Path) -> Result<Self> {
        let mut parts = Vec::new();
        for output in OUTPUTS.iter().rev() {
            sway.message(&["focus", "output", output])?;
            let [red, green, blue] = MARKER;
            let mut command = program("shield-marker");
            command.args([&format!("{red:02x}{green:02x}{blue:02x}"), "window"]);
            sway.way().reach(&mut command);
            let mut app = Part::start(&format!("app-{output}"), &mut command, folder)?;
            app.wait_printed("shown", READY_WITHIN)?;
            parts.push(app);
        }
        Ok(Self { parts })
    }

    /// How many keys reached them.
    #[must_use]
    pub fn keys(&self) -> usize {
        self.parts.iter().map(|app| app.printed().matches("key ").count()).sum()
    }
}

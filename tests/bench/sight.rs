//! Whether a person's app can be seen, looked at as often as the display answers.

use std::{
    thread,
    time::{Duration, Instant, SystemTime},
};

use anyhow::Result;
use harness::{app::MARKER, picture::Eye};

/// Longer than anything measured may take.
pub(crate) const SOON: Duration = Duration::from_secs(20);

/// Waits until a pixel in the middle of the app is seen or gone; looks about a thousand times a second. When it was so,
/// by the wall clock, as logs tell time.
pub(crate) fn wait_visible(eye: &Eye, is_visible: bool) -> Result<SystemTime> {
    let start = Instant::now();
    loop {
        // Beside the warning, which stands in the middle.
        let pixel = eye.pixel(100, 700)?;
        if (pixel == MARKER) == is_visible {
            return Ok(SystemTime::now());
        }
        anyhow::ensure!(start.elapsed() < SOON, "waited in vain for the app to be visible: {is_visible}");
        thread::sleep(Duration::from_micros(500));
    }
}

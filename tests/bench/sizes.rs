//! Sizes of the programs as built.

use anyhow::Result;
use harness::program::program_path;

use crate::figure::Figure;

const MIB: f64 = 1024.0 * 1024.0;

pub(crate) fn measure() -> Result<Vec<Figure>> {
    [("tapward-shield", 1.5), ("tapward-agent", 20.0), ("tapward-server", 20.0)]
        .into_iter()
        .map(|(name, goal)| {
            #[expect(clippy::cast_precision_loss, reason = "sizes far below 2^52")]
            let size = std::fs::metadata(program_path(name))?.len() as f64 / MIB;
            Ok(Figure::at_most(&format!("size.{name}"), "MiB", size, goal, "size of the built program"))
        })
        .collect()
}

//! What layer-shell alone does not hold: said by `--check` and to the agent, and shown here, so that nobody believes more.

use anyhow::Result;
use rustix::process::Signal;

use crate::{
    bed::{BLACK, Bed, MARKER, SOON},
    part::wait_for,
    sway::Kind,
};

const LAYERS: Kind = Kind::LayerShell;

#[test]
fn the_cover_is_gone_with_the_shield_which_is_why_the_os_session_must_end_with_it() -> Result<()> {
    let bed = Bed::with(LAYERS)?;
    let mut shield = bed.shield()?;
    bed.wait_all(BLACK, "the cover")?;

    shield.part.signal(Signal::KILL);
    shield.part.wait(SOON)?;

    bed.wait_all(MARKER, "the app")
}

#[test]
fn the_compositors_own_key_bindings_still_run() -> Result<()> {
    let bed = Bed::with(LAYERS)?;
    let shield = bed.shield()?;
    let _agent = shield.ready_agent(LAYERS.enforcement())?;
    bed.wait_all(BLACK, "the cover")?;

    wait_for("the binding", SOON, || {
        bed.type_keys(&["-M", "logo", "-k", "t"]).ok()?;
        bed.sway.has_run_binding().then_some(())
    })
}

//! [`StartUp`].

use std::time::Duration;

use agent_core::{command::FailClosedCause, event::Event};
use agent_runtime::ports::StartUp;
use anyhow::{Context, ensure};

use super::{Told, promise, wait_for};

/// Ten seconds by the port, and some for a machine under load.
const WITHIN: Duration = Duration::from_secs(15);

/// A workstation that is enrolled finishes start-up, as often as it is asked, and knows who it is.
/// Before: enrolled, keychain and spool usable; the server may be away.
///
/// # Errors
/// The broken promise.
pub async fn finishes_as_often_as_asked(start_up: &impl StartUp, told: &mut impl Told) -> anyhow::Result<()> {
    let mut names = Vec::new();
    for _ in 0..2 {
        start_up.start_up();
        let is_finished = |event: &Event| (*event == Event::StartUpFinished).then_some(());
        let finished = wait_for(told, WITHIN, "StartUpFinished", is_finished).await;
        promise(finished, "start-up finishes")?;
        names.push(start_up.enrolment().context("an enrolled workstation knows who it is")?);
    }
    ensure!(names[0] == names[1], "who it is does not change");
    Ok(())
}

/// A workstation that cannot be used says why. Before: that cause holds, and only that.
///
/// # Errors
/// The broken promise.
pub async fn says_why_it_fails(
    start_up: &impl StartUp,
    told: &mut impl Told,
    why: FailClosedCause,
) -> anyhow::Result<()> {
    start_up.start_up();
    let wanted = Event::StartUpFailed(why);
    let failed = wait_for(told, WITHIN, "StartUpFailed", |event| (*event == wanted).then_some(())).await;
    promise(failed, "a start-up that fails is told with its cause")?;
    if why == FailClosedCause::NotEnrolled {
        ensure!(start_up.enrolment().is_none(), "who nobody enrolled has no name");
    }
    Ok(())
}

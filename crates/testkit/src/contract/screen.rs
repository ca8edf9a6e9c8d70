//! [`Screen`].

use std::time::Duration;

use agent_core::{event::Event, ids::SessionId};
use agent_runtime::ports::Screen;
use uuid::Uuid;

use super::{Told, promise, wait_for};

const WITHIN: Duration = Duration::from_secs(5);

/// Covered, uncovered for a session and covered again, each confirmed; covering twice is covering.
/// Before: a display that works.
///
/// # Errors
/// The broken promise.
pub async fn covers_and_uncovers(screen: &impl Screen, told: &mut impl Told) -> anyhow::Result<()> {
    screen.cover();
    promise(covered(told).await, "covering is confirmed")?;
    screen.cover();
    promise(covered(told).await, "covering what is covered is confirmed too")?;

    let session = SessionId(Uuid::new_v4());
    screen.uncover(session);
    let wanted = Event::ScreenUncovered { session };
    let uncovered = wait_for(told, WITHIN, "ScreenUncovered", |event| (*event == wanted).then_some(())).await;
    promise(uncovered, "uncovering is confirmed for the session it was asked for")?;

    screen.cover();
    promise(covered(told).await, "an uncovered screen can be covered")
}

/// A screen that cannot do what it is asked says so. Before: its shield or display is gone.
///
/// # Errors
/// The broken promise.
pub async fn says_that_it_fails(screen: &impl Screen, told: &mut impl Told) -> anyhow::Result<()> {
    screen.cover();
    promise(failed(told).await, "a cover that fails is told")?;
    screen.uncover(SessionId(Uuid::new_v4()));
    promise(failed(told).await, "an uncovering that fails is told")
}

async fn covered(told: &mut impl Told) -> anyhow::Result<()> {
    let is_covered = |event: &Event| matches!(event, Event::ScreenCovered { .. }).then_some(());
    wait_for(told, WITHIN, "ScreenCovered", is_covered).await
}

async fn failed(told: &mut impl Told) -> anyhow::Result<()> {
    wait_for(told, WITHIN, "ScreenFailed", |event| (*event == Event::ScreenFailed).then_some(())).await
}

//! [`Power`].

use std::time::Duration;

use agent_core::event::Event;
use agent_runtime::ports::Power;
use anyhow::ensure;

use super::{Told, eventually, promise, wait_for};

const WITHIN: Duration = Duration::from_secs(5);

/// The machine behind the port, in a person's hands.
pub trait Machine {
    /// The lid closes: the machine wants to sleep.
    fn wants_to_sleep(&mut self);

    /// Whether nobody holds its sleep up.
    fn may_sleep(&mut self) -> bool;

    /// It slept, and the lid opens.
    fn wakes(&mut self);

    /// Somebody shuts it down.
    fn shuts_down(&mut self);
}

/// Sleep is told, waits until it is allowed, and waking is told; twice in a row. Before: awake.
///
/// # Errors
/// The broken promise.
pub async fn holds_sleep_up_until_it_is_allowed(
    power: &impl Power,
    told: &mut impl Told,
    machine: &mut impl Machine,
) -> anyhow::Result<()> {
    for _ in 0..2 {
        machine.wants_to_sleep();
        promise(tells(told, Event::GoingToSleep).await, "sleep is told before it comes")?;
        ensure!(!machine.may_sleep(), "nobody has allowed the machine to sleep");

        power.allow_sleep();
        power.allow_sleep();
        eventually(told, WITHIN, "sleep is allowed", || machine.may_sleep()).await?;

        machine.wakes();
        promise(tells(told, Event::WokeUp).await, "waking is told")?;
    }
    Ok(())
}

/// Shutting down is told. Before: awake.
///
/// # Errors
/// The broken promise.
pub async fn tells_of_a_shutdown(told: &mut impl Told, machine: &mut impl Machine) -> anyhow::Result<()> {
    machine.shuts_down();
    promise(tells(told, Event::ShuttingDown).await, "shutting down is told")
}

async fn tells(told: &mut impl Told, wanted: Event) -> anyhow::Result<()> {
    let name = format!("{wanted:?}");
    wait_for(told, WITHIN, &name, |event| (*event == wanted).then_some(())).await
}

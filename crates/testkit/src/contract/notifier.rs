//! [`Notifier`].

use std::time::Duration;

use agent_core::command::Notice;
use agent_runtime::{language::Language, ports::Notifier};

use super::{Told, eventually};

const WITHIN: Duration = Duration::from_secs(5);
const REMAINING: Duration = Duration::from_secs(60);

/// At most one notification of ours stands on the desktop, and none after it was withdrawn, however often.
/// Before: a desktop that shows notifications; `shown` counts those that stand there.
///
/// # Errors
/// The broken promise.
pub async fn shows_at_most_one(
    notifier: &impl Notifier,
    told: &mut impl Told,
    mut shown: impl FnMut() -> usize,
) -> anyhow::Result<()> {
    notifier.withdraw();
    notifier.show(Notice::InactivityWarning { remaining: REMAINING }, Language::English);
    eventually(told, WITHIN, "one notification", || shown() == 1).await?;

    notifier.show(Notice::AbsoluteLimitWarning { remaining: REMAINING }, Language::Spanish);
    notifier.show(Notice::InactivityWarning { remaining: REMAINING }, Language::English);
    eventually(told, WITHIN, "one notification after three", || shown() == 1).await?;

    notifier.withdraw();
    notifier.withdraw();
    eventually(told, WITHIN, "no notification", || shown() == 0).await
}

/// Without a desktop that shows notifications nothing happens, and nobody is held up.
/// Before: no notification service.
pub fn survives_without_a_desktop(notifier: &impl Notifier) {
    notifier.show(Notice::InactivityWarning { remaining: REMAINING }, Language::English);
    notifier.withdraw();
}

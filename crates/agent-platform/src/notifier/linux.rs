//! org.freedesktop.Notifications, by D-Bus.

use notify_rust::{Hint, Notification, NotificationHandle, Timeout, Urgency, error::Error};

use super::{APP_NAME, texts::Texts};

/// Shows `texts` in place of `before`.
pub(super) fn show(texts: &Texts, before: Option<NotificationHandle>) -> Result<NotificationHandle, Error> {
    let mut notification = Notification::new();
    notification
        .appname(APP_NAME)
        .summary(&texts.summary)
        .body(&texts.body)
        .urgency(Urgency::Critical)
        // Kept out of any history: it says nothing once it is over.
        .hint(Hint::Transient(true))
        .timeout(Timeout::Never);
    if let Some(before) = before {
        notification.id(before.id());
    }
    notification.show()
}

/// Takes it away. One whose daemon is gone is away already.
#[expect(clippy::unnecessary_wraps, reason = "the same on every system")]
pub(super) fn withdraw(shown: NotificationHandle) -> Result<(), Error> {
    shown.close();
    Ok(())
}

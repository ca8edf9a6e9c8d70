//! The system's own notifications. There is no way to take one back.

use notify_rust::{Notification, error::Error};

use super::{APP_NAME, texts::Texts};

/// Shows `texts`; the one before stays until the system lets it go.
pub(super) fn show(texts: &Texts, _before: Option<()>) -> Result<(), Error> {
    Notification::new().appname(APP_NAME).summary(&texts.summary).body(&texts.body).show().map(drop)
}

/// Nothing can be done.
#[expect(clippy::unnecessary_wraps, reason = "the same on every system")]
pub(super) fn withdraw((): ()) -> Result<(), Error> {
    Ok(())
}

//! A password or PIN is checked outside the transaction that decides on it: it takes long.

use protocol::secret::WireSecret;

use crate::{
    app::App,
    identity::{lanes::FirstPlace, password::HashError},
    store::users::User,
};

/// What is compared with a hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Secret {
    /// Her password.
    Password,
    /// The PIN that goes with her badge.
    Pin,
}

/// What was found, of the person as she stood when it was checked.
#[derive(Debug)]
pub struct Checked {
    of: Option<User>,
    which: Secret,
    was_right: bool,
}

impl Checked {
    /// Whether it was right and still is, `user` being as she stands now. Her hash may have got another cost
    /// meanwhile; the password is the same while its number is.
    #[must_use]
    pub fn is_right_for(&self, user: &User) -> bool {
        let Some(of) = self.of.as_ref().filter(|of| of.id == user.id) else { return false };
        let is_same = match self.which {
            Secret::Password => of.password_number == user.password_number,
            Secret::Pin => of.pin_hash == user.pin_hash,
        };
        self.was_right && is_same
    }
}

/// Checks a secret against that of `user`; as slow for nobody.
///
/// # Errors
/// [`HashError`].
pub async fn check(
    app: &App,
    user: Option<User>,
    which: Secret,
    given: &WireSecret,
    place: FirstPlace,
) -> Result<Checked, HashError> {
    let stored = user.as_ref().and_then(|user| match which {
        Secret::Password => Some(user.password_hash.as_str()),
        Secret::Pin => user.pin_hash.as_deref(),
    });
    let was_right = app.passwords.verify(given, stored, place).await?;
    Ok(Checked { of: user, which, was_right })
}

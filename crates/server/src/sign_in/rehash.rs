//! A password is hashed anew when its hash was made at another cost.

use protocol::secret::WireSecret;

use crate::{
    app::App,
    error::ApiError,
    identity::lanes::FirstPlace,
    store::{
        transact,
        users::{self, User},
    },
};

/// Hashes `password`, which was just proved to be hers, at the present cost if her hash has another one: no
/// other moment knows the password. Only after a sign-in was accepted, and beside its answer, so that its time
/// tells nothing, she does not wait, and a client that goes away changes nothing. The lane of her workstation
/// is held until it is done. A failure loses nothing: her old hash stays good until the next time.
pub fn if_outdated(app: &App, user: User, password: &WireSecret, place: FirstPlace) {
    if !app.passwords.is_outdated(&user.password_hash) {
        return;
    }
    let (app, password) = (app.clone(), password.clone());
    tokio::spawn(async move {
        match renew(&app, &user, &password).await {
            Ok(()) => tracing::info!(user.id = %user.id, "Password hashed anew at the present cost"),
            Err(refusal) => {
                tracing::warn!(user.id = %user.id, code = ?refusal.code, "A password keeps its old hash");
            }
        }
        drop(place);
    });
}

async fn renew(app: &App, user: &User, password: &WireSecret) -> Result<(), ApiError> {
    let hash = app.passwords.hash(password).await?;
    Ok(transact!(app.store, |write| users::renew_password_hash(write, user, &hash).await)?)
}

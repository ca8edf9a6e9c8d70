//! "I lost my badge": password and one-time code, at whatever covered screen is near.

use jiff::Timestamp;
use protocol::v1::badge::BadgesRevoked;

use super::{answers::Answer, next::Step, opening};
use crate::{
    app::App,
    badges,
    error::ApiError,
    store::{Connection, attempts::Outcome, badges as rows, graces},
    trail,
};

/// Revokes every badge of hers and ends her grace. No session is opened and none is touched, neither one of hers nor that
/// of somebody else whose screen is covered there. With no badge left it is no
/// error. Each report is on record: once for each badge, or once for none.
///
/// # Errors
/// [`ApiError`] of the store.
pub async fn revoke(
    app: &App,
    connection: &mut Connection,
    step: Step<'_>,
    now: Timestamp,
) -> Result<(Option<Outcome>, Answer), ApiError> {
    let Step { user, workstation, shown, .. } = step;
    let about = workstation.about().user(Some(user));
    let mut revoked = 0;
    for badge in rows::live_of(connection, user.id).await? {
        if badges::revoke(connection, &badge, now).await? {
            trail::administration(connection, about.clone(), "badge.lost", now).await?;
            revoked += 1;
        }
    }
    if revoked == 0 {
        // She proved who she is and ends her grace: that is on record, too.
        trail::administration(connection, about, "badge.lost-none", now).await?;
    }
    graces::end(connection, user.id).await?;
    opening::clear_failures(app, connection, user, workstation.id, shown).await?;
    tracing::info!(user.id = %user.id, workstation.id = %workstation.id, revoked, "Badges revoked by their holder");
    Ok((Some(Outcome::BadgesRevoked { revoked }), Answer::BadgesRevoked(BadgesRevoked { revoked })))
}

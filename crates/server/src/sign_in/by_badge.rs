//! A sign-in that begins with a badge. One that somebody has is never locked: within her grace period a tap signs in
//! whatever was guessed before, and beyond it the factors that are asked for have their own counts.

use jiff::Timestamp;
use policy::Factor;
use protocol::v1::{badge::PresentedBadge, problem::ProblemCode};

use super::{
    answers::{self, Answer},
    grace,
    next::{self, Step},
    presenting::{self, Presented},
    refusals,
};
use crate::{
    app::App,
    auth::workstation::{ProvenWorkstation, SpentProof},
    error::ApiError,
    identity::badge::BadgeNumber,
    store::{
        Connection,
        attempts::{AttemptKey, Outcome},
        challenges::Purpose,
        transact,
    },
    trail,
};

/// Opens a session within grace, asks for what is missing beyond it, refuses a badge that opens nothing.
///
/// # Errors
/// `badge.unknown`, `badge.unlisted`, `badge.refused`, `badge.unusable`, `conflict`; `badge.wait` for one that nobody has, after many
/// such ones.
pub async fn open(
    app: &App,
    workstation: &ProvenWorkstation,
    proof: &SpentProof,
    key: AttemptKey,
    badge: &PresentedBadge,
) -> Result<Answer, ApiError> {
    let number = presenting::number(badge)?;
    let asked = answers::mac(app, key, &[b"badge", number.as_bytes(), presenting::grade_asked(badge.grade)]);
    let now = app.clock.now();
    transact!(app.store, |write| {
        proof.spend(write).await?;
        workstation.require_good_standing_still(write).await?;
        if let Some(answer) = answers::repeated_within(app, write, key, &asked).await? {
            return Ok(answer);
        }
        let (outcome, answer) = decide(app, write, workstation, (&number, badge), now).await?;
        answers::remember(write, key, asked, outcome, now).await?;
        Ok(answer)
    })
}

async fn decide(
    app: &App,
    connection: &mut Connection,
    workstation: &ProvenWorkstation,
    (number, presented): (&BadgeNumber, &PresentedBadge),
    now: Timestamp,
) -> Result<(Option<Outcome>, Answer), ApiError> {
    let refused = |code| Answer::Refused(ApiError::new(code));
    match presenting::look_up(app, connection, workstation, (number, presented.grade), now).await? {
        Presented::Unknown { waits: Some(waits) } => {
            let refusal = refusals::badge_waits(connection, workstation, waits, now).await?;
            Ok((None, Answer::Refused(refusal)))
        }
        Presented::Unknown { waits: None } => {
            trail::refused(connection, workstation.about(), ProblemCode::BadgeUnknown, now).await?;
            Ok((Some(Outcome::BadgeUnknown), refused(refusals::unknown_badge(&app.policy))))
        }
        Presented::Refused(user) => {
            let about = workstation.about().user(Some(&user));
            trail::refused(connection, about, ProblemCode::BadgeRefused, now).await?;
            Ok((Some(Outcome::BadgeRefused), refused(ProblemCode::BadgeRefused)))
        }
        Presented::Names(badge, user) => {
            let shown = &[Factor::Badge];
            let step =
                Step { user: &user, workstation, purpose: Purpose::SignIn, shown, badge: Some(&badge) };
            let grace = grace::remaining(app, connection, user.id, workstation.id, badge.grade, now).await?;
            if grace.is_some() {
                next::complete(app, connection, step, now).await
            } else {
                next::after(app, connection, step, now).await
            }
        }
    }
}

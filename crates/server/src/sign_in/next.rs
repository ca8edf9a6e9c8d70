//! What comes after a factor was right: another is asked for, or the session is opened or resumed.

use jiff::Timestamp;
use policy::{Factor as Shown, Lacking, SignInFactors, lockout};
use protocol::v1::problem::ProblemCode;
use uuid::Uuid;

use super::{
    answers::{self, Answer},
    losing,
    opening::{self, Opening},
    refusals, resuming,
};
use crate::{
    app::App,
    auth::workstation::ProvenWorkstation,
    error::ApiError,
    identity::{lockout::Factor, name::UserName},
    store::{
        Connection, StoreError,
        attempts::Outcome,
        badges::Badge,
        challenges::{self, Challenge, Purpose},
        failures,
        users::User,
    },
};

/// Who has shown what, where, and what for.
#[derive(Debug, Clone, Copy)]
pub struct Step<'a> {
    /// Who.
    pub user: &'a User,
    /// Where.
    pub workstation: &'a ProvenWorkstation,
    /// What for.
    pub purpose: Purpose,
    /// What was right so far.
    pub shown: &'a [Shown],
    /// Which badge named her, if one did.
    pub badge: Option<&'a Badge>,
}

/// Asks for what is lacking, or completes; tells too what of it is to be remembered, if anything is.
///
/// # Errors
/// [`ApiError`] of the store.
pub async fn after(
    app: &App,
    connection: &mut Connection,
    step: Step<'_>,
    now: Timestamp,
) -> Result<(Option<Outcome>, Answer), ApiError> {
    let methods = match step.purpose {
        Purpose::SignIn => app.policy.sign_in_factors().clone(),
        Purpose::Resume { .. } => app.policy.resume_factors().beyond_grace(),
        Purpose::Renew { .. } | Purpose::BadgeLost => SignInFactors::default(),
    };
    match methods.lacking(step.shown) {
        Lacking::Nothing => complete(app, connection, step, now).await,
        // Policy was changed since the first of it was shown, and no way leads on from there.
        Lacking::AnyOf(asks) if asks.is_empty() => {
            let detail = "What a sign-in asks for was changed meanwhile. Begin again.";
            Ok((None, Answer::Refused(ApiError::new(ProblemCode::ChallengeOver).detail(detail))))
        }
        Lacking::AnyOf(asks) => ask(app, connection, step, asks, now).await,
    }
}

/// Does what it was for: nothing is lacking, or the grace period stands for what is.
///
/// # Errors
/// [`ApiError`] of the store.
pub async fn complete(
    app: &App,
    connection: &mut Connection,
    step: Step<'_>,
    now: Timestamp,
) -> Result<(Option<Outcome>, Answer), ApiError> {
    if step.user.disabled_at.is_some() {
        let about = step.workstation.about().user(Some(step.user));
        refusals::disabled(connection, about, now).await?;
        return Ok((Some(Outcome::Disabled), Answer::Refused(ApiError::new(ProblemCode::UserDisabled))));
    }
    match step.purpose {
        Purpose::SignIn => {
            let Step { user, workstation, shown, badge, .. } = step;
            let opening = Opening { user, workstation, shown, badge };
            let (opened, others) = opening::open(app, connection, opening, now).await?;
            Ok((Some(Outcome::Opened(opened.session_id)), Answer::Opened(opened, others)))
        }
        Purpose::Resume { session_id } | Purpose::Renew { session_id } => {
            resuming::resume(app, connection, step, session_id, now).await
        }
        Purpose::BadgeLost => losing::revoke(app, connection, step, now).await,
    }
}

async fn ask(
    app: &App,
    connection: &mut Connection,
    step: Step<'_>,
    mut asks: Vec<Shown>,
    now: Timestamp,
) -> Result<(Option<Outcome>, Answer), ApiError> {
    if asks.contains(&Shown::Pin) && !has_pin(app, connection, step).await? {
        asks.retain(|factor| *factor != Shown::Pin);
    }
    let challenge = Challenge {
        id: Uuid::new_v4(),
        workstation_id: step.workstation.id,
        user_id: step.user.id,
        purpose: step.purpose,
        shown: step.shown.to_vec(),
        asks,
        badge_id: step.badge.map(|badge| badge.id),
        expires_at: now.saturating_add(lockout::CHALLENGE_LIFETIME).unwrap_or(Timestamp::MAX),
        tries_left: lockout::CHALLENGE_TRIES_MAX,
        is_satisfied: false,
    };
    challenges::insert(connection, &challenge).await?;
    let issued = answers::issued(&challenge, step.user, now);
    Ok((Some(Outcome::Challenged(challenge.id)), Answer::Challenged(issued)))
}

/// Whether asking for a PIN leads anywhere: she has one, and it is not suspended.
async fn has_pin(app: &App, connection: &mut Connection, step: Step<'_>) -> Result<bool, StoreError> {
    if step.user.pin_hash.is_none() {
        return Ok(false);
    }
    let name = UserName::parse(&step.user.name).ok_or(StoreError::Corrupt("user name"))?;
    let subject = name.subject(&app.keys.index);
    let counts = failures::counts(connection, subject, step.workstation.id, Factor::Pin).await?;
    Ok(!counts.is_suspended(Factor::Pin))
}

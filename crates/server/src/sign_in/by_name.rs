//! A sign-in that begins with name and password, and whatever else is begun so without a session.
//!
//! There is one path for everybody: the same reads, one hash, one transaction with the same writes, whether the
//! name is known or not, locked or not. What differs is decided after the hash, on rows read within the
//! transaction: what an administrator changed while the password was checked holds.

use policy::Factor as Shown;
use protocol::{
    secret::WireSecret,
    v1::{
        problem::ProblemCode,
        session::{PASSWORD_SIZE_BYTES_MAX, USER_NAME_SIZE_BYTES_MAX},
    },
};

use super::{
    answers::{self, Answer},
    next::{self, Step},
    proving::{self, Secret},
    refusals, rehash,
};
use crate::{
    app::App,
    auth::workstation::{ProvenWorkstation, SpentProof},
    error::ApiError,
    identity::{lockout::Factor, name::UserName},
    routes::body::invalid,
    store::{
        attempts::{AttemptKey, Outcome},
        challenges::Purpose,
        failures, transact, users,
    },
};

/// What was typed, and what for.
#[derive(Debug, Clone, Copy)]
pub struct Typed<'a> {
    /// As typed.
    pub name: &'a str,
    /// As typed.
    pub password: &'a WireSecret,
    /// Not for a session at hand: its holder is known.
    pub purpose: Purpose,
}

/// Takes name and password, and asks for what is lacking.
///
/// # Errors
/// `sign_in.refused`, `sign_in.locked_out`, `workstation.cloned`, `request.invalid`, `conflict`, `server.busy`.
pub async fn begin(
    app: &App,
    workstation: &ProvenWorkstation,
    proof: &SpentProof,
    key: AttemptKey,
    typed: Typed<'_>,
) -> Result<Answer, ApiError> {
    let Typed { name: typed_name, password, purpose } = typed;
    let name = check(typed_name, password.expose())?;
    let mut asked = vec![typed_name.as_bytes(), password.expose().as_bytes()];
    if purpose == Purpose::BadgeLost {
        asked.push(b"badge lost");
    }
    let asked = answers::mac(app, key, &asked);
    let place = app.lanes.first_place(workstation.id).await?;
    // Not before: whoever waited may have waited for the first of this very attempt.
    if let Some(answer) = answers::repeated(app, proof, key, &asked).await? {
        return Ok(answer);
    }

    let found = {
        let mut read = app.store.read().await?;
        users::find_by_name(&mut read, &name).await?
    };
    let checked = proving::check(app, found, Secret::Password, password, place.clone()).await?;

    let now = app.clock.now();
    let (answer, user) = transact!(app.store, |write| {
        proof.spend(write).await?;
        workstation.require_good_standing_still(write).await?;
        if let Some(answer) = answers::repeated_within(app, write, key, &asked).await? {
            return Ok((answer, None));
        }
        let user = users::find_by_name(write, &name).await?;
        let is_right = user.as_ref().is_some_and(|user| checked.is_right_for(user));
        let subject = name.subject(&app.keys.index);
        let is_known_here = users::is_known_place(write, &name, workstation.id, now).await?;
        let counts = failures::counts(write, subject, workstation.id, Factor::First).await?;
        let about = workstation.about().user(user.as_ref());
        if let Some(left) = counts.locked_for(is_known_here, now) {
            refusals::locked_out(write, about, now).await?;
            return Ok((Answer::Refused(refusals::locked_out_for(left)), None));
        }
        // A suspended password opens nothing, right or wrong, and does not say which it was.
        let Some(user) = user.filter(|_| is_right && !counts.is_suspended(Factor::First)) else {
            let failure =
                refusals::Failure { subject, workstation_id: workstation.id, factor: Factor::First };
            refusals::failed(write, about, failure, now).await?;
            answers::remember(write, key, asked, Some(Outcome::FirstRefused), now).await?;
            return Ok((Answer::Refused(ApiError::new(ProblemCode::SignInRefused)), None));
        };
        let shown = &[Shown::Password];
        let step = Step { user: &user, workstation, purpose, shown, badge: None };
        let (outcome, answer) = next::after(app, write, step, now).await?;
        answers::remember(write, key, asked, outcome, now).await?;
        let is_refused = matches!(answer, Answer::Refused(_));
        Ok::<_, ApiError>((answer, Some(user).filter(|_| !is_refused)))
    })?;
    if let Some(user) = user {
        rehash::if_outdated(app, user, password, place);
    }
    Ok(answer)
}

fn check(name: &str, password: &str) -> Result<UserName, ApiError> {
    if password.len() > PASSWORD_SIZE_BYTES_MAX {
        return Err(invalid("A password has at most 1024 bytes."));
    }
    if name.len() > USER_NAME_SIZE_BYTES_MAX {
        return Err(invalid("A name has at most 256 bytes."));
    }
    UserName::parse(name).ok_or_else(|| invalid("A name is not empty and has no control characters."))
}

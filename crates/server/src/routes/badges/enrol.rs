//! `POST /v1/badges`: the presented badge is hers from now on.

use axum::{Json, extract::State, http::StatusCode};
use jiff::SignedDuration;
use policy::BadgeEnrolment;
use protocol::v1::{
    badge::{BadgeEnrolled, EnrolBadge},
    problem::{Problem, ProblemCode},
};

use crate::{
    app::App,
    auth::{
        credential::PresentedCredential,
        workstation::{ProvenWorkstation, SpentProof},
    },
    badges::{self, Bound, Wish},
    error::ApiError,
    routes::{body::JsonBody, session::in_use},
    sign_in::{grace, presenting},
    store::{
        StoreError,
        badges::{self as rows, EnrolledBy},
        screens,
        sessions::{self, SessionRow},
        transact,
    },
    trail,
};

/// Password and one-time code were shown at most this long before: whoever finds her screen uncovered enrols nothing.
const STRONG_WITHIN: SignedDuration = SignedDuration::from_mins(5);

/// Binds a badge to the person of this session. Enrolling one's own again is no error; of two people who enrol one
/// badge at once, one has it.
///
/// # Errors
/// `badge.unusable`, `badge.taken`, `badge.too_many`, `badge.refused`, `badge.enrolment_refused`,
/// `session.unknown`, `session.lapsed`, `session.ended`.
#[utoipa::path(post, path = "/v1/badges", tag = "badges", request_body = EnrolBadge, responses(
    (status = 201, description = "It is hers", body = BadgeEnrolled),
    (status = 401, description = "No session has this credential here, or it lapsed", body = Problem),
    (status = 403, description = "Policy or the way she signed in does not let her, or the badge was revoked", body = Problem),
    (status = 409, description = "It is another person's, or she has as many as one may have", body = Problem),
    (status = 410, description = "The session has ended; the cause is told", body = Problem),
    (status = 422, description = "It is no badge number, or changes with each presentation", body = Problem),
))]
pub async fn enrol(
    State(app): State<App>,
    workstation: ProvenWorkstation,
    credential: PresentedCredential,
    proof: SpentProof,
    JsonBody(request): JsonBody<EnrolBadge>,
) -> Result<(StatusCode, Json<BadgeEnrolled>), ApiError> {
    workstation.require_good_standing()?;
    let number = presenting::number(&request.badge)?.index(&app.keys.index);
    let now = app.clock.now();
    let (row, count, left) = transact!(app.store, |write| {
        proof.spend(write).await?;
        let row = in_use(write, credential, workstation.id, now).await?;
        sessions::note_credential_used(write, row.id).await?;
        check_policy(app.policy.badge_enrolment())?;
        let strong_at = screens::strong_at(write, row.id).await?;
        if strong_at.is_none_or(|at| now.duration_since(at) > STRONG_WITHIN) {
            let detail = "Sign in with your password and a code first.";
            return Err(ApiError::new(ProblemCode::BadgeEnrolmentRefused).detail(detail));
        }
        let wish = Wish { user_id: row.user_id, number, grade: request.badge.grade, by: EnrolledBy::Holder };
        match badges::bind(write, wish, now).await? {
            Bound::Anew => {
                let about = trail::about_herself(write, &workstation, &row).await?;
                trail::administration(write, about, "badge.enrol-own", now).await?;
                presenting::take_back(write, workstation.id, number, now).await?;
            }
            // Nothing to record.
            Bound::Before | Bound::KeptCryptographic => {}
            Bound::Taken => return Err(ApiError::new(ProblemCode::BadgeTaken)),
            Bound::TooMany => return Err(ApiError::new(ProblemCode::BadgeTooMany)),
            Bound::Revoked => {
                let detail = "This badge was revoked. Ask the help desk to enrol it again.";
                return Err(ApiError::new(ProblemCode::BadgeRefused).detail(detail));
            }
        }
        let count = rows::live_of(write, row.user_id).await?.len();
        let enrolled = rows::find(write, number).await?.ok_or(StoreError::Corrupt("enrolled badge"))?;
        sessions::note_badge(write, row.id, enrolled.id).await?;
        let row = SessionRow { badge_id: Some(enrolled.id), ..row };
        let left = grace::of_session(&app, write, &row, now).await?;
        Ok::<_, ApiError>((row, count, left))
    })?;
    tracing::info!(user.id = %row.user_id, workstation.id = %workstation.id, "Badge enrolled by its holder");
    let enrolled =
        BadgeEnrolled { badges: u32::try_from(count).unwrap_or(u32::MAX), grace_remaining_ms: left };
    Ok((StatusCode::CREATED, Json(enrolled)))
}

fn check_policy(enrolment: BadgeEnrolment) -> Result<(), ApiError> {
    let detail = match enrolment {
        BadgeEnrolment::SelfService => return Ok(()),
        BadgeEnrolment::Listed => "Badges come from a list here. Ask the help desk to add yours.",
        BadgeEnrolment::Supervised => "The help desk enrols badges here. Take yours there.",
    };
    Err(ApiError::new(ProblemCode::BadgeEnrolmentRefused).detail(detail))
}

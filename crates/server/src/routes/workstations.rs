//! `POST /v1/workstations`: a workstation enrols with a code and a key of its own.

use audit::record::What;
use axum::{Json, extract::State, http::StatusCode};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use protocol::v1::{
    problem::{Problem, ProblemCode},
    workstation::{DeviceFacts, EnrolWorkstation, WorkstationEnrolled},
};
use uuid::Uuid;

use super::body::{JsonBody, invalid};
use crate::{
    app::App,
    auth::{
        nonce::{Confirmed, Generation},
        workstation::{ProvenKey, SpentProof},
    },
    enrolment,
    error::ApiError,
    store::{Connection, StoreError, enrolment_codes, transact, workstations, workstations::Workstation},
    trail::{self, About},
};

/// What a machine says of itself has at most this many characters per fact.
const FACT_CHARACTERS_MAX: usize = 64;
/// Names that are tried for one workstation.
const NAME_TRIES_MAX: i64 = 10_000;

/// Enrols the key that signed the proof. A repeat by the same key gets the same answer.
///
/// # Errors
/// `enrolment.refused` for a wrong, used-up or expired code.
#[utoipa::path(post, path = "/v1/workstations", tag = "workstations", request_body = EnrolWorkstation, responses(
    (status = 201, description = "Enrolled", body = WorkstationEnrolled),
    (status = 401, description = "The proof is missing, wrong or not fresh", body = Problem),
    (status = 403, description = "The code is wrong, used up or over", body = Problem),
    (status = 422, description = "A value is out of its range", body = Problem),
    (status = 503, description = "Too many wrong codes of late", body = Problem),
))]
pub async fn enrol(
    State(app): State<App>,
    key: ProvenKey,
    proof: SpentProof,
    JsonBody(request): JsonBody<EnrolWorkstation>,
) -> Result<(StatusCode, Json<WorkstationEnrolled>), ApiError> {
    if request.key != key.key {
        return Err(invalid("`key` must be the key that signed the proof."));
    }
    check_facts(&request.facts)?;
    let now = app.clock.now();
    let hash = enrolment::hash_of_typed(&request.code);
    let decided = transact!(app.store, |write| {
        proof.spend(write).await?;
        if let Some(known) = workstations::find_by_key(write, &key.thumbprint).await? {
            return Ok(Decided::Known(known));
        }
        let Some(granted) = enrolment_codes::spend(write, hash, now).await? else {
            // Only wrong codes are told to wait: a stranger's must not keep a right one from enrolling. What
            // is not counted is not recorded either, so that nobody fills the record.
            if let Some(wait) = app.enrolment_failures.wait(now) {
                let wait_ms = u64::try_from(wait.as_millis()).unwrap_or(0);
                return Err(ApiError::new(ProblemCode::ServerBusy).retry_after_ms(wait_ms));
            }
            // Here, so that those who come at once are not all the first.
            app.enrolment_failures.count(now);
            trail::put(write, About::default(), What::Enrolment { is_accepted: false }, now).await?;
            return Ok(Decided::Refused);
        };
        let workstation = insert(write, &key, granted, request.facts.clone(), now).await?;
        let about = About::workstation(workstation.id, &workstation.name);
        trail::put(write, about, What::Enrolment { is_accepted: true }, now).await?;
        Ok(Decided::Enrolled(workstation))
    })?;
    match decided {
        Decided::Known(Workstation { revoked_at: Some(_), .. }) => {
            Err(ApiError::new(ProblemCode::WorkstationRevoked))
        }
        Decided::Known(known) => Ok((StatusCode::CREATED, Json(answer(&app, known)))),
        Decided::Refused => Err(ApiError::new(ProblemCode::EnrolmentRefused)),
        Decided::Enrolled(workstation) => {
            tracing::info!(workstation.id = %workstation.id, "Workstation enrolled");
            Ok((StatusCode::CREATED, Json(answer(&app, workstation))))
        }
    }
}

/// What becomes of a key that asks to be enrolled.
enum Decided {
    /// It was before.
    Known(Workstation),
    /// The code enrols nothing.
    Refused,
    /// It is.
    Enrolled(Workstation),
}

fn check_facts(facts: &DeviceFacts) -> Result<(), ApiError> {
    let facts = [&facts.host_name, &facts.os, &facts.agent_version];
    let is_usable =
        |fact: &&String| fact.chars().count() <= FACT_CHARACTERS_MAX && !fact.chars().any(char::is_control);
    if facts.iter().all(is_usable) {
        return Ok(());
    }
    Err(invalid("Each of `facts` has at most 64 characters, none of them a control."))
}

async fn insert(
    connection: &mut Connection,
    key: &ProvenKey,
    granted: enrolment_codes::Granted,
    facts: DeviceFacts,
    now: Timestamp,
) -> Result<Workstation, StoreError> {
    let mut workstation = Workstation {
        id: Uuid::new_v4(),
        name: String::new(),
        unit: granted.unit,
        key_thumbprint: key.thumbprint.clone(),
        facts,
        enrolled_at: now,
        heard_at: now,
        revoked_at: None,
        cloned_at: None,
        confirmed: Confirmed { generation: Generation::FIRST, since: now, is_settled: false },
    };
    let first = workstations::count(connection).await? + 1;
    for number in 0..NAME_TRIES_MAX {
        workstation.name = match (granted.name.as_str(), number) {
            ("", number) => format!("WS-{:02}", first + number),
            (name, 0) => name.to_owned(),
            (name, number) => format!("{name}-{}", number + 1),
        };
        if workstations::insert(connection, &workstation).await? {
            return Ok(workstation);
        }
    }
    Err(StoreError::Corrupt("name of a workstation"))
}

fn answer(app: &App, workstation: Workstation) -> WorkstationEnrolled {
    WorkstationEnrolled {
        workstation_id: workstation.id,
        name: workstation.name,
        unit: workstation.unit,
        organisation: app.config.organisation.clone(),
        help_line: app.config.help_line.clone(),
        recovery_key: Some(URL_SAFE_NO_PAD.encode(app.keys.recovery.public().bytes())),
    }
}

//! `workstation code | codes | withdraw-code | list | revoke`.

use jiff::{SignedDuration, Timestamp};
use protocol::v1::{event::ServerEvent, session::EndCause};
use uuid::Uuid;

use super::{
    message::{Answer, CodeLine, WorkstationLine},
    perform::{LINES_MAX, check_text, missing},
};
use crate::{
    app::App,
    ending, enrolment,
    error::ApiError,
    routes::body::invalid,
    store::{
        enrolment_codes::{self, EnrolmentCode},
        sessions::Of,
        transact, workstations,
    },
    trail::{self, About},
};

/// What a code shall do.
pub(super) struct CodeWish {
    pub(super) uses: u32,
    pub(super) expires_in_s: u64,
    pub(super) name: Option<String>,
    pub(super) unit: Option<String>,
}

pub(super) async fn code(app: &App, wish: CodeWish) -> Result<Answer, ApiError> {
    if !(1..=enrolment::USES_MAX).contains(&wish.uses) {
        return Err(invalid("A code has 1 to 1000 uses."));
    }
    let life = i64::try_from(wish.expires_in_s).map(SignedDuration::from_secs).ok();
    let life = life
        .filter(|life| *life >= SignedDuration::from_secs(1) && *life <= enrolment::LIFE_MAX)
        .ok_or_else(|| invalid("A code lives 1 second to 30 days."))?;
    for (what, text) in [("A workstation's name", &wish.name), ("A unit", &wish.unit)] {
        if let Some(text) = text {
            check_text(what, text)?;
        }
    }
    let now = app.clock.now();
    let expires_at = now.saturating_add(life).unwrap_or(Timestamp::MAX);
    let (code, secret_hash) = enrolment::mint(app.authority);
    let row = EnrolmentCode {
        id: Uuid::new_v4(),
        secret_hash,
        name: wish.name.unwrap_or_default(),
        unit: wish.unit.unwrap_or_default(),
        uses_left: i64::from(wish.uses),
        made_at: now,
        expires_at,
    };
    transact!(app.store, |write| {
        enrolment_codes::insert(write, &row).await?;
        trail::administration(write, About::default(), "workstation.code", now).await?;
        Ok::<_, ApiError>(())
    })?;
    Ok(Answer::Code { code_id: row.id, code, expires_at })
}

pub(super) async fn codes(app: &App) -> Result<Answer, ApiError> {
    let mut read = app.store.read().await?;
    let codes = enrolment_codes::outstanding(&mut read, app.clock.now(), LINES_MAX).await?;
    let lines = codes.into_iter().map(|code| CodeLine {
        code_id: code.id,
        name: code.name,
        unit: code.unit,
        uses_left: code.uses_left,
        made_at: code.made_at,
        expires_at: code.expires_at,
    });
    Ok(Answer::Codes { codes: lines.collect() })
}

pub(super) async fn withdraw_code(app: &App, code_id: Uuid) -> Result<Answer, ApiError> {
    let now = app.clock.now();
    transact!(app.store, |write| {
        if !enrolment_codes::withdraw(write, code_id, now).await? {
            return Err(missing("No code that still enrols has this id. `workstation codes` shows all."));
        }
        trail::administration(write, About::default(), "workstation.withdraw-code", now).await?;
        Ok::<_, ApiError>(())
    })?;
    Ok(Answer::Done { is_changed: true, sessions_ended: 0 })
}

pub(super) async fn list(app: &App) -> Result<Answer, ApiError> {
    let mut read = app.store.read().await?;
    let lines =
        workstations::list(&mut read, LINES_MAX).await?.into_iter().map(|workstation| WorkstationLine {
            workstation_id: workstation.id,
            name: workstation.name,
            unit: workstation.unit,
            host_name: workstation.facts.host_name,
            os: workstation.facts.os,
            agent_version: workstation.facts.agent_version,
            enrolled_at: workstation.enrolled_at,
            heard_at: workstation.heard_at,
            is_revoked: workstation.revoked_at.is_some(),
            is_cloned: workstation.cloned_at.is_some(),
        });
    Ok(Answer::Workstations { workstations: lines.collect() })
}

pub(super) async fn revoke(app: &App, workstation: &str) -> Result<Answer, ApiError> {
    let now = app.clock.now();
    let (found, is_changed, ended) = transact!(app.store, |write| {
        let found = match Uuid::try_parse(workstation) {
            Ok(id) => workstations::find(write, id).await?,
            Err(_) => workstations::find_by_name(write, workstation).await?,
        };
        let found =
            found.ok_or_else(|| missing("There is no such workstation. `workstation list` shows all."))?;
        let is_changed = workstations::revoke(write, found.id, now).await?;
        let of = Of::Workstation(found.id);
        let ended = ending::end_all(write, of, EndCause::WorkstationRevoked, now).await?;
        if is_changed {
            let about = About::workstation(found.id, &found.name);
            trail::administration(write, about, "workstation.revoke", now).await?;
        }
        Ok::<_, ApiError>((found, is_changed, ended))
    })?;
    let sessions_ended = ended.len();
    ended.into_iter().for_each(|ended| ended.tell(app));
    app.events.tell(found.id, &ServerEvent::WorkstationRevoked);
    Ok(Answer::Done { is_changed, sessions_ended })
}

//! Performs one command, and puts it on record in the same transaction.

use protocol::v1::problem::ProblemCode;

use super::{
    badge_import, badges,
    message::{Answer, Command},
    sessions, spool, users, workstations,
};
use crate::{app::App, error::ApiError};

/// Lines that a list answers at most.
pub const LINES_MAX: i64 = 10_000;

/// Performs `command`.
///
/// # Errors
/// A refusal whose `detail` is written for the administrator.
pub async fn perform(app: &App, command: Command) -> Result<Answer, ApiError> {
    match command {
        Command::UserAdd { name, display_name, role, password } => {
            users::add(app, users::NewUser { name, display_name, role, password }).await
        }
        Command::UserList => users::list(app).await,
        Command::UserDisable { name, is_disabled } => users::disable(app, &name, is_disabled).await,
        Command::UserTotp { name } => users::totp(app, &name).await,
        Command::UserReset { name, password } => users::reset(app, &name, password).await,
        Command::UserPin { name, pin } => users::pin(app, &name, &pin).await,
        Command::BadgeEnrol { name, number, grade } => badges::enrol(app, &name, &number, grade).await,
        Command::BadgeFind { number } => badges::find_whose(app, &number).await,
        Command::BadgeRevoke { badge_id, name } => badges::revoke(app, badge_id, name.as_deref()).await,
        Command::BadgeList { of, after } => badges::list(app, of.as_deref(), after).await,
        Command::BadgeImport { lines, is_all_or_none } => {
            badge_import::import(app, lines, is_all_or_none).await
        }
        Command::WorkstationCode { uses, expires_in_s, name, unit } => {
            let wish = workstations::CodeWish { uses, expires_in_s, name, unit };
            workstations::code(app, wish).await
        }
        Command::WorkstationCodes => workstations::codes(app).await,
        Command::WorkstationWithdrawCode { code_id } => workstations::withdraw_code(app, code_id).await,
        Command::WorkstationList => workstations::list(app).await,
        Command::WorkstationRevoke { workstation } => workstations::revoke(app, &workstation).await,
        Command::SessionList => sessions::list(app).await,
        Command::SessionEnd { session_id } => sessions::end(app, session_id).await,
        Command::AuditorToken { name, expires_in_s } => {
            sessions::auditor_token(app, &name, expires_in_s).await
        }
        Command::AuditorList => sessions::auditors(app).await,
        Command::AuditorRevoke { name } => sessions::auditor_revoke(app, &name).await,
        Command::SpoolRecover { workstation_id, key_thumbprint, is_first, records } => {
            spool::recover(app, spool::Batch { workstation_id, key_thumbprint, is_first, records }).await
        }
    }
}

/// There is no such thing; `what` names it.
pub(super) fn missing(what: impl Into<String>) -> ApiError {
    ApiError::new(ProblemCode::NotFound).detail(what)
}

/// A text for people: not empty, bounded, without control characters.
pub(super) fn check_text(what: &str, text: &str) -> Result<(), ApiError> {
    let is_usable =
        !text.trim().is_empty() && text.chars().count() <= 64 && !text.chars().any(char::is_control);
    if is_usable {
        return Ok(());
    }
    let detail = format!("{what} has 1 to 64 characters, none of them a control.");
    Err(ApiError::new(ProblemCode::RequestInvalid).detail(detail))
}

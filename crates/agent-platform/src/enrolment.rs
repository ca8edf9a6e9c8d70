//! A workstation becomes one: a code from its administrator, a key of its own, and what the server calls it.
//!
//! The code is the trust root of the first contact: it names the authority that the server's certificate
//! must come from. The workstation's key goes into the keychain before the server hears of it, the spool's key
//! before anything is sealed with it ([`spool_key`]), and `workstation.json` is written last: without it the
//! workstation is not enrolled, and enrolling again uses the same key, to which the server gives the same answer.
//!
//! A workstation whose keychain lost its keys is enrolled anew like one that never was. Until the server has its new
//! key for certain it stays what it was: the keychain may only have come up late, without what it holds.

use std::{io, path::Path, sync::Arc};

use agent_core::event::ContactFault;
use agent_runtime::ports::Clock;
use audit_spool::{SpoolError, assert_free};
use protocol::{
    secret::WireSecret,
    v1::{
        problem::ProblemCode,
        workstation::{DeviceFacts, EnrolWorkstation, WorkstationEnrolled},
    },
};
use reqwest::{Method, Url};
use tracing::{info, warn};

pub use code::{AuthorityPrefix, CODE_SIZE_BYTES_MAX, CodeError, EnrolmentCode};
pub use state::{EnrolledState, STATE_FILE, StateError, read_state};

use crate::{
    durable_file,
    keychain::{Entry, KeychainError, Vault},
    server_link::{CallFault, KeyError, ServerLink, WorkstationKey, tls},
    spool::SPOOL_FILE,
};
use first_contact::FirstContact;
use spool_key::Sealing;

mod code;
mod first_contact;
pub(crate) mod spool_key;
mod state;

/// Why the workstation is not enrolled. Nothing is left half done: enrolling again is safe.
#[derive(Debug, thiserror::Error)]
pub enum EnrolError {
    /// It is enrolled already, as this; its enrolment and its spool stay.
    #[error("this workstation is enrolled already, as {name}")]
    AlreadyEnrolled {
        /// Its name.
        name: String,
    },
    /// What is kept of an earlier enrolment cannot be read.
    #[error(transparent)]
    State(#[from] StateError),
    /// The keychain does not take the keys.
    #[error(transparent)]
    Keychain(#[from] KeychainError),
    /// No key could be made, or the one in the keychain is somebody else's.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The server does not answer, or the one that answers is not the code's.
    #[error("{}", contact_words(*.0))]
    Contact(ContactFault),
    /// The server refuses the code: wrong, used up or over.
    #[error("the server refuses this enrolment code: ask for a new one")]
    CodeRefused,
    /// The server refuses otherwise.
    #[error("the server refuses to enrol this workstation: {0:?}")]
    Refused(ProblemCode),
    /// What the server calls its recovery key is none: nothing is to be sealed with it.
    #[error("the server's recovery key is none: ask who runs it")]
    RecoveryKey,
    /// The records that wait here can neither be gone on with nor be set aside; often the agent has them.
    #[error("the records that wait on this disk cannot be looked at, so stop the agent first: {0}")]
    Spool(#[from] SpoolError),
    /// The enrolment cannot be written.
    #[error("the enrolment cannot be written: {0}")]
    Write(#[source] io::Error),
    /// TLS cannot be set up.
    #[error(transparent)]
    Tls(#[from] tls::TlsError),
}

/// What enrolling needs.
#[derive(Debug)]
pub struct Enrolling<'a> {
    /// Where the server is; `https` only.
    pub server: Url,
    /// From standard input or a private file, never from an argument.
    pub code: &'a EnrolmentCode,
    /// For the administrator's list.
    pub facts: DeviceFacts,
    /// Where the agent keeps its state.
    pub state_folder: &'a Path,
    /// Where the keys go.
    pub vault: &'a Vault,
}

/// Enrols this workstation. Where it is enrolled already but its keychain has lost a key of it, nobody can sign in at
/// it any more: then it is enrolled anew, and records that the lost key sealed are set aside, as are those that name the
/// workstation that it was before.
///
/// # Errors
/// [`EnrolError`]; then nobody can sign in who could not before, and nothing that waits is lost.
pub async fn enrol(enrolling: Enrolling<'_>, clock: Arc<dyn Clock>) -> Result<EnrolledState, EnrolError> {
    let Enrolling { server, code, facts, state_folder, vault } = enrolling;
    assert_free(&state_folder.join(SPOOL_FILE))?;
    let is_anew = match read_state(state_folder)? {
        Some(state) => {
            let name = state.enrolment().workstation.name;
            if vault.lost_keys().await?.is_empty() {
                return Err(EnrolError::AlreadyEnrolled { name });
            }
            warn!("The keychain has lost a key of {name}: this workstation is enrolled anew");
            state::put_away(state_folder).map_err(EnrolError::Write)?;
            true
        }
        None => false,
    };
    let wall = clock.wall();
    let (key, is_fresh) = workstation_key(vault).await?;
    let signer = WorkstationKey::from_text(&key.to_text()?)?;
    let public = key.public();
    let first_contact = Arc::new(FirstContact::expecting(code.authority()));
    let client = tls::client(tls::configuration(Arc::clone(&first_contact) as _)?)?;
    let link = ServerLink::over(client, server.clone(), key, None, clock);
    let request = EnrolWorkstation { code: WireSecret::new(code.secret().to_owned()), key: public, facts };
    let answer = link.call(Method::POST, "/v1/workstations", Some(&request), None).await.map_err(refused);
    if let Err(error) = &answer
        && is_anew
        && has_no_effect(error)
    {
        // The keychain may only have come up late, without what it holds.
        if is_fresh {
            vault.delete(Entry::WorkstationKey).await?;
        }
        state::bring_back(state_folder).map_err(EnrolError::Write)?;
    }
    let (_, enrolled): (_, WorkstationEnrolled) = answer?;
    let authority = first_contact.authority().ok_or(EnrolError::Contact(ContactFault::NotOurServer))?;
    let recovery_key = enrolled.recovery_key.as_deref().map(spool_key::recovery_key).transpose()?;
    let state = EnrolledState::new(enrolled, server, authority);
    durable_file::make_private_folder(state_folder).map_err(EnrolError::Write)?;
    let sealing = Sealing { key: &signer, workstation: state.workstation_id, recovery_key };
    spool_key::prepare(vault, &state_folder.join(SPOOL_FILE), sealing, wall).await?;
    state.write(state_folder).map_err(EnrolError::Write)?;
    info!(workstation.id = %state.workstation_id, "Enrolled");
    Ok(state)
}

/// The one of an earlier try that got no answer, or a new one, and whether it is new.
async fn workstation_key(vault: &Vault) -> Result<(WorkstationKey, bool), EnrolError> {
    if let Some(text) = vault.look_up(Entry::WorkstationKey).await? {
        return Ok((WorkstationKey::from_text(&text)?, false));
    }
    let key = WorkstationKey::generate()?;
    vault.put(Entry::WorkstationKey, key.to_text()?).await?;
    Ok((key, true))
}

/// Whether the server enrolled nobody for certain: it said so, or what answered was not our server. One that cannot be
/// reached may have gone away in the middle of its answer; then the same key is used again.
const fn has_no_effect(error: &EnrolError) -> bool {
    matches!(
        error,
        EnrolError::CodeRefused
            | EnrolError::Refused(_)
            | EnrolError::Contact(ContactFault::NotOurServer | ContactFault::ClockWrong)
    )
}

fn refused(fault: CallFault) -> EnrolError {
    match fault {
        CallFault::Contact(fault) => EnrolError::Contact(fault),
        CallFault::Refused(problem) if problem.code == ProblemCode::EnrolmentRefused => {
            EnrolError::CodeRefused
        }
        CallFault::Refused(problem) => EnrolError::Refused(problem.code),
    }
}

const fn contact_words(fault: ContactFault) -> &'static str {
    match fault {
        ContactFault::Unreachable => "the server cannot be reached: check its address and the network",
        ContactFault::Slow => "the server does not answer in time: try again",
        ContactFault::NotOurServer => {
            "the server at this address is not the one this code is for: check address and code"
        }
        ContactFault::ClockWrong => "this workstation's clock is wrong",
        ContactFault::Unavailable => "the server cannot serve now: try again",
    }
}

#[cfg(test)]
mod tests;

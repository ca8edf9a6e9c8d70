//! A workstation becomes one: a code from its administrator, a key of its own, and what the server calls it.
//!
//! The code is the trust root of the first contact: it names the authority that the server's certificate
//! must come from. The keys go into the keychain before the server hears of them, and `workstation.json`
//! is written last: without it the workstation is not enrolled, and enrolling again uses the same key,
//! to which the server gives the same answer.

use std::{io, path::Path, sync::Arc};

use agent_core::event::ContactFault;
use agent_runtime::ports::Clock;
use audit_spool::SpoolKey;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use protocol::{
    secret::WireSecret,
    v1::{
        problem::ProblemCode,
        workstation::{DeviceFacts, EnrolWorkstation, WorkstationEnrolled},
    },
};
use reqwest::{Method, Url};
use tracing::info;
use zeroize::Zeroizing;

pub use code::{AuthorityPrefix, CODE_SIZE_BYTES_MAX, CodeError, EnrolmentCode};
pub use state::{EnrolledState, STATE_FILE, StateError, read_state};

use crate::{
    durable_file,
    keychain::{Entry, KeychainError, Vault},
    server_link::{CallFault, KeyError, ServerLink, WorkstationKey, tls},
};
use first_contact::FirstContact;

mod code;
mod first_contact;
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

/// Enrols this workstation.
///
/// # Errors
/// [`EnrolError`]; then it is as it was before.
pub async fn enrol(enrolling: Enrolling<'_>, clock: Arc<dyn Clock>) -> Result<EnrolledState, EnrolError> {
    let Enrolling { server, code, facts, state_folder, vault } = enrolling;
    if let Some(state) = read_state(state_folder)? {
        return Err(EnrolError::AlreadyEnrolled { name: state.enrolment().workstation.name });
    }
    let key = workstation_key(vault).await?;
    spool_key(vault).await?;
    let public = key.public();
    let first_contact = Arc::new(FirstContact::expecting(code.authority()));
    let client = tls::client(tls::configuration(Arc::clone(&first_contact) as _)?)?;
    let link = ServerLink::over(client, server.clone(), key, None, clock);
    let request = EnrolWorkstation { code: WireSecret::new(code.secret().to_owned()), key: public, facts };
    let (_, enrolled): (_, WorkstationEnrolled) =
        link.call(Method::POST, "/v1/workstations", Some(&request), None).await.map_err(refused)?;
    let authority = first_contact.authority().ok_or(EnrolError::Contact(ContactFault::NotOurServer))?;
    let state = EnrolledState::new(enrolled, server, authority);
    durable_file::make_private_folder(state_folder).map_err(EnrolError::Write)?;
    state.write(state_folder).map_err(EnrolError::Write)?;
    info!(workstation.id = %state.workstation_id, "Enrolled");
    Ok(state)
}

/// The one of an earlier try that got no answer, or a new one.
async fn workstation_key(vault: &Vault) -> Result<WorkstationKey, EnrolError> {
    if let Some(text) = vault.look_up(Entry::WorkstationKey).await? {
        return Ok(WorkstationKey::from_text(&text)?);
    }
    let key = WorkstationKey::generate()?;
    vault.put(Entry::WorkstationKey, key.to_text()?).await?;
    Ok(key)
}

/// A spool may be there already (an enrolment that was taken back): its key is kept.
async fn spool_key(vault: &Vault) -> Result<(), EnrolError> {
    if vault.look_up(Entry::SpoolKey).await?.is_none() {
        let key = SpoolKey::generate().map_err(|_| KeyError::NoRandomness)?;
        vault.put(Entry::SpoolKey, Zeroizing::new(URL_SAFE_NO_PAD.encode(key.expose()))).await?;
    }
    Ok(())
}

/// The spool's key as the keychain holds it.
pub(crate) fn spool_key_from_text(text: &str) -> Option<SpoolKey> {
    let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(text).ok()?);
    Some(SpoolKey::new(bytes.as_slice().try_into().ok()?))
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

//! `workstation.json`: what the server called this workstation, and the authority it is pinned to. No secret.

use std::{io, path::Path};

use agent_runtime::ports::Enrolment;
use audit::record::WorkstationRef;
use base64::{Engine, engine::general_purpose::STANDARD};
use protocol::v1::workstation::WorkstationEnrolled;
use reqwest::Url;
use rustls::pki_types::CertificateDer;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::durable_file::{ReadError, read_private, rename, write_atomically};

/// Its name in the state folder.
pub const STATE_FILE: &str = "workstation.json";
/// What it is renamed to when its keys are lost. Nothing reads it: a person may, or may give it back its name together
/// with a keychain that was only away.
const LOST_STATE_FILE: &str = "workstation.json.lost";
/// A larger file is none of ours.
const STATE_SIZE_BYTES_MAX: usize = 64 * 1024;
/// Of the file's shape; a higher one was written by a newer agent.
const STATE_VERSION: u16 = 1;

/// The enrolment cannot be read: this workstation is neither enrolled nor not.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// The file cannot be read.
    #[error("{STATE_FILE}: {0}")]
    Unreadable(#[from] ReadError),
    /// It is not what we write.
    #[error("{STATE_FILE} is damaged, or a newer agent wrote it: {0}")]
    Invalid(&'static str),
}

/// An enrolled workstation, as its file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnrolledState {
    /// Of the workstation.
    pub workstation_id: Uuid,
    /// Where the server is.
    pub server: Url,
    /// The only authority its certificate may be from.
    pub authority: CertificateDer<'static>,
    name: String,
    unit: String,
    organisation: String,
    help_line: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    version: u16,
    workstation_id: Uuid,
    name: String,
    unit: String,
    organisation: String,
    help_line: String,
    server_url: String,
    authority: String,
}

impl EnrolledState {
    pub(super) fn new(
        enrolled: WorkstationEnrolled,
        server: Url,
        authority: CertificateDer<'static>,
    ) -> Self {
        Self {
            workstation_id: enrolled.workstation_id,
            server,
            authority,
            name: enrolled.name,
            unit: enrolled.unit,
            organisation: enrolled.organisation,
            help_line: enrolled.help_line,
        }
    }

    /// As the screen and the records name it.
    #[must_use]
    pub fn enrolment(&self) -> Enrolment {
        Enrolment {
            workstation: WorkstationRef { id: self.workstation_id, name: self.name.clone() },
            unit: self.unit.clone(),
            organisation: self.organisation.clone(),
            help_line: self.help_line.clone(),
        }
    }

    pub(super) fn write(&self, folder: &Path) -> io::Result<()> {
        let written = Written {
            version: STATE_VERSION,
            workstation_id: self.workstation_id,
            name: self.name.clone(),
            unit: self.unit.clone(),
            organisation: self.organisation.clone(),
            help_line: self.help_line.clone(),
            server_url: self.server.to_string(),
            authority: pem(&self.authority),
        };
        let json = serde_json::to_vec_pretty(&written).map_err(io::Error::other)?;
        write_atomically(&folder.join(STATE_FILE), &json)
    }
}

/// The enrolment in `folder`; `None` where there is none.
///
/// # Errors
/// When there is one that cannot be used.
pub fn read_state(folder: &Path) -> Result<Option<EnrolledState>, StateError> {
    let Some(json) = read_private(&folder.join(STATE_FILE), STATE_SIZE_BYTES_MAX)? else { return Ok(None) };
    let written: Written = serde_json::from_slice(&json).map_err(|_| StateError::Invalid("its JSON"))?;
    if written.version != STATE_VERSION {
        return Err(StateError::Invalid("its version"));
    }
    let server = Url::parse(&written.server_url).map_err(|_| StateError::Invalid("its server address"))?;
    if server.scheme() != "https" {
        return Err(StateError::Invalid("its server address"));
    }
    let authority = from_pem(&written.authority).ok_or(StateError::Invalid("its authority"))?;
    Ok(Some(EnrolledState {
        workstation_id: written.workstation_id,
        server,
        authority,
        name: written.name,
        unit: written.unit,
        organisation: written.organisation,
        help_line: written.help_line,
    }))
}

/// Makes the workstation one that is not enrolled.
pub(super) fn put_away(folder: &Path) -> io::Result<()> {
    rename(&folder.join(STATE_FILE), &folder.join(LOST_STATE_FILE))
}

/// Makes it the one that it was: it could not be enrolled anew.
pub(super) fn bring_back(folder: &Path) -> io::Result<()> {
    rename(&folder.join(LOST_STATE_FILE), &folder.join(STATE_FILE))
}

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";

fn pem(certificate: &CertificateDer<'_>) -> String {
    let text = STANDARD.encode(certificate);
    let lines: Vec<_> =
        text.as_bytes().chunks(64).map(|line| String::from_utf8_lossy(line).into_owned()).collect();
    format!("{BEGIN}\n{}\n{END}\n", lines.join("\n"))
}

fn from_pem(text: &str) -> Option<CertificateDer<'static>> {
    let body = text.trim().strip_prefix(BEGIN)?.strip_suffix(END)?;
    let body: String = body.split_whitespace().collect();
    Some(CertificateDer::from(STANDARD.decode(body).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_enrolment_is_read_as_it_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let state = state();

        state.write(folder.path()).unwrap();

        assert_eq!(read_state(folder.path()).unwrap(), Some(state));
    }

    #[test]
    fn without_a_file_the_workstation_is_not_enrolled() {
        let folder = tempfile::tempdir().unwrap();

        assert_eq!(read_state(folder.path()).unwrap(), None);
    }

    #[test]
    fn a_damaged_or_foreign_enrolment_is_an_error_and_not_no_enrolment() {
        let folder = tempfile::tempdir().unwrap();
        state().write(folder.path()).unwrap();
        let path = folder.path().join(STATE_FILE);
        let good = String::from_utf8(read_private(&path, STATE_SIZE_BYTES_MAX).unwrap().unwrap()).unwrap();
        let damaged = [
            String::new(),
            good[..good.len() / 2].to_owned(),
            good.replace("\"version\": 1", "\"version\": 2"),
            good.replace("https://", "http://"),
            good.replace("BEGIN", "BEGUN"),
            good.replace("\"unit\"", "\"ward\""),
        ];

        for text in damaged {
            write_atomically(&path, text.as_bytes()).unwrap();
            assert!(matches!(read_state(folder.path()), Err(StateError::Invalid(_))), "{text}");
        }
    }

    fn state() -> EnrolledState {
        let enrolled = WorkstationEnrolled {
            workstation_id: Uuid::from_u128(7),
            name: "WS-07".into(),
            unit: "ICU-3".into(),
            organisation: "St. Example Hospital".into(),
            help_line: "5-1234".into(),
            recovery_key: None,
        };
        let server = Url::parse("https://server.example:8443/").unwrap();
        EnrolledState::new(enrolled, server, CertificateDer::from(vec![7; 500]))
    }
}

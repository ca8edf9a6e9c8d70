//! The macOS Keychain and the Windows Credential Manager, through one library.

use keyring::{Entry, Error};
use zeroize::Zeroizing;

use super::{KeychainError, SERVICE, caller::Store};

/// The keychain of the signed-in account.
pub(super) fn open() -> Result<Box<dyn Store>, KeychainError> {
    match Entry::store_status() {
        Ok(()) => Ok(Box::new(Session)),
        Err(error) => Err(KeychainError::Absent(error.to_string())),
    }
}

struct Session;

impl Session {
    fn entry(name: &str) -> Result<Entry, KeychainError> {
        Entry::new(SERVICE, name).map_err(classify)
    }
}

impl Store for Session {
    fn look_up(&self, name: &str) -> Result<Option<Zeroizing<String>>, KeychainError> {
        match Self::entry(name)?.get_password() {
            Ok(text) => Ok(Some(Zeroizing::new(text))),
            Err(Error::NoEntry) => Ok(None),
            Err(error) => Err(classify(error)),
        }
    }

    fn put(&self, name: &str, text: &str) -> Result<(), KeychainError> {
        Self::entry(name)?.set_password(text).map_err(classify)
    }

    fn delete(&self, name: &str) -> Result<bool, KeychainError> {
        match Self::entry(name)?.delete_credential() {
            Ok(()) => Ok(true),
            Err(Error::NoEntry) => Ok(false),
            Err(error) => Err(classify(error)),
        }
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the enum is not exhaustive")]
fn classify(error: Error) -> KeychainError {
    match error {
        Error::NoStorageAccess(_) => KeychainError::Locked,
        Error::PlatformFailure(error) => KeychainError::Absent(error.to_string()),
        Error::BadEncoding(_) | Error::BadDataFormat(..) => {
            KeychainError::Refused("the entry was not written by us".into())
        }
        // The enum grows; whatever else it says is a refusal.
        error => KeychainError::Refused(error.to_string()),
    }
}

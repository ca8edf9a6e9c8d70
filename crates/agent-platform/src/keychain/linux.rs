//! The Secret Service, by D-Bus.

use std::sync::Arc;

use keyring_core::{Error, api::CredentialStoreApi};
use zbus_secret_service_keyring_store::Store as SecretService;
use zeroize::Zeroizing;

use super::{KeychainError, SERVICE, caller::Store};

/// A new conversation with the Secret Service; an old one is dead for ever once the service was restarted.
pub(super) fn open() -> Result<Box<dyn Store>, KeychainError> {
    let service = SecretService::new().map_err(|error| KeychainError::Absent(error.to_string()))?;
    Ok(Box::new(Session(service)))
}

struct Session(Arc<SecretService>);

impl Session {
    fn entry(&self, name: &str) -> Result<keyring_core::Entry, KeychainError> {
        self.0.build(SERVICE, name, None).map_err(classify)
    }
}

impl Store for Session {
    fn look_up(&self, name: &str) -> Result<Option<Zeroizing<String>>, KeychainError> {
        match self.entry(name)?.get_password() {
            Ok(text) => Ok(Some(Zeroizing::new(text))),
            Err(Error::NoEntry) => Ok(None),
            Err(error) => Err(classify(error)),
        }
    }

    fn put(&self, name: &str, text: &str) -> Result<(), KeychainError> {
        self.entry(name)?.set_password(text).map_err(classify)
    }

    fn delete(&self, name: &str) -> Result<bool, KeychainError> {
        match self.entry(name)?.delete_credential() {
            Ok(()) => Ok(true),
            Err(Error::NoEntry) => Ok(false),
            Err(error) => Err(classify(error)),
        }
    }
}

/// The errors' own texts name no secret: they speak of the bus and of the entry's attributes.
#[expect(clippy::wildcard_enum_match_arm, reason = "the enum is not exhaustive")]
fn classify(error: Error) -> KeychainError {
    match error {
        Error::NoStorageAccess(_) => KeychainError::Locked,
        Error::PlatformFailure(error) => KeychainError::Absent(error.to_string()),
        Error::NoDefaultStore => KeychainError::Absent("no store".into()),
        Error::Ambiguous(_) => KeychainError::Refused("several entries have our name".into()),
        Error::BadEncoding(_) | Error::BadDataFormat(..) => {
            KeychainError::Refused("the entry was not written by us".into())
        }
        // The enum grows; whatever else it says is a refusal.
        error => KeychainError::Refused(error.to_string()),
    }
}

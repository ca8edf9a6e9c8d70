//! The spool's key: made here, kept in the keychain, and sealed to the server's recovery key beside the spool, so
//! that a lost keychain loses no record.

use std::{io, path::Path};

use audit_spool::{RecoveryPublicKey, SealedKey, SpoolKey, sealed_key_beside, set_aside_unless_opened_by};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use tracing::warn;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::EnrolError;
use crate::{
    durable_file,
    keychain::{Entry, Vault},
    server_link::{KeyError, WorkstationKey},
};

/// By whom and for whom the key is sealed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sealing<'a> {
    /// The workstation's, which signs it.
    pub(super) key: &'a WorkstationKey,
    /// Whose spool it is of.
    pub(super) workstation: Uuid,
    /// The server's, where it has one.
    pub(super) recovery_key: Option<RecoveryPublicKey>,
}

/// The server's recovery key as its answer spells it.
pub(super) fn recovery_key(text: &str) -> Result<RecoveryPublicKey, EnrolError> {
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| EnrolError::RecoveryKey)?;
    bytes.as_slice().try_into().map(RecoveryPublicKey::new).map_err(|_| EnrolError::RecoveryKey)
}

/// Puts a key for the spool at `spool` into the keychain, if there is none, and its sealed form beside the spool. A
/// spool that the key does not open is set aside first, with what it can be opened by: the key of before, sealed.
/// On return all of it would survive a power cut; no record was sealed with a fresh key yet.
pub(super) async fn prepare(
    vault: &Vault,
    spool: &Path,
    sealing: Sealing<'_>,
    now: Timestamp,
) -> Result<(), EnrolError> {
    let (key, is_fresh) = match vault.look_up(Entry::SpoolKey).await? {
        Some(text) => (from_text(&text).ok_or(KeyError::Unreadable)?, false),
        None => (put_fresh(vault).await?, true),
    };
    let aside = set_aside_unless_opened_by(spool, &key, now)?;
    if let Some(aside) = &aside {
        warn!(
            code = "spool.set_aside",
            "Records wait in a file that this workstation's key does not open. It is kept as `{}`: copy it and what \
             begins with its name to the server, and run `tapward-server spool recover` there",
            aside.display()
        );
    }
    let beside = sealed_key_beside(spool);
    match sealing.recovery_key {
        Some(recovery_key) => {
            let sealed = SealedKey::seal(&key, sealing.workstation, recovery_key, sealing.key.pair())
                .map_err(|_| EnrolError::RecoveryKey)?;
            durable_file::write_atomically(&beside, &sealed.to_bytes()).map_err(EnrolError::Write)
        }
        None => {
            warn!(
                "This server names no recovery key: if the keychain of this workstation is ever lost, the records \
                 that wait here then are lost with it"
            );
            // Another key's would be taken for this one's.
            let is_anothers = is_fresh || aside.is_some();
            if is_anothers { remove(&beside).map_err(EnrolError::Write) } else { Ok(()) }
        }
    }
}

async fn put_fresh(vault: &Vault) -> Result<SpoolKey, EnrolError> {
    let key = SpoolKey::generate().map_err(|_| KeyError::NoRandomness)?;
    vault.put(Entry::SpoolKey, Zeroizing::new(URL_SAFE_NO_PAD.encode(key.expose()))).await?;
    Ok(key)
}

/// The spool's key as the keychain holds it.
pub(crate) fn from_text(text: &str) -> Option<SpoolKey> {
    let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(text).ok()?);
    Some(SpoolKey::new(bytes.as_slice().try_into().ok()?))
}

fn remove(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

//! The spool's key: made here, kept in the keychain, and sealed to the server's recovery key beside the spool, so
//! that a lost keychain loses no record.

use std::{io, path::Path};

use audit_spool::{RecoveryPublicKey, SealedKey, SpoolKey, sealed_key_beside, set_aside_unless_own};
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
/// spool that the key does not open, or that is another workstation's, is set aside first, with what it can be opened
/// by: the key of before, sealed. On return all of it would survive a power cut; no record was sealed with a fresh key
/// yet.
pub(super) async fn prepare(
    vault: &Vault,
    spool: &Path,
    sealing: Sealing<'_>,
    now: Timestamp,
) -> Result<(), EnrolError> {
    let key = match vault.look_up(Entry::SpoolKey).await? {
        Some(text) => from_text(&text).ok_or(KeyError::Unreadable)?,
        None => put_fresh(vault).await?,
    };
    if let Some(aside) = set_aside_unless_own(spool, &key, sealing.workstation, now)? {
        let to_do = to_do_about(&aside);
        warn!(
            code = "spool.set_aside",
            "Records wait in a file that this workstation cannot deliver: it is of a lost key, damaged, or of the \
             workstation that this one was before. It is kept as `{}`. {to_do}",
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
            // The one of a spool that is no longer here would be taken for that of the next.
            if spool.exists() { Ok(()) } else { remove(&beside).map_err(EnrolError::Write) }
        }
    }
}

/// For the administrator: only what was sealed for the server can be read there.
fn to_do_about(aside: &Path) -> &'static str {
    if sealed_key_beside(aside).exists() {
        "Copy it and what begins with its name to the server, and run `tapward-server spool recover` there"
    } else {
        "No sealed key lies beside it, so that `tapward-server spool recover` cannot read it"
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_file_with_its_sealed_key_beside_it_is_to_be_brought_to_the_server() {
        let folder = tempfile::tempdir().unwrap();
        let aside = folder.path().join("spool.sqlite.aside-1");
        assert!(to_do_about(&aside).contains("cannot read it"));

        std::fs::write(sealed_key_beside(&aside), "sealed").unwrap();
        assert!(to_do_about(&aside).contains("run `tapward-server spool recover`"));
    }
}

//! [`Keychain`].

use std::time::Duration;

use agent_core::{event::Event, ids::SessionId, secret::Secret};
use agent_runtime::ports::Keychain;
use uuid::Uuid;

use super::{Told, promise, wait_for};

/// Three seconds by the port, and some for a machine under load.
const WITHIN: Duration = Duration::from_secs(5);

/// A credential is stored, replaced by a fresher one, and deleted. Before: unlocked and empty.
/// `holds_credential` looks into the keychain past the port.
///
/// # Errors
/// The broken promise.
pub async fn stores_replaces_and_deletes(
    keychain: &impl Keychain,
    told: &mut impl Told,
    mut holds_credential: impl AsyncFnMut() -> bool,
) -> anyhow::Result<()> {
    let session = SessionId(Uuid::new_v4());
    for credential in ["first", "second"] {
        keychain.store(session, Secret::new(credential.to_owned()));
        promise(stored(told, session).await, "a credential can be stored")?;
        anyhow::ensure!(holds_credential().await, "a stored credential is in the keychain");
    }
    keychain.delete(session);
    promise(deleted(told, session).await, "a credential can be deleted")?;
    anyhow::ensure!(!holds_credential().await, "no credential outlives its deletion");
    Ok(())
}

/// Deleting what is not there is deleting. Before: unlocked and empty.
///
/// # Errors
/// The broken promise.
pub async fn deletes_what_is_not_there(keychain: &impl Keychain, told: &mut impl Told) -> anyhow::Result<()> {
    let session = SessionId(Uuid::new_v4());
    keychain.delete(session);
    keychain.delete(session);
    promise(deleted(told, session).await, "deleting nothing is deleting")?;
    promise(deleted(told, session).await, "deleting is idempotent")
}

/// A keychain that cannot be used says so in time, for both calls. Before: locked, missing, refusing or mute.
///
/// # Errors
/// The broken promise.
pub async fn says_that_it_fails(keychain: &impl Keychain, told: &mut impl Told) -> anyhow::Result<()> {
    let session = SessionId(Uuid::new_v4());
    keychain.store(session, Secret::new("canary".to_owned()));
    promise(failed(told, session).await, "a store that fails is told")?;
    keychain.delete(session);
    promise(failed(told, session).await, "a deletion that fails is told")
}

async fn stored(told: &mut impl Told, session: SessionId) -> anyhow::Result<()> {
    let wanted = Event::CredentialStored { session };
    wait_for(told, WITHIN, "CredentialStored", |event| (*event == wanted).then_some(())).await
}

async fn deleted(told: &mut impl Told, session: SessionId) -> anyhow::Result<()> {
    let wanted = Event::CredentialDeleted { session };
    wait_for(told, WITHIN, "CredentialDeleted", |event| (*event == wanted).then_some(())).await
}

async fn failed(told: &mut impl Told, session: SessionId) -> anyhow::Result<()> {
    let wanted = Event::KeychainFailed { session };
    wait_for(told, WITHIN, "KeychainFailed", |event| (*event == wanted).then_some(())).await
}

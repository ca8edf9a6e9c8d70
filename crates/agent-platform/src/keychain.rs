//! The operating system's keychain: three entries, one call at a time, none longer than three seconds.
//!
//! A keychain can be locked, absent, dead or mute, and its calls block. So each call runs on a thread of
//! its own ([`caller`]), is given up after [`LIMIT`], and a thread that hangs is left behind, at most
//! [`caller::CALLERS_MAX`] of them: then every further call is refused at once until one comes back.
//! Nothing ever falls back to a file.
//!
//! # Platform-specific behavior
//! Linux speaks to the Secret Service and opens it anew after a failure; Windows (Credential Manager) and
//! macOS (Keychain) go through `keyring`.

use std::{pin::Pin, sync::Arc, time::Duration};

use agent_core::{event::Event, ids::SessionId, secret::Secret};
use agent_runtime::ports::{EventSink, Keychain};
use tokio::{
    sync::{
        mpsc::{self, error::TrySendError},
        oneshot,
    },
    time::Sleep,
};
use tracing::warn;
use zeroize::Zeroizing;

use caller::{Answer, CallerPool, Opener, Work};

mod caller;
#[cfg_attr(target_os = "linux", path = "keychain/linux.rs")]
#[cfg_attr(not(target_os = "linux"), path = "keychain/elsewhere.rs")]
mod imp;

/// One call is given up after this long, the wait for its turn included.
pub const LIMIT: Duration = Duration::from_secs(3);
/// Calls that may wait for their turn.
const WAITING_MAX: usize = 16;
/// Under this name all our entries stand.
pub const SERVICE: &str = "tapward";

/// What we keep in the keychain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry {
    /// There exactly while a session is.
    SessionCredential,
    /// Made at enrolment; signs every request.
    WorkstationKey,
    /// Made at enrolment; seals the spool.
    SpoolKey,
}

impl Entry {
    /// Those without which nobody can sign in at an enrolled workstation.
    const LASTING: [Self; 2] = [Self::WorkstationKey, Self::SpoolKey];

    /// The entry's user name in the keychain.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SessionCredential => "session-credential",
            Self::WorkstationKey => "workstation-key",
            Self::SpoolKey => "spool-key",
        }
    }
}

/// Why the keychain did not do it. To the person all are one; `doctor` and the log tell them apart.
#[derive(Debug, thiserror::Error)]
pub enum KeychainError {
    /// Nobody unlocked it, or the prompt was dismissed.
    #[error("the keychain is locked")]
    Locked,
    /// No keychain runs in this session, or it died.
    #[error("there is no keychain: {0}")]
    Absent(String),
    /// It answered, but not with what was asked for: several entries of one name, a foreign collection.
    #[error("the keychain refuses: {0}")]
    Refused(String),
    /// No answer within [`LIMIT`]; usually a prompt that nobody sees.
    #[error("the keychain does not answer")]
    Mute,
    /// Earlier calls still hang.
    #[error("the keychain still owes answers to earlier calls")]
    Crowded,
}

/// Gives and takes entries, each call within [`LIMIT`].
#[derive(Debug, Clone)]
pub struct Vault {
    jobs: mpsc::Sender<Job>,
    limit: Duration,
}

impl Vault {
    /// The vault of this operating system. To be called within a tokio runtime.
    #[must_use]
    pub fn of_this_system() -> Self {
        Self::over(Arc::new(imp::open), LIMIT)
    }

    fn over(open: Opener, limit: Duration) -> Self {
        let (jobs, queue) = mpsc::channel(WAITING_MAX);
        tokio::spawn(serve(queue, CallerPool::over(open)));
        Self { jobs, limit }
    }

    /// What stands under `entry`, if anything.
    ///
    /// # Errors
    /// When the keychain cannot tell within [`LIMIT`].
    pub async fn look_up(&self, entry: Entry) -> Result<Option<Zeroizing<String>>, KeychainError> {
        match self.call(Work::LookUp(entry)).await? {
            Answer::Found(text) => Ok(text),
            Answer::Done => Ok(None),
        }
    }

    /// The keys of an enrolled workstation that are not there; then `tapward-agent enrol` enrols it anew.
    ///
    /// # Errors
    /// When the keychain cannot tell of one within [`LIMIT`].
    pub async fn lost_keys(&self) -> Result<Vec<Entry>, KeychainError> {
        let mut lost = Vec::new();
        for entry in Entry::LASTING {
            if self.look_up(entry).await?.is_none() {
                lost.push(entry);
            }
        }
        Ok(lost)
    }

    /// Puts `text` under `entry`, over what was there.
    ///
    /// # Errors
    /// When the keychain has not confirmed it within [`LIMIT`].
    pub async fn put(&self, entry: Entry, text: Zeroizing<String>) -> Result<(), KeychainError> {
        self.call(Work::Put(entry, text)).await.map(drop)
    }

    /// Takes `entry` away; there being none is success, in a keychain that holds our workstation's key.
    /// (One that was made empty by somebody's late start would say the same while the real one, locked,
    /// still has it.)
    ///
    /// # Errors
    /// When the keychain has not confirmed it within [`LIMIT`].
    pub async fn delete(&self, entry: Entry) -> Result<(), KeychainError> {
        self.call(Work::Delete(entry)).await.map(drop)
    }

    async fn call(&self, work: Work) -> Result<Answer, KeychainError> {
        let (reply, answer) = oneshot::channel();
        // Whoever asked may have gone; the work is done all the same.
        self.order(work, Box::new(|result| drop(reply.send(result))));
        answer.await.unwrap_or(Err(KeychainError::Mute))
    }

    /// The time limit runs from here, so that waiting for a turn counts; answers come in the order of the
    /// calls.
    fn order(&self, work: Work, then: Then) {
        let limit = Box::pin(tokio::time::sleep(self.limit));
        if let Err(error) = self.jobs.try_send(Job { work, limit, then }) {
            let (TrySendError::Full(job) | TrySendError::Closed(job)) = error;
            (job.then)(Err(KeychainError::Crowded));
        }
    }
}

/// Told what came of it, within [`LIMIT`].
type Then = Box<dyn FnOnce(Result<Answer, KeychainError>) + Send>;

struct Job {
    work: Work,
    limit: Pin<Box<Sleep>>,
    then: Then,
}

/// One call in flight; a call that is given up leaves its thread behind.
async fn serve(mut queue: mpsc::Receiver<Job>, mut callers: CallerPool) {
    while let Some(mut job) = queue.recv().await {
        (job.then)(callers.run(job.work, job.limit.as_mut()).await);
    }
}

/// [`Keychain`] over a [`Vault`].
#[derive(Debug)]
pub struct SystemKeychain {
    vault: Vault,
    sink: EventSink,
}

impl SystemKeychain {
    /// Answers into `sink`.
    #[must_use]
    pub fn new(vault: Vault, sink: EventSink) -> Self {
        Self { vault, sink }
    }

    fn answer(&self, session: SessionId, work: Work, done: Event) {
        let sink = self.sink.clone();
        self.vault.order(
            work,
            Box::new(move |answer| match answer {
                Ok(_) => sink.send(done),
                Err(error) => {
                    warn!(session.id = %session, "Keychain refused: {error}");
                    sink.send(Event::KeychainFailed { session });
                }
            }),
        );
    }
}

impl Keychain for SystemKeychain {
    fn store(&self, session: SessionId, credential: Secret) {
        let text = Zeroizing::new(credential.expose().to_owned());
        self.answer(session, Work::Put(Entry::SessionCredential, text), Event::CredentialStored { session });
    }

    fn delete(&self, session: SessionId) {
        self.answer(session, Work::Delete(Entry::SessionCredential), Event::CredentialDeleted { session });
    }
}

#[cfg(test)]
pub(crate) mod tests;

//! Threads that make the blocking calls, one at a time, and are left behind when a call hangs.

use std::{
    fmt,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread,
};

use tokio::{sync::oneshot, time::Sleep};
use tracing::{info, warn};
use zeroize::Zeroizing;

use super::{Entry, KeychainError};

/// Threads there may be at once, the ones that hang included.
pub(super) const CALLERS_MAX: usize = 4;

/// Blocking calls of one keychain.
pub(super) trait Store {
    /// The text under `name`.
    fn look_up(&self, name: &str) -> Result<Option<Zeroizing<String>>, KeychainError>;
    /// Replaces it.
    fn put(&self, name: &str, text: &str) -> Result<(), KeychainError>;
    /// Whether there was one.
    fn delete(&self, name: &str) -> Result<bool, KeychainError>;
}

/// Opens the keychain; called on the thread that will use it.
pub(super) type Opener = Arc<dyn Fn() -> Result<Box<dyn Store>, KeychainError> + Send + Sync>;

/// One thing to do.
#[derive(Clone)]
pub(super) enum Work {
    LookUp(Entry),
    Put(Entry, Zeroizing<String>),
    Delete(Entry),
}

impl fmt::Debug for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LookUp(entry) => f.debug_tuple("LookUp").field(entry).finish(),
            Self::Put(entry, _hidden) => f.debug_tuple("Put").field(entry).finish(),
            Self::Delete(entry) => f.debug_tuple("Delete").field(entry).finish(),
        }
    }
}

/// What came of it.
pub(super) enum Answer {
    Found(Option<Zeroizing<String>>),
    Done,
}

type Reply = oneshot::Sender<Result<Answer, KeychainError>>;

/// The credential that should stand in the keychain now. A call that was given up may still succeed
/// later, when that is no longer wanted: its thread then puts right what it did.
type Wanted = Arc<Mutex<Option<Zeroizing<String>>>>;

/// The thread in use and the ones left behind.
pub(super) struct CallerPool {
    open: Opener,
    current: Option<mpsc::Sender<(Work, Reply)>>,
    /// Each thread holds one more.
    alive: Arc<()>,
    wanted: Wanted,
}

impl CallerPool {
    pub(super) fn over(open: Opener) -> Self {
        Self { open, current: None, alive: Arc::new(()), wanted: Wanted::default() }
    }

    /// Does `work` until `limit`.
    pub(super) async fn run(&mut self, work: Work, limit: Pin<&mut Sleep>) -> Result<Answer, KeychainError> {
        match &work {
            Work::Put(Entry::SessionCredential, text) => self.want(Some(text.clone())),
            Work::Delete(Entry::SessionCredential) => self.want(None),
            Work::LookUp(_) | Work::Put(..) | Work::Delete(_) => {}
        }
        let puts_credential = matches!(work, Work::Put(Entry::SessionCredential, _));
        let answer = self.run_on_a_caller(work, limit).await;
        if puts_credential && answer.is_err() {
            self.want(None);
        }
        answer
    }

    async fn run_on_a_caller(&mut self, work: Work, limit: Pin<&mut Sleep>) -> Result<Answer, KeychainError> {
        if limit.is_elapsed() {
            return Err(KeychainError::Mute);
        }
        let caller = match self.current.take() {
            Some(caller) => caller,
            None => self.start()?,
        };
        let (reply, answer) = oneshot::channel();
        if caller.send((work, reply)).is_err() {
            return Err(KeychainError::Absent("its thread ended".into()));
        }
        tokio::select! {
            answer = answer => {
                self.current = Some(caller);
                answer.unwrap_or_else(|_gone| Err(KeychainError::Absent("its thread ended".into())))
            }
            () = limit => Err(KeychainError::Mute),
        }
    }

    fn start(&self) -> Result<mpsc::Sender<(Work, Reply)>, KeychainError> {
        if Arc::strong_count(&self.alive) > CALLERS_MAX {
            return Err(KeychainError::Crowded);
        }
        let (caller, orders) = mpsc::channel();
        let (open, alive, wanted) = (Arc::clone(&self.open), Arc::clone(&self.alive), self.wanted.clone());
        thread::Builder::new()
            .name("keychain".into())
            .spawn(move || {
                let _alive = alive;
                Caller { open, store: None, wanted }.serve(&orders);
            })
            .map_err(|error| KeychainError::Absent(format!("no thread for it: {error}")))?;
        Ok(caller)
    }

    fn want(&self, credential: Option<Zeroizing<String>>) {
        *self.wanted.lock().unwrap_or_else(PoisonError::into_inner) = credential;
    }
}

struct Caller {
    open: Opener,
    store: Option<Box<dyn Store>>,
    wanted: Wanted,
}

impl Caller {
    fn serve(mut self, orders: &mpsc::Receiver<(Work, Reply)>) {
        while let Ok((work, reply)) = orders.recv() {
            let changes_credential = matches!(
                work,
                Work::Put(Entry::SessionCredential, _) | Work::Delete(Entry::SessionCredential)
            );
            let answer = self.perform(&work);
            drop(work);
            let was_given_up = reply.send(answer).is_err();
            if was_given_up && changes_credential {
                self.put_right();
            }
        }
    }

    /// Once more on a fresh store if the one in use fails: a keychain that was restarted since knows
    /// nothing of our old conversation with it.
    fn perform(&mut self, work: &Work) -> Result<Answer, KeychainError> {
        if let Some(store) = &self.store {
            match perform(store.as_ref(), work) {
                Ok(answer) => return Ok(answer),
                Err(error) => info!("Opening the keychain anew: {error}"),
            }
        }
        self.store = None;
        let store = (self.open)()?;
        let answer = perform(store.as_ref(), work)?;
        self.store = Some(store);
        Ok(answer)
    }

    /// The keychain answered after we had said that it did not.
    fn put_right(&mut self) {
        let wanted = self.wanted.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let work = match wanted {
            Some(text) => Work::Put(Entry::SessionCredential, text),
            None => Work::Delete(Entry::SessionCredential),
        };
        if let Err(error) = self.perform(&work) {
            warn!("Could not put right what the keychain did late: {error}");
        }
    }
}

fn perform(store: &dyn Store, work: &Work) -> Result<Answer, KeychainError> {
    match work {
        Work::LookUp(entry) => store.look_up(entry.name()).map(Answer::Found),
        Work::Put(entry, text) => store.put(entry.name(), text).map(|()| Answer::Done),
        Work::Delete(entry) => {
            let is_ours =
                store.delete(entry.name())? || store.look_up(Entry::WorkstationKey.name())?.is_some();
            if is_ours || *entry == Entry::WorkstationKey {
                Ok(Answer::Done)
            } else {
                Err(KeychainError::Refused("it does not hold this workstation's key".into()))
            }
        }
    }
}

//! The time limit and what is left behind, on keychains that hang or fail when told to.

use std::{
    collections::BTreeMap,
    sync::{Arc, Condvar, Mutex},
};

use agent_core::command::FailClosedCause;
use agent_runtime::ports::StartUp as _;

use super::{caller::Store, *};
use crate::{
    start_up::{Needs, WorkstationStartUp},
    testing::{StillClock, write_enrolment},
    workstation::Workstation,
};

#[tokio::test]
async fn what_is_put_is_found_and_what_is_deleted_is_gone() {
    let fake = Fake::default();
    let vault = fake.vault();

    vault.put(Entry::SessionCredential, text("hers")).await.unwrap();
    assert_eq!(found(&vault).await, Some("hers".to_owned()));
    vault.delete(Entry::SessionCredential).await.unwrap();
    assert_eq!(found(&vault).await, None);
    vault.delete(Entry::SessionCredential).await.unwrap();
}

#[tokio::test]
async fn a_keychain_without_our_key_is_not_believed_that_the_credential_is_gone() {
    let fake = Fake::default();
    fake.lose_everything();

    assert!(matches!(fake.vault().delete(Entry::SessionCredential).await, Err(KeychainError::Refused(_))));
}

#[tokio::test]
async fn each_key_that_a_keychain_has_lost_is_named() {
    let fake = Fake::empty();
    let vault = fake.vault();
    assert_eq!(vault.lost_keys().await.unwrap(), [Entry::WorkstationKey, Entry::SpoolKey]);

    vault.put(Entry::WorkstationKey, text("signs")).await.unwrap();
    assert_eq!(vault.lost_keys().await.unwrap(), [Entry::SpoolKey]);
    vault.put(Entry::SpoolKey, text("seals")).await.unwrap();
    assert_eq!(vault.lost_keys().await.unwrap(), []);
}

#[tokio::test]
async fn a_hanging_call_is_given_up_and_few_threads_are_left_behind() {
    let fake = Fake::default();
    let vault = fake.vault_with(Duration::from_millis(200));
    fake.hang(true);

    let mut mute = 0;
    for _ in 0..10 {
        match vault.put(Entry::SessionCredential, text("late")).await {
            Err(KeychainError::Mute) => mute += 1,
            Err(KeychainError::Crowded) => {}
            other => panic!("{other:?}"),
        }
    }

    assert_eq!(mute, caller::CALLERS_MAX);
    fake.until_calling(4);
    fake.hang(false);
    fake.until_nobody_calls();
    assert_eq!(fake.entry("session-credential"), None, "late successes are put right");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_success_does_not_displace_the_credential_of_the_session_at_hand() {
    let fake = Fake::default();
    let vault = fake.vault_with(Duration::from_secs(1));
    fake.hang(true);
    vault.put(Entry::SessionCredential, text("hers, too late")).await.unwrap_err();
    fake.hang_only_those_in_it();

    vault.put(Entry::SessionCredential, text("his")).await.unwrap();
    fake.hang(false);
    drop(vault);
    fake.until_nobody_calls();

    assert_eq!(fake.entry("session-credential").as_deref(), Some("his"));
}

#[tokio::test]
async fn a_keychain_that_was_restarted_is_opened_anew_within_the_same_call() {
    let fake = Fake::default();
    let vault = fake.vault();
    vault.put(Entry::SessionCredential, text("first")).await.unwrap();
    fake.restart();

    vault.put(Entry::SessionCredential, text("second")).await.unwrap();

    assert_eq!(found(&vault).await.as_deref(), Some("second"));
}

#[tokio::test]
async fn a_keychain_that_is_slow_call_after_call_is_what_start_up_names_and_not_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    write_enrolment(folder.path());
    let fake = Fake::default();
    // No single call comes to its own limit, as none does that takes a little less.
    let vault = fake.vault_with(Duration::from_secs(60));
    fake.hang(true);
    let (sink, mut told) = EventSink::channel();
    let needs = Needs { vault, workstation: Workstation::default(), gauge: None, apps: None };
    let start_up = WorkstationStartUp::new(folder.path().into(), needs, Arc::new(StillClock), sink);

    start_up.start_up();

    let failed = tokio::time::timeout(Duration::from_secs(20), told.recv()).await.unwrap();
    assert_eq!(failed, Some(Event::StartUpFailed(FailClosedCause::KeychainUnavailable)));
    fake.hang(false);
}

#[test]
fn no_work_shows_its_secret() {
    let work = Work::Put(Entry::SessionCredential, text("canary"));

    assert!(!format!("{work:?}").contains("canary"));
}

fn text(text: &str) -> Zeroizing<String> {
    Zeroizing::new(text.to_owned())
}

async fn found(vault: &Vault) -> Option<String> {
    vault.look_up(Entry::SessionCredential).await.unwrap().map(|text| text.as_str().to_owned())
}

/// A keychain that does as it is told.
#[derive(Clone, Default)]
pub(crate) struct Fake {
    state: Arc<Mutex<State>>,
    changed: Arc<Condvar>,
}

struct State {
    entries: BTreeMap<String, String>,
    /// Calls numbered below this hang.
    hang_below: u64,
    calls: u64,
    open: u64,
    epoch: u64,
}

impl Default for State {
    fn default() -> Self {
        let entries = BTreeMap::from([("workstation-key".to_owned(), "key".to_owned())]);
        Self { entries, hang_below: 0, calls: 0, open: 0, epoch: 0 }
    }
}

impl Fake {
    /// One that was never used.
    pub(crate) fn empty() -> Self {
        let fake = Self::default();
        fake.lose_everything();
        fake
    }

    pub(crate) fn vault(&self) -> Vault {
        self.vault_with(LIMIT)
    }

    pub(crate) fn lose_everything(&self) {
        self.state.lock().unwrap().entries.clear();
    }

    fn vault_with(&self, limit: Duration) -> Vault {
        let fake = self.clone();
        let open = move || {
            let mut state = fake.state.lock().unwrap();
            state.open += 1;
            Ok(Box::new(Session { fake: fake.clone(), epoch: state.epoch }) as Box<dyn Store>)
        };
        Vault::over(Arc::new(open), limit)
    }

    fn hang(&self, is_hanging: bool) {
        self.state.lock().unwrap().hang_below = if is_hanging { u64::MAX } else { 0 };
        self.changed.notify_all();
    }

    fn hang_only_those_in_it(&self) {
        self.until_calling(1);
        let mut state = self.state.lock().unwrap();
        state.hang_below = state.calls;
    }

    fn restart(&self) {
        self.state.lock().unwrap().epoch += 1;
    }

    pub(crate) fn entry(&self, name: &str) -> Option<String> {
        self.state.lock().unwrap().entries.get(name).cloned()
    }

    /// Until so many calls were begun.
    fn until_calling(&self, calls: u64) {
        self.until("calls", |state| state.calls >= calls);
    }

    /// Until each thread has let go of its session.
    fn until_nobody_calls(&self) {
        self.until("no open session", |state| state.open == 0);
    }

    fn until(&self, what: &str, is_so: impl Fn(&State) -> bool) {
        let state = self.state.lock().unwrap();
        let limit = Duration::from_secs(10);
        let (_state, wait) = self.changed.wait_timeout_while(state, limit, |state| !is_so(state)).unwrap();
        assert!(!wait.timed_out(), "waited in vain for {what}");
    }
}

struct Session {
    fake: Fake,
    epoch: u64,
}

impl Session {
    fn call<T>(&self, act: impl FnOnce(&mut State) -> T) -> Result<T, KeychainError> {
        let mut state = self.fake.state.lock().unwrap();
        let number = state.calls;
        state.calls += 1;
        self.fake.changed.notify_all();
        let mut state = self.fake.changed.wait_while(state, |state| number < state.hang_below).unwrap();
        if self.epoch != state.epoch {
            return Err(KeychainError::Absent("restarted".into()));
        }
        Ok(act(&mut state))
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.fake.state.lock().unwrap().open -= 1;
        self.fake.changed.notify_all();
    }
}

impl Store for Session {
    fn look_up(&self, name: &str) -> Result<Option<Zeroizing<String>>, KeychainError> {
        self.call(|state| state.entries.get(name).cloned().map(Zeroizing::new))
    }

    fn put(&self, name: &str, text: &str) -> Result<(), KeychainError> {
        self.call(|state| drop(state.entries.insert(name.to_owned(), text.to_owned())))
    }

    fn delete(&self, name: &str) -> Result<bool, KeychainError> {
        self.call(|state| state.entries.remove(name).is_some())
    }
}

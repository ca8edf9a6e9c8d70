//! What every handler shares.

use std::{ops::Deref, sync::Arc};

use policy::Policy;
use tokio::sync::Notify;

use crate::{
    auth::{alerts::Alerts, replay::Seen},
    clock::Clock,
    config::Config,
    enrolment::{Failures, Fingerprint},
    events::EventHub,
    identity::{
        lanes::Lanes,
        password::{HashError, Passwords},
    },
    jobs::finish_imports::Owed,
    keys::Keys,
    store::Store,
};

/// The running server, cheap to clone.
#[derive(Debug, Clone)]
pub struct App(Arc<Parts>);

/// The parts of [`App`].
#[derive(Debug)]
pub struct Parts {
    /// How it is set up.
    pub config: Config,
    /// What the organisation decided.
    pub policy: Policy,
    /// The database.
    pub store: Store,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The keys.
    pub keys: Keys,
    /// The fingerprint of the TLS authority, the last part of every enrolment code.
    pub authority: Fingerprint,
    /// Password hashing, bounded.
    pub passwords: Passwords,
    /// One sign-in at a time per workstation before that.
    pub lanes: Lanes,
    /// Streams to workstations.
    pub events: EventHub,
    /// Proofs seen by this node.
    pub seen_proofs: Seen,
    /// Keeps refused keys from filling the audit record.
    pub alerts: Alerts,
    /// Failed enrolments of late.
    pub enrolment_failures: Failures,
    /// Wakes the job that lets sessions expire: an earlier deadline may have come up.
    pub deadlines_changed: Notify,
    /// Lists of badges that were broken off, for the job that finishes them.
    pub owed_imports: Owed,
}

/// What a server is made of.
#[derive(Debug)]
pub struct Ingredients {
    /// How it is set up.
    pub config: Config,
    /// What the organisation decided.
    pub policy: Policy,
    /// The database.
    pub store: Store,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The keys.
    pub keys: Keys,
    /// The fingerprint of the TLS authority.
    pub authority: Fingerprint,
}

impl App {
    /// Puts the parts together.
    ///
    /// # Errors
    /// [`HashError::Broken`] when the hash cost cannot be used.
    pub fn new(with: Ingredients) -> Result<Self, HashError> {
        let pepper = with.keys.pepper.clone();
        let passwords = Passwords::new(pepper, with.config.hash_cost, with.config.hashes_at_once)?;
        Ok(Self(Arc::new(Parts {
            config: with.config,
            policy: with.policy,
            store: with.store,
            clock: with.clock,
            keys: with.keys,
            authority: with.authority,
            passwords,
            lanes: Lanes::default(),
            events: EventHub::default(),
            seen_proofs: Seen::default(),
            alerts: Alerts::default(),
            enrolment_failures: Failures::default(),
            deadlines_changed: Notify::new(),
            owed_imports: Owed::default(),
        })))
    }
}

impl Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

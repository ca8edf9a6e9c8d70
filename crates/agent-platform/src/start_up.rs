//! Everything that must be true before a person may sign in.

use std::{
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use agent_core::{command::FailClosedCause, event::Event};
use agent_runtime::ports::{Clock, Enrolment, EventSink, StartUp};
use audit::{
    codes::LogoutCause,
    record::{AuditRecord, Source},
};
use audit_spool::{Bounds, SpoolError, SpoolKey};
use protocol::v1::session::{RecoverSessions, SessionEnded, SessionsRecovered};
use reqwest::Method;
use tokio::task::{JoinHandle, spawn_blocking};
use tracing::{error, info, warn};

use crate::{
    apps::LaunchedApps,
    enrolment::{self, EnrolledState, StateError},
    idle::Gauge,
    keychain::{Entry, KeychainError, Vault},
    server_link::{CallFault, LinkSettings, ServerLink, WorkstationKey},
    session_server::translate,
    spool::{OneSpoolThread, SPOOL_FILE, SpoolSettings, SpoolThread},
    workstation::{FitWorkstation, Workstation},
};

/// Without the server, start-up is done within this time.
const LOCAL_LIMIT: Duration = Duration::from_secs(7);
/// Of it, a keychain that is slow call after call gets this much; the rest is the disk's.
const KEYCHAIN_LIMIT: Duration = Duration::from_secs(6);
/// Then the server is told what ended here, and that it was told is noted, within this time.
const RECOVERY_LIMIT: Duration = Duration::from_secs(3);
/// Of it, the server gets this much: one that has not answered by then is told later. The rest is the disk's.
const SERVER_LIMIT: Duration = Duration::from_secs(2);

/// Meanwhile, what is left of an earlier session's apps is taken away within this time; there can be many files.
const CLEARING_LIMIT: Duration = Duration::from_secs(7);

/// What start-up looks at and makes fit.
#[derive(Debug)]
pub struct Needs {
    /// Keeps the workstation's keys.
    pub vault: Vault,
    /// Becomes fit.
    pub workstation: Workstation,
    /// Whether inactivity can be measured; `None` where nobody is signed in to a screen (trials of other ports).
    pub gauge: Option<Gauge>,
    /// Takes away what is left of an earlier session's apps; `None` where none is launched (trials of other ports).
    pub apps: Option<LaunchedApps>,
}

/// [`StartUp`] of this workstation.
#[derive(Debug)]
pub struct WorkstationStartUp {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    state_folder: PathBuf,
    needs: Needs,
    clock: ClockHandle,
    sink: EventSink,
    spool: OneSpoolThread,
    is_at_work: AtomicBool,
    enrolment: Mutex<Option<Enrolment>>,
    reading: tokio::sync::Mutex<Option<Reading>>,
}

/// The enrolment, as it is read on a thread that a disk that hangs holds: the next try waits for the same one.
type Reading = JoinHandle<Result<Option<EnrolledState>, StateError>>;

/// A clock has nothing to show.
struct ClockHandle(Arc<dyn Clock>);

impl std::fmt::Debug for ClockHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Clock")
    }
}

impl WorkstationStartUp {
    /// Nothing is done before [`StartUp::start_up`].
    #[must_use]
    pub fn new(state_folder: PathBuf, needs: Needs, clock: Arc<dyn Clock>, sink: EventSink) -> Self {
        let shared = Shared {
            state_folder,
            needs,
            clock: ClockHandle(clock),
            sink,
            spool: OneSpoolThread::default(),
            is_at_work: AtomicBool::new(false),
            enrolment: Mutex::new(None),
            reading: tokio::sync::Mutex::new(None),
        };
        Self { shared: Arc::new(shared) }
    }
}

impl StartUp for WorkstationStartUp {
    fn start_up(&self) {
        if self.shared.is_at_work.swap(true, Ordering::AcqRel) {
            return;
        }
        let shared = Arc::clone(&self.shared);
        tokio::spawn(async move {
            let result = shared.run().await;
            shared.is_at_work.store(false, Ordering::Release);
            shared.sink.send(match result {
                Ok(()) => Event::StartUpFinished,
                Err(cause) => Event::StartUpFailed(cause),
            });
        });
    }

    fn enrolment(&self) -> Option<Enrolment> {
        self.shared.enrolment.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Shared {
    async fn run(&self) -> Result<(), FailClosedCause> {
        let fit = tokio::time::timeout(LOCAL_LIMIT, self.make_fit())
            .await
            .unwrap_or(Err(FailClosedCause::SpoolUnavailable))?;
        // What ended here is told whether or not anybody can be signed in.
        let recovery = tokio::time::timeout(RECOVERY_LIMIT, self.recover_at_server(&fit));
        let (recovered, seen, cleared) = tokio::join!(recovery, self.see_input(), self.clear_apps());
        recovered.unwrap_or(Err(FailClosedCause::SpoolUnavailable)).and(seen).and(cleared)
    }

    /// Nobody types while an app of the person before runs. Not before what was open is on record.
    async fn clear_apps(&self) -> Result<(), FailClosedCause> {
        match &self.needs.apps {
            Some(apps) => apps.clear(CLEARING_LIMIT).await.map_err(|error| {
                error!("{error}");
                FailClosedCause::AppsLeft
            }),
            None => Ok(()),
        }
    }

    async fn see_input(&self) -> Result<(), FailClosedCause> {
        match &self.needs.gauge {
            Some(gauge) if !gauge.works().await => {
                error!(
                    "Inactivity cannot be measured: no device that a person could touch tells its idle time"
                );
                Err(FailClosedCause::InactivityUnknown)
            }
            Some(_) | None => Ok(()),
        }
    }

    /// All that needs no network.
    async fn make_fit(&self) -> Result<Arc<FitWorkstation>, FailClosedCause> {
        let state = self.read_enrolment().await?;
        let asked = tokio::time::timeout(KEYCHAIN_LIMIT, self.ask_keychain(&state)).await;
        let fit = asked.unwrap_or_else(|_| Err(keychain_failed(&KeychainError::Mute)))?;
        self.end_open_sessions(&fit).await?;
        Ok(self.needs.workstation.become_fit(fit))
    }

    /// All that the keychain has a part in.
    async fn ask_keychain(&self, state: &EnrolledState) -> Result<Arc<FitWorkstation>, FailClosedCause> {
        let fit = match self.needs.workstation.fit() {
            Some(fit) => fit,
            None => Arc::new(self.assemble(state).await?),
        };
        self.needs.vault.delete(Entry::SessionCredential).await.map_err(|error| keychain_failed(&error))?;
        Ok(fit)
    }

    async fn read_enrolment(&self) -> Result<EnrolledState, FailClosedCause> {
        let mut reading = self.reading.lock().await;
        let folder = self.state_folder.clone();
        let read =
            reading.get_or_insert_with(|| spawn_blocking(move || enrolment::read_state(&folder))).await;
        *reading = None;
        let state = match read {
            Ok(Ok(Some(state))) => state,
            Ok(Ok(None)) => return Err(FailClosedCause::NotEnrolled),
            Ok(Err(error @ (StateError::Unreadable(_) | StateError::Invalid(_)))) => {
                error!("The enrolment cannot be read: {error}");
                return Err(FailClosedCause::ConfigInvalid);
            }
            Err(error) => {
                error!("The enrolment was not read to its end: {error}");
                return Err(FailClosedCause::ConfigInvalid);
            }
        };
        *self.enrolment.lock().unwrap_or_else(PoisonError::into_inner) = Some(state.enrolment());
        Ok(state)
    }

    async fn assemble(&self, state: &EnrolledState) -> Result<FitWorkstation, FailClosedCause> {
        let key = self.long_lived(Entry::WorkstationKey).await?;
        let key = WorkstationKey::from_text(&key).map_err(|error| {
            error!("{error}");
            FailClosedCause::KeychainUnavailable
        })?;
        let spool_key = self.long_lived(Entry::SpoolKey).await?;
        let spool_key = enrolment::spool_key::from_text(&spool_key).ok_or_else(|| {
            error!("The spool's key cannot be read");
            FailClosedCause::KeychainUnavailable
        })?;
        let clock = Arc::clone(&self.clock.0);
        let link = LinkSettings {
            server: state.server.clone(),
            authority: state.authority.clone(),
            key,
            id: state.workstation_id,
        };
        let link = ServerLink::new(link, Arc::clone(&clock)).map_err(|error| {
            error!("{error}");
            FailClosedCause::ConfigInvalid
        })?;
        Ok(FitWorkstation {
            enrolment: state.enrolment(),
            link: Arc::new(link),
            spool: self.start_spool(state, spool_key, clock)?,
        })
    }

    fn start_spool(
        &self,
        state: &EnrolledState,
        key: SpoolKey,
        clock: Arc<dyn Clock>,
    ) -> Result<SpoolThread, FailClosedCause> {
        let path = self.state_folder.join(SPOOL_FILE);
        let workstation = state.enrolment().workstation;
        let settings = SpoolSettings { path, key, workstation, bounds: Bounds::default() };
        self.spool.start(settings, clock).map_err(|error| {
            error!("The spool has no thread: {error}");
            FailClosedCause::SpoolUnavailable
        })
    }

    /// An enrolled workstation has these; a keychain without them is not the one it enrolled with.
    async fn long_lived(&self, entry: Entry) -> Result<zeroize::Zeroizing<String>, FailClosedCause> {
        match self.needs.vault.look_up(entry).await {
            Ok(Some(text)) => Ok(text),
            Ok(None) => {
                error!("The keychain does not hold this workstation's `{}`", entry.name());
                Err(FailClosedCause::KeychainUnavailable)
            }
            Err(error) => Err(keychain_failed(&error)),
        }
    }

    /// What was open when the agent went away is over, on record.
    async fn end_open_sessions(&self, fit: &FitWorkstation) -> Result<(), FailClosedCause> {
        let workstation = fit.enrolment.workstation.clone();
        let ended = fit
            .spool
            .run(move |spool, now| {
                let open = spool.open_sessions()?;
                for session in &open {
                    let record = AuditRecord::logout(
                        Source::Agent,
                        now,
                        workstation.clone(),
                        session.user.clone(),
                        session.session_id,
                        LogoutCause::CrashRecovered,
                    );
                    spool.append(&record, now)?;
                }
                Ok::<_, SpoolError>(open.into_iter().map(|session| session.session_id).collect::<Vec<_>>())
            })
            .await?;
        for session in ended {
            info!(session.id = %session, "Ended a session that was open when the agent went away");
        }
        Ok(())
    }

    /// Tells the server that nothing is open here. A server that does not answer is told by the outbox.
    async fn recover_at_server(&self, fit: &FitWorkstation) -> Result<(), FailClosedCause> {
        let ends = fit.spool.run(|spool, _| spool.session_ends()).await?;
        let ended = ends
            .into_iter()
            .map(|end| SessionEnded {
                session_id: end.session_id,
                cause: translate::recorded_cause_on_the_wire(end.cause),
            })
            .collect();
        let request = RecoverSessions { ended };
        let call = fit.link.call(Method::POST, "/v1/workstation/recovery", Some(&request), None);
        let answer: Result<(_, SessionsRecovered), CallFault> =
            match tokio::time::timeout(SERVER_LIMIT, call).await {
                Ok(answer) => answer,
                Err(_) => return Ok(()),
            };
        match answer {
            Ok((_, recovered)) => {
                let told: Vec<_> = recovered.ended.into_iter().map(|end| end.session_id).collect();
                fit.spool
                    .run(move |spool, _| told.iter().try_for_each(|session| spool.session_end_told(*session)))
                    .await
            }
            Err(CallFault::Refused(problem)) => match translate::workstation_refused(problem.code) {
                Some(cause) => {
                    error!("The server refuses this workstation: {:?}", problem.code);
                    Err(cause)
                }
                None => {
                    warn!("The server did not recover: {:?} ({})", problem.code, problem.correlation_id);
                    Ok(())
                }
            },
            Err(CallFault::Contact(fault)) => {
                info!("The server is told later what ended here: {fault:?}");
                Ok(())
            }
        }
    }
}

fn keychain_failed(error: &KeychainError) -> FailClosedCause {
    error!("{error}");
    FailClosedCause::KeychainUnavailable
}

#[cfg(test)]
mod tests;

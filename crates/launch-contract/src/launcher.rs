//! Launcher to agent.

use serde::{Deserialize, Serialize};

use crate::{AppId, MessageError, decode, encode};

/// Of this contract.
pub const VERSION: u32 = 1;

/// One packet from the launcher.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum LauncherMessage {
    /// The first packet of each connection.
    Hello(Hello),
    /// To a request.
    Answer {
        /// Which one.
        request: u64,
        /// What there is to say.
        answer: Answer,
    },
}

/// What the launcher is, and can do on this machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hello {
    /// [`VERSION`].
    pub version: u32,
    /// Whether apps are apart from the agent.
    pub account: Account,
    /// What holds the processes of a session together.
    pub containment: Containment,
    /// Whether `Freeze` can be done.
    pub can_freeze: bool,
    /// Why no app can be started, where that is known already.
    pub problem: Option<Code>,
}

/// As whom the apps run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Account {
    /// As an OS user of their own: nothing of the agent's can be read.
    Separate,
    /// As the agent's: not enforced.
    Shared,
}

/// What holds the processes of a session together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Containment {
    /// A transient scope of systemd.
    SystemdScope,
    /// A control group (v2) of our own.
    Cgroup,
    /// Descent from the launcher, which whoever is left by its parent falls back to.
    Subreaper,
}

/// One answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Answer {
    /// To `Start`.
    AppStarted {
        /// Which.
        app: AppId,
    },
    /// To `Start`; the others are started all the same, unless several were stopped before they ran.
    AppNotStarted {
        /// Which.
        app: AppId,
        /// Why.
        because: Code,
    },
    /// To `Save`: it is at it.
    AppSaving {
        /// Which.
        app: AppId,
        /// How far, 0 to 100, where it says.
        percent: Option<u8>,
    },
    /// To `Save`, once for each app.
    AppSaved {
        /// Which.
        app: AppId,
        /// What came of it.
        outcome: SaveOutcome,
    },
    /// To `Close`, once for each app.
    AppClosed {
        /// Which.
        app: AppId,
        /// What came of it.
        outcome: CloseOutcome,
    },
    /// Last: it is done.
    Done {
        /// Processes left; 0.
        left: u32,
    },
    /// Last: it is not, or not wholly.
    Failed {
        /// The gravest reason.
        code: Code,
        /// How many processes, files or other things are left, where that is the reason.
        left: u32,
    },
    /// Last, to `Wipe`: nothing is left.
    Wiped,
}

/// What came of telling an app to save.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SaveOutcome {
    /// It said so.
    Saved,
    /// It said that it did not.
    Refused,
    /// It said nothing in time.
    NoAnswer,
    /// It has no way to be told.
    NoHook,
    /// It runs no more.
    Gone,
}

/// What came of telling an app to close.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CloseOutcome {
    /// By itself, in time.
    Closed,
    /// It was killed.
    Killed,
    /// It did not run any more.
    Gone,
}

/// Why something was not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Code {
    /// A `Wipe`, or the end of a `Close`, left processes.
    ProcessesLeft,
    /// Apps could not be frozen or thawed.
    FreezeFailed,
    /// The home of the apps could not be removed.
    HomeLeft,
    /// Their runtime directory could not be removed.
    RuntimeLeft,
    /// Files of theirs are left elsewhere, or a place could not be searched.
    FilesLeft,
    /// Shared memory, semaphores or messages are left.
    IpcLeft,
    /// Keys are left in a keyring of the kernel.
    KeysLeft,
    /// A cron table, an `at` job or mail is left.
    JobsLeft,
    /// Print jobs may be left.
    PrintJobsLeft,
    /// The account's user manager could not be ended.
    UserManagerLeft,
    /// The app account does not exist, or is none that apps may have.
    AccountUnfit,
    /// Home or runtime directory cannot be where it is to be.
    HomeUnfit,
    /// The skeleton of the home could not be copied.
    SkeletonUnreadable,
    /// Something of an earlier session is left; `Wipe` first.
    NotWiped,
    /// The processes of an app could not be held together.
    ContainmentFailed,
    /// The system shows the launcher no processes of others, so that it cannot tell whether any is left.
    ProcessesHidden,
    /// There is no such program.
    ProgramMissing,
    /// The app account may not run it.
    ProgramNotAllowed,
    /// The system did not start it for another reason.
    ProgramNotStarted,
    /// The session is another one.
    WrongSession,
    /// A session runs.
    SessionRunning,
    /// The session is frozen.
    Frozen,
    /// The same is being done.
    Busy,
}

impl Code {
    /// As it stands on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ProcessesLeft => "processes-left",
            Self::FreezeFailed => "freeze-failed",
            Self::HomeLeft => "home-left",
            Self::RuntimeLeft => "runtime-left",
            Self::FilesLeft => "files-left",
            Self::IpcLeft => "ipc-left",
            Self::KeysLeft => "keys-left",
            Self::JobsLeft => "jobs-left",
            Self::PrintJobsLeft => "print-jobs-left",
            Self::UserManagerLeft => "user-manager-left",
            Self::AccountUnfit => "account-unfit",
            Self::HomeUnfit => "home-unfit",
            Self::SkeletonUnreadable => "skeleton-unreadable",
            Self::NotWiped => "not-wiped",
            Self::ContainmentFailed => "containment-failed",
            Self::ProcessesHidden => "processes-hidden",
            Self::ProgramMissing => "program-missing",
            Self::ProgramNotAllowed => "program-not-allowed",
            Self::ProgramNotStarted => "program-not-started",
            Self::WrongSession => "wrong-session",
            Self::SessionRunning => "session-running",
            Self::Frozen => "frozen",
            Self::Busy => "busy",
        }
    }
}

impl LauncherMessage {
    /// The packet.
    ///
    /// # Errors
    /// [`MessageError`], which no message of this type makes.
    pub fn encode(&self) -> Result<Vec<u8>, MessageError> {
        encode(self)
    }

    /// Reads a packet.
    ///
    /// # Errors
    /// [`MessageError`] for whatever is no message of this contract.
    pub fn decode(packet: &[u8]) -> Result<Self, MessageError> {
        decode(packet)
    }
}

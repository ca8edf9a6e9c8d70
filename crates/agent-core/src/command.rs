//! What the shell must do. Results come back as [`crate::event::Event`]s; nothing is awaited here.

use std::time::Duration;

use crate::{
    apps::{AppId, AppOutcome, CloseHow, RunReason, SaveReason},
    badge::Badge,
    event::{FactorWanted, RecordKey},
    ids::{AttemptId, ChallengeId, SessionId, User},
    instant::Instant,
    my_sessions::Elsewhere,
    secret::Secret,
};

/// One intent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Check enrolment, delete any leftover credential, open the spool, end on record what was open, and see
    /// that inactivity can be measured.
    /// → `StartUpFinished` or `StartUpFailed`.
    StartUp,
    /// Cover every monitor and hold the input; idempotent. → `ScreenCovered` or `ScreenFailed`.
    CoverScreen,
    /// Give the screen to this session. → `ScreenUncovered` or `ScreenFailed`.
    UncoverScreen {
        /// Whose.
        session: SessionId,
    },
    /// First factor. → `ChallengeIssued`, `SessionOpened`, `SignInRefused` or `SignInUnanswered`.
    OpenSession {
        /// Idempotency.
        attempt: AttemptId,
        /// As typed.
        name: String,
        /// As typed.
        password: Secret,
    },
    /// First factor: a badge. → the same, and `GraceTold` after `SessionOpened`.
    OpenSessionByBadge {
        /// Idempotency.
        attempt: AttemptId,
        /// As read.
        badge: Badge,
    },
    /// What was missing. → `SessionOpened`, `SessionResumed`, `BadgesRevoked`, `ChallengeIssued`, `SignInRefused` or
    /// `SignInUnanswered`.
    AnswerChallenge {
        /// Idempotency.
        attempt: AttemptId,
        /// Which.
        challenge: ChallengeId,
        /// What was asked.
        answer: Answer,
    },
    /// Whose is this badge? → `BadgeIdentified`.
    IdentifyBadge {
        /// Names the question.
        attempt: AttemptId,
        /// To this session.
        session: SessionId,
        /// As read.
        badge: Badge,
    },
    /// Revoke all badges of whoever has this name and password, once she has given a code too; opens no session.
    /// → `ChallengeIssued`, `BadgesRevoked`, `SignInRefused` or `SignInUnanswered`.
    ReportBadgesLost {
        /// Idempotency.
        attempt: AttemptId,
        /// As typed.
        name: String,
        /// As typed.
        password: Secret,
    },
    /// Where else is the person of this session signed in? → `MySessionsTold`.
    ListMySessions {
        /// Names the question.
        attempt: AttemptId,
        /// This one.
        session: SessionId,
    },
    /// Sign her out there, and tell where she still is. → `MySessionsTold`.
    EndElsewhere {
        /// Names the question.
        attempt: AttemptId,
        /// In the name of this one.
        session: SessionId,
        /// Where.
        which: Elsewhere,
    },
    /// Make this badge hers. → `BadgeEnrolled` or `BadgeNotEnrolled`.
    EnrolBadge {
        /// Of the person of this session.
        session: SessionId,
        /// As read.
        badge: Badge,
    },
    /// Tell the server that the session is concealed. Nothing waits for it.
    TellConcealed {
        /// Which.
        session: SessionId,
        /// Why.
        cause: ConcealCause,
    },
    /// The holder is back. → `SessionResumed`, `ChallengeIssued`, `SignInRefused` or `SignInUnanswered`.
    ResumeSession {
        /// Idempotency.
        attempt: AttemptId,
        /// Which.
        session: SessionId,
        /// What she presented.
        factor: ResumeFactor,
        /// She wants a tap alone to be enough for longer: a code is asked for too, whatever policy says.
        renews_grace: bool,
    },
    /// Put the credential into the keychain. → `CredentialStored` or `KeychainFailed`.
    StoreCredential {
        /// Of this session.
        session: SessionId,
        /// The credential.
        credential: Secret,
    },
    /// Take it out again; idempotent. → `CredentialDeleted` or `KeychainFailed`.
    DeleteCredential {
        /// Of this session.
        session: SessionId,
    },
    /// Put a record on disk; idempotent, because its id follows from what it is and when that happened.
    /// → `AuditStored` or `AuditFailed` with [`OwedRecord::key`].
    AppendAudit {
        /// What.
        owed: OwedRecord,
        /// When it happened, which may be long before the spool takes it.
        at: Instant,
    },
    /// Ask for the last input. → `InputSeen` or `InactivityUnknown`.
    MeasureInactivity,
    /// Tell the next input as soon as it comes, until `UnwatchInput`.
    WatchForInput,
    /// No longer.
    UnwatchInput,
    /// Tell the server. → `ActivityAccepted`, `SessionLapsed`, `SessionEndedByServer` or `ServerAway`.
    ReportActivity {
        /// Of this session.
        session: SessionId,
        /// Time since the last input.
        idle: Duration,
    },
    /// Tell the server what the inactivity really was. → `SessionAdopted`, `SessionEndedByServer` or `ServerAway`.
    AdoptSession {
        /// Which.
        session: SessionId,
        /// Now.
        idle: Duration,
        /// The longest since the server last answered.
        idle_longest: Duration,
    },
    /// End it at the server, through the durable outbox. → `SessionEndTold`.
    EndSession {
        /// Which.
        session: SessionId,
        /// Why.
        cause: EndCause,
    },
    /// Start this session's apps where she is there, or let them go on where they were frozen; idempotent. → `AppTold` for what
    /// was not started. Where they begin anew, `AppsGone` before they do, or `AppsLeft`, and then none does.
    RunApps {
        /// Whose.
        session: SessionId,
        /// Why.
        why: RunReason,
    },
    /// Tell them to save. → `AppTold` for each.
    SaveApps {
        /// Whose.
        session: SessionId,
        /// Why.
        why: SaveReason,
    },
    /// None of them runs until `RunApps` or `CloseApps`. → `AppsNotFrozen` where they are not known to stand still.
    FreezeApps {
        /// Whose.
        session: SessionId,
    },
    /// Have them save, close them, end what does not close, and take away all that they left; idempotent.
    /// → `AppTold` and `AppsClosing` meanwhile, then `AppsGone` or `AppsLeft`.
    CloseApps {
        /// Whose.
        session: SessionId,
        /// Whether they are asked.
        how: CloseHow,
    },
    /// A desktop notification (never the only way something is said).
    Notify(Notice),
    /// Take the desktop notification away.
    WithdrawNotice,
    /// The screen is covered: let the machine sleep.
    AllowSleep,
}

/// A record that a transition owes (module `trail` tells which).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OwedRecord {
    /// A person is about to see the screen.
    Login {
        /// Of this session.
        session: SessionId,
        /// Who.
        user: User,
    },
    /// The session is over.
    Logout {
        /// Of this session.
        session: SessionId,
        /// Who.
        user: User,
        /// Why.
        cause: EndCause,
    },
    /// The screen was covered, the session kept.
    Concealed {
        /// Which.
        session: SessionId,
        /// Whose.
        user: User,
        /// Why.
        cause: ConcealCause,
    },
    /// Its holder is about to see the screen again.
    Resumed {
        /// Which.
        session: SessionId,
        /// Who.
        user: User,
        /// How she proved herself.
        method: ResumeMethod,
    },
    /// What became of an app of hers.
    App {
        /// Of this session.
        session: SessionId,
        /// Whose.
        user: User,
        /// Which.
        app: AppId,
        /// What.
        outcome: AppOutcome,
    },
    /// The agent could not keep a promise.
    FailedClosed(FailClosedCause),
    /// The wall clock jumped by more than two minutes.
    ClockJumped,
}

impl OwedRecord {
    /// Names the record in the answer.
    #[must_use]
    pub const fn key(&self) -> RecordKey {
        match self {
            Self::Login { session, .. } => RecordKey::Login(*session),
            Self::Logout { session, .. } => RecordKey::Logout(*session),
            Self::FailedClosed(_) => RecordKey::FailedClosed,
            Self::Resumed { session, .. } => RecordKey::Resumed(*session),
            Self::Concealed { .. } | Self::App { .. } | Self::ClockJumped => RecordKey::Other,
        }
    }
}

/// What was asked by a challenge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Six digits.
    Totp(Secret),
    /// As typed.
    Password(Secret),
    /// Digits.
    Pin(Secret),
}

impl Answer {
    /// Whether this is what was asked.
    pub(crate) const fn is_for(&self, wants: FactorWanted) -> bool {
        match self {
            Self::Totp(_) => matches!(wants, FactorWanted::Totp),
            Self::Password(_) => matches!(wants, FactorWanted::Password),
            Self::Pin(_) => matches!(wants, FactorWanted::Pin),
        }
    }
}

/// What the holder of a concealed session presents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ResumeFactor {
    /// A badge.
    Badge(Badge),
    /// As typed.
    Password(Secret),
}

/// Why a screen was covered whose session goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ConcealCause {
    /// The holder's tap.
    UserTap,
    /// "Cover".
    UserButton,
    /// Nothing was typed or touched for as long as policy says.
    Inactivity,
    /// She uncovered a screen elsewhere.
    Elsewhere,
    /// Another person's badge was presented.
    OtherBadge,
    /// The machine goes to sleep, or woke from a sleep it had not announced.
    Suspend,
}

/// How the holder of a concealed session proved herself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ResumeMethod {
    /// A tap within the grace period.
    Badge,
    /// Badge and PIN.
    BadgePin,
    /// Badge and password.
    BadgePassword,
    /// Badge, password and one-time code.
    BadgePasswordTotp,
    /// Password.
    Password,
    /// Password and one-time code.
    PasswordTotp,
}

/// What a desktop notification says; words live in the adapter's texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    /// Automatic logoff is near.
    InactivityWarning {
        /// Time left.
        remaining: Duration,
    },
    /// The absolute limit is near and cannot be extended.
    AbsoluteLimitWarning {
        /// Time left.
        remaining: Duration,
    },
}

/// Coded cause of a logout; PRODUCT's list as far as this agent can bring it about or be told of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EndCause {
    /// "Sign out".
    UserButton,
    /// The holder's tap, where policy says so.
    UserTap,
    /// Automatic logoff (45 CFR 164.312(a)(2)(iii)).
    Inactivity,
    /// The absolute limit.
    AbsoluteLimit,
    /// A colleague signed in here.
    TapOver,
    /// She signed in elsewhere and policy moves the session.
    Moved,
    /// She ended it from another workstation.
    UserElsewhere,
    /// An administrator.
    Admin,
    /// The account was disabled.
    Disabled,
    /// Password or TOTP was changed.
    CredentialChanged,
    /// Policy forbids it now.
    Policy,
    /// The machine slept past a limit of the session.
    Suspend,
    /// The workstation shuts down.
    Shutdown,
    /// The agent was gone and came back.
    CrashRecovered,
    /// The server had not heard the workstation for too long.
    ContactLost,
    /// The workstation was revoked.
    WorkstationRevoked,
    /// The agent could not keep a promise.
    FailClosed,
    /// The agent was updated.
    Update,
    /// Offline time was over.
    OfflineExpired,
}

impl EndCause {
    /// Why a session ends whose workstation the server refuses.
    pub(crate) const fn of_refused_workstation(cause: FailClosedCause) -> Self {
        match cause {
            FailClosedCause::WorkstationRevoked | FailClosedCause::WorkstationUnknown => {
                Self::WorkstationRevoked
            }
            FailClosedCause::NotEnrolled
            | FailClosedCause::WorkstationCloned
            | FailClosedCause::KeychainUnavailable
            | FailClosedCause::SpoolUnavailable
            | FailClosedCause::SpoolFull
            | FailClosedCause::CoverUnconfirmed
            | FailClosedCause::InactivityUnknown
            | FailClosedCause::AppsLeft
            | FailClosedCause::ConfigInvalid => Self::FailClosed,
        }
    }
}

/// Why the agent covers and signs nobody in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FailClosedCause {
    /// No server has enrolled this workstation.
    NotEnrolled,
    /// The server does not know this workstation's key.
    WorkstationUnknown,
    /// An administrator revoked it.
    WorkstationRevoked,
    /// Two machines use its key.
    WorkstationCloned,
    /// The keychain is locked, missing, refusing or mute.
    KeychainUnavailable,
    /// A record cannot be put on disk.
    SpoolUnavailable,
    /// No room is left for records.
    SpoolFull,
    /// The cover cannot be confirmed.
    CoverUnconfirmed,
    /// Inactivity cannot be measured, so a session could not be limited.
    InactivityUnknown,
    /// What the person before had running, or left, cannot be cleared away.
    AppsLeft,
    /// The configuration cannot be read.
    ConfigInvalid,
}

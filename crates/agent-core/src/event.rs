//! What happened: the only way anything reaches the core.

use std::time::Duration;

use crate::{
    apps::{AppId, AppOutcome, AppsProgress},
    badge::{Badge, BadgeFault, BadgeMark, ReaderFact},
    command::{EndCause, FailClosedCause, ResumeMethod},
    ids::{AttemptId, ChallengeId, SessionId, User},
    instant::Instant,
    my_sessions::{MySessionsWish, SessionElsewhere},
    secret::Secret,
};

/// One fact, told to the core with the instant at which the loop took it up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    // -- the loop
    /// The instant that `State::deadline` named has come (or a spurious earlier wake-up).
    DeadlineReached,
    /// Start-up is done: this workstation is enrolled, no credential is left in the keychain, the spool
    /// takes records, what was open has been ended on record, and inactivity can be measured.
    StartUpFinished,
    /// Start-up cannot be completed now; it is retried by [`crate::command::Command::StartUp`].
    StartUpFailed(FailClosedCause),

    // -- the screen
    /// Every monitor is covered; `input_held` tells whether keyboard and pointer are ours too.
    ScreenCovered {
        /// Another program's grab can delay this.
        input_held: bool,
    },
    /// The screen is the person's.
    ScreenUncovered {
        /// Whose.
        session: SessionId,
    },
    /// The screen cannot be covered or uncovered now: the shield or the display is gone.
    ScreenFailed,

    // -- the person at the covered screen or the strip
    /// "Sign in" was pressed.
    SignInSubmitted {
        /// Made by the loop.
        attempt: AttemptId,
        /// As typed, bounded.
        name: String,
        /// As typed, bounded.
        password: Secret,
    },
    /// A complete one-time code was given.
    CodeSubmitted {
        /// Made by the loop.
        attempt: AttemptId,
        /// Six digits.
        code: Secret,
    },
    /// A password was given where a badge, or the session that is to be resumed, tells whose.
    PasswordSubmitted {
        /// Made by the loop.
        attempt: AttemptId,
        /// As typed, bounded.
        password: Secret,
    },
    /// A PIN was given.
    PinSubmitted {
        /// Made by the loop.
        attempt: AttemptId,
        /// Digits.
        pin: Secret,
    },
    /// Somebody touches keyboard, pointer or screen while it is covered; told about once a second at most.
    Approached,
    /// "Cancel", or Escape.
    SignInCancelled,
    /// "Sign out".
    SignOutPressed,
    /// "I'm still here".
    StayPressed,
    /// "Cover".
    ConcealPressed,
    /// "Renew": she wants to prove herself anew, so that a tap alone is enough for longer.
    RenewPressed,
    /// "My sessions", or something in it.
    MySessionsPressed {
        /// Made by the loop.
        attempt: AttemptId,
        /// What of it.
        wish: MySessionsWish,
    },
    /// "I lost my badge", by whoever has this name and password.
    LossReported {
        /// Made by the loop.
        attempt: AttemptId,
        /// As typed, bounded.
        name: String,
        /// As typed, bounded.
        password: Secret,
    },

    // -- the badge readers
    /// What a reader told. The loop makes taps of these ([`crate::badge`]); no state looks at them.
    ReaderTold(ReaderFact),
    /// A badge was presented, and it counts ([`crate::taps`]).
    BadgeTapped {
        /// Made by the loop.
        attempt: AttemptId,
        /// Which.
        badge: Badge,
    },
    /// Something was presented that cannot be used.
    BadgeNotRead(BadgeFault),

    // -- inactivity
    /// Answer to `MeasureInactivity`, and told unasked while `WatchForInput` holds: the last real input.
    InputSeen {
        /// When it was; never later than now.
        at: Instant,
    },
    /// The last input cannot be known now; counts as no input.
    InactivityUnknown,

    // -- the session server
    /// What was presented was right, and more is asked.
    ChallengeIssued {
        /// Of the attempt.
        attempt: AttemptId,
        /// Names it.
        challenge: ChallengeId,
        /// What is asked.
        wants: FactorWanted,
        /// Whom a badge names.
        user: Option<User>,
        /// It is over after this long.
        expires_in: Duration,
        /// Wrong codes it still takes.
        tries_left: u32,
    },
    /// The server opened a session.
    SessionOpened {
        /// Of the attempt.
        attempt: AttemptId,
        /// The session.
        session: SessionId,
        /// Who.
        user: User,
        /// Opens it.
        credential: Secret,
        /// What server and agent enforce: already the stricter of both.
        limits: Limits,
    },
    /// The holder of the concealed session has proved herself.
    SessionResumed {
        /// Of the attempt.
        attempt: AttemptId,
        /// Which.
        session: SessionId,
        /// How.
        method: ResumeMethod,
        /// Anew.
        limits: Limits,
    },
    /// How long a tap alone still signs the person of this session in; told after each answer that opens or resumes it, or
    /// says how it stands.
    GraceTold {
        /// Of this session.
        session: SessionId,
        /// `None` where no tap does.
        remaining: Option<Duration>,
    },
    /// Whose a badge is.
    BadgeIdentified {
        /// Of the attempt.
        attempt: AttemptId,
        /// `None` without a usable answer.
        whose: Option<Whose>,
    },
    /// The badge is hers from now on.
    BadgeEnrolled {
        /// In this session.
        session: SessionId,
        /// Which.
        badge: BadgeMark,
    },
    /// It is not.
    BadgeNotEnrolled {
        /// In this session.
        session: SessionId,
        /// Why.
        because: NotEnrolled,
    },
    /// Whoever lost her badge has proved herself: none of hers opens anything any more.
    BadgesRevoked {
        /// Of the attempt.
        attempt: AttemptId,
        /// So many there were.
        count: u32,
    },
    /// Where else the person of this session is signed in.
    MySessionsTold {
        /// Of the attempt.
        attempt: AttemptId,
        /// Of this session.
        session: SessionId,
        /// `None` without a usable answer.
        elsewhere: Option<Vec<SessionElsewhere>>,
    },
    /// The person of this session uncovered a screen elsewhere.
    CoveredElsewhere {
        /// Which is to be covered.
        session: SessionId,
    },
    /// The server said no.
    SignInRefused {
        /// Of the attempt.
        attempt: AttemptId,
        /// Why, as far as it may be told.
        refusal: Refusal,
    },
    /// The server was not reached, or gave no usable answer within the time limit of one request.
    SignInUnanswered {
        /// Of the attempt.
        attempt: AttemptId,
        /// What went wrong.
        fault: ContactFault,
    },
    /// The server answered an activity report.
    ActivityAccepted {
        /// Of this session.
        session: SessionId,
    },
    /// The server holds the session as lapsed: it did not hear us in time.
    SessionLapsed {
        /// Which.
        session: SessionId,
    },
    /// The session goes on with a fresh credential.
    SessionAdopted {
        /// Which.
        session: SessionId,
        /// Replaces the one before.
        credential: Secret,
        /// Anew.
        limits: Limits,
    },
    /// The server ended the session, or told us that it had.
    SessionEndedByServer {
        /// Which.
        session: SessionId,
        /// Why.
        cause: EndCause,
    },
    /// The server has the end on record (or it stands in the durable outbox, which counts as told).
    SessionEndTold {
        /// Which.
        session: SessionId,
    },
    /// The server answers again.
    ServerReached,
    /// The server does not answer.
    ServerAway(ContactFault),
    /// The server signs nobody in at this workstation.
    WorkstationRefused(FailClosedCause),

    // -- the apps
    /// What became of an app.
    AppTold {
        /// Of this session.
        session: SessionId,
        /// Which.
        app: AppId,
        /// What.
        outcome: AppOutcome,
    },
    /// They are being closed.
    AppsClosing {
        /// Of this session.
        session: SessionId,
        /// How many of them are gone.
        progress: AppsProgress,
    },
    /// None of them runs, and nothing that they left is there.
    AppsGone {
        /// Of this session.
        session: SessionId,
    },
    /// Some of them run, or something that they left is there.
    AppsLeft {
        /// Of this session.
        session: SessionId,
    },
    /// They were to stand still, and are not known to.
    AppsNotFrozen {
        /// Of this session.
        session: SessionId,
    },
    /// They were to go on, and are not known to.
    AppsNotThawed {
        /// Of this session.
        session: SessionId,
    },

    // -- keychain and spool
    /// The credential is in the keychain.
    CredentialStored {
        /// Of this session.
        session: SessionId,
    },
    /// No credential of this session is in the keychain any more.
    CredentialDeleted {
        /// Of this session.
        session: SessionId,
    },
    /// The keychain is locked, missing, refusing or mute.
    KeychainFailed {
        /// While doing something for this session.
        session: SessionId,
    },
    /// The record is on disk.
    AuditStored(RecordKey),
    /// The record is not on disk.
    AuditFailed(RecordKey, FailClosedCause),

    // -- the machine
    /// The machine will sleep as soon as we let it.
    GoingToSleep,
    /// The machine woke; its sleep is counted in `now`.
    WokeUp,
    /// The wall clock jumped by more than two minutes against the boot clock.
    WallClockJumped,
    /// The machine or the OS session shuts down.
    ShuttingDown,
}

/// Names one owed record in [`Event::AuditStored`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordKey {
    /// The login of this session.
    Login(SessionId),
    /// The logout of this session.
    Logout(SessionId),
    /// The latest resume of this session.
    Resumed(SessionId),
    /// The record that the agent failed closed: appended again while it could not be stored.
    FailedClosed,
    /// Any other record: nothing waits for it.
    Other,
}

/// The limits of one session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Automatic logoff after this much inactivity.
    pub inactivity: Duration,
    /// The warning begins this long before it; at most half of it.
    pub warning: Duration,
    /// Time left until the absolute limit, from the moment of the answer.
    pub absolute_remaining: Duration,
    /// Report activity at least this often.
    pub heartbeat: Duration,
    /// The screen is covered, the session kept, after this much inactivity; `None`: never.
    pub conceal_after: Option<Duration>,
    /// What the holder's tap on her uncovered screen does.
    pub tap_out: TapOut,
}

/// What the holder's tap on her uncovered screen does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TapOut {
    /// Covers, and keeps the session.
    Cover,
    /// Covers, and ends the session a moment later.
    SignOut,
}

/// What is still missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FactorWanted {
    /// A one-time code.
    Totp,
    /// The password.
    Password,
    /// The PIN that goes with the badge.
    Pin,
}

/// Whose a badge is, to the session at hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// Its holder's.
    Holder,
    /// Another person's, who may sign in.
    Other,
    /// Nobody's.
    Unknown,
    /// It opens nothing: revoked, or its holder is disabled.
    Refused,
}

/// Why a badge was not enrolled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NotEnrolled {
    /// It is another person's.
    Taken,
    /// She has as many as one may have.
    TooMany,
    /// Policy, or the server, does not let it.
    Refused,
    /// The server did not answer.
    Unanswered,
}

/// Why a sign-in was refused, as far as the screen may tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Name or password.
    NameOrPassword,
    /// The code is wrong, stale or used.
    Code {
        /// Wrong codes the challenge still takes.
        tries_left: u32,
    },
    /// The challenge is over; begin again.
    ChallengeOver,
    /// Too many failures here.
    LockedOut {
        /// From now.
        retry_after: Duration,
    },
    /// The account is disabled.
    Disabled,
    /// The server is too busy.
    Busy,
    /// Something typed is over its limit or cannot be sent.
    Malformed,
    /// Nobody has this badge.
    BadgeUnknown,
    /// Nobody has this badge, and nobody enrols one at a workstation.
    BadgeUnlisted,
    /// Nobody has this badge, and too many such ones were presented here: they wait.
    BadgeWait,
    /// The badge was revoked, or its holder is disabled.
    BadgeRefused,
    /// The badge's number is none that can name anybody.
    BadgeUnusable,
    /// The badge is another person's than whose session is concealed.
    BadgeOfAnother,
}

/// Why there is no usable answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ContactFault {
    /// No connection within 2 s.
    Unreachable,
    /// Connected, and no answer within 5 s.
    Slow,
    /// The certificate is not of our server's authority, or the answer is not ours (captive portal).
    NotOurServer,
    /// The certificate is not valid at this time: this workstation's clock is wrong.
    ClockWrong,
    /// The server answered that it cannot serve now.
    Unavailable,
}

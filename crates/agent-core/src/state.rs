//! Where the agent is: one closed set of states, each carrying exactly what is true in it.

use crate::{
    apps::{AppsProgress, AppsUnderCover},
    badge::{Badge, BadgeMark},
    cause_records::CauseRecords,
    command::{Answer, ConcealCause, EndCause, FailClosedCause, ResumeFactor},
    ending::Ending,
    event::{ContactFault, FactorWanted, Refusal},
    ids::{AttemptId, ChallengeId, SessionId, User},
    instant::Instant,
    secret::Secret,
    session::{BadgeLine, InUse, Session},
    time_limits::SLEPT_OVER,
};

/// Where the agent is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Covering, and finding out whether anybody may sign in.
    Starting(Starting),
    /// Covered; anybody may sign in.
    SignedOut(SignedOut),
    /// Covered; somebody proves who she is.
    SigningIn(SigningIn),
    /// Uncovered; a session is in use.
    Active(Active),
    /// Uncovered; automatic logoff is near.
    InactivityWarning(InactivityWarning),
    /// Covered, or about to be; a session is kept for its holder.
    Concealed(Concealed),
    /// Covering; a session is being ended, on record.
    SigningOut(SigningOut),
    /// Covered; a promise cannot be kept, so nobody signs in.
    FailClosed(FailClosed),
}

/// Covering, and finding out whether anybody may sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Starting {
    /// Since when the cover is asked for.
    pub since: Instant,
    /// The cover is confirmed.
    pub is_covered: bool,
    /// Start-up is done.
    pub is_started_up: bool,
    /// When start-up was last asked for.
    pub start_up_asked_at: Instant,
    /// The machine waits for the cover before it sleeps.
    pub is_sleep_awaited: bool,
}

/// Covered; anybody may sign in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SignedOut {
    /// What the last person is told.
    pub notice: Option<SignedOutNotice>,
    /// The sign-in that was cancelled last: its answer may still come.
    pub cancelled: Option<AttemptId>,
    /// A badge that nobody has.
    pub offered: Option<Offer>,
}

/// A badge that nobody has, offered to whoever signs in by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// As read.
    pub badge: Badge,
    /// Not offered any more from then on.
    pub until: Instant,
}

/// Why the last sign-in or the last session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignedOutNotice {
    /// The server said no.
    Refused(Refusal),
    /// Too many failures here.
    LockedOut {
        /// Told until then.
        until: Instant,
    },
    /// No usable answer, and no more tries.
    Unanswered(ContactFault),
    /// The session was opened but could not be made safe here, so it was ended.
    NotPossibleNow(FailClosedCause),
    /// The last session ended.
    SessionEnded(EndCause),
    /// A badge was presented, and signed nobody in.
    Badge(BadgeLine),
    /// Whoever lost her badge has proved herself: so many of hers are revoked.
    BadgesRevoked(u32),
}

/// Covered; somebody proves who she is. The only state that holds what she typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SigningIn {
    /// How far she is.
    pub stage: Stage,
    /// The badge that is part of it.
    pub badge: Option<SignInBadge>,
    /// What she was said to have left for another screen before the session to be opened was known: it may be that one.
    pub left: Vec<SessionId>,
}

/// What a badge has to do with a sign-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignInBadge {
    /// It names whoever signs in.
    Names {
        /// Which.
        mark: BadgeMark,
        /// Whom, once the server has said so.
        user: Option<User>,
    },
    /// It can be hers once she has signed in.
    ToEnrol(Badge),
    /// She has lost hers: once she has proved herself, all of hers are revoked, and no session is opened.
    Lost,
}

/// What a sign-in begins with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Presented {
    /// Typed.
    Password {
        /// As typed, to ask again.
        name: String,
        /// As typed, to ask again.
        password: Secret,
    },
    /// A badge, as read, to ask again.
    Badge(Badge),
}

/// How far a sign-in is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stage {
    /// Name and password, or the badge, are with the server.
    AskingFirstFactor {
        /// The question.
        request: Request,
        /// To ask again.
        presented: Presented,
    },
    /// The server wants a code, a password or a PIN; nobody has given one yet.
    AwaitingCode {
        /// What it wants.
        challenge: Challenge,
        /// The last one was wrong.
        is_refused: bool,
    },
    /// It is with the server.
    AskingSecondFactor {
        /// The question.
        request: Request,
        /// To which challenge.
        challenge: Challenge,
        /// As typed, to ask again.
        answer: Answer,
    },
    /// The session is open; login record and credential are on their way to disk and keychain.
    Securing {
        /// The session.
        session: Session,
        /// Since when.
        since: Instant,
        /// The login record is on disk.
        is_login_stored: bool,
        /// The credential is in the keychain.
        is_credential_stored: bool,
    },
    /// Both are durable; the screen is asked for.
    Uncovering {
        /// The session.
        session: Session,
        /// Since when.
        since: Instant,
    },
}

/// A question to the server, asked again with the same id until it is answered or given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Request {
    /// Makes it idempotent.
    pub attempt: AttemptId,
    /// When it was asked for the first time.
    pub first_asked_at: Instant,
    /// It is not asked again from then on.
    pub give_up_at: Instant,
    /// Whether an answer is awaited.
    pub phase: RequestPhase,
}

/// Whether an answer is awaited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestPhase {
    /// Asked.
    Waiting {
        /// When.
        asked_at: Instant,
        /// Long enough ago to say so.
        is_slow: bool,
    },
    /// Not answered; asked again by itself.
    Resting {
        /// What went wrong.
        fault: ContactFault,
        /// When it is asked again.
        retry_at: Instant,
    },
}

/// A second factor that the server wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Challenge {
    /// Names it.
    pub id: ChallengeId,
    /// What.
    pub wants: FactorWanted,
    /// It is over then.
    pub expires_at: Instant,
    /// Wrong codes it still takes.
    pub tries_left: u32,
}

/// Uncovered; a session is in use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Active {
    /// The session.
    pub in_use: InUse,
    /// Whether the screen really is hers.
    pub screen: ActiveScreen,
    /// Times the screen covered by itself since the last report.
    pub recoveries: u32,
    /// The inactivity port was asked then and has not answered.
    pub measuring_since: Option<Instant>,
}

/// Whether the screen of an active session really is hers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActiveScreen {
    /// It is.
    Uncovered,
    /// It covered by itself; it has been asked for again.
    Recovering {
        /// Since when.
        since: Instant,
    },
}

/// Uncovered; automatic logoff is near.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InactivityWarning {
    /// The session.
    pub in_use: InUse,
    /// Since when the warning is shown.
    pub since: Instant,
    /// The limit has come, and the inactivity port was asked one last time then.
    pub last_look_at: Option<Instant>,
}

/// Covered, or about to be; a session is kept for its holder, within its limits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Concealed {
    /// The session.
    pub in_use: InUse,
    /// Why.
    pub cause: ConcealCause,
    /// The cover is asked for since then and is not confirmed.
    pub covering_since: Option<Instant>,
    /// How far somebody is who wants to see the screen.
    pub stage: ConcealedStage,
    /// What happened last.
    pub notice: Option<ConcealedNotice>,
    /// A badge that nobody has.
    pub offered: Option<Box<Offer>>,
    /// The server has said that she uncovered a screen elsewhere: out of contact nothing resumes this one.
    pub is_uncovered_elsewhere: bool,
    /// The session ends then: her tap was to sign her out, and can be undone until.
    pub signs_out_at: Option<Instant>,
    /// She wants to prove herself with password and code, so that a tap alone is enough for longer.
    pub renews_grace: bool,
    /// Whether the machine sleeps over it.
    pub machine: Machine,
    /// What its apps do meanwhile.
    pub apps: AppsUnderCover,
}

/// Whether the machine waits for us before it sleeps, or shuts down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Machine {
    /// It does not sleep, as far as it has said.
    Awake,
    /// It waits.
    Waits,
    /// It was let go.
    LetGo,
}

impl Machine {
    /// Whether a limit that came then, and is told now, was slept over: the loop tells it before the word that the
    /// machine is awake. What was asked before the sleep then gets its time anew.
    pub(crate) fn slept_over(self, came_at: Instant, now: Instant) -> bool {
        self != Self::Awake && now >= came_at + SLEPT_OVER
    }
}

/// How far somebody is who wants to see a concealed screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConcealedStage {
    /// Nobody does.
    AtRest,
    /// What was presented is with the server.
    Asking {
        /// The question.
        request: Request,
        /// To ask again.
        question: Box<ResumeQuestion>,
        /// The badge that it began with.
        badge: Option<BadgeMark>,
        /// The server has said meanwhile that she uncovered a screen elsewhere: before this one or after it.
        is_in_doubt: bool,
    },
    /// The server wants more.
    AwaitingFactor {
        /// What.
        challenge: Challenge,
        /// The last answer was wrong.
        is_refused: bool,
        /// The badge that it began with.
        badge: Option<BadgeMark>,
    },
    /// She is back; that is on its way to disk.
    Recording {
        /// Since when.
        since: Instant,
    },
    /// It is on disk; the screen is asked for.
    Uncovering {
        /// Since when.
        since: Instant,
    },
    /// Somebody else signs in. Her session ends when he has succeeded.
    TakenOver {
        /// How far he is.
        signing_in: Box<SigningIn>,
        /// When he, or the server to him, said something last.
        quiet_since: Instant,
    },
}

/// What the server is asked about a concealed session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ResumeQuestion {
    /// Whether this is its holder.
    Factor(ResumeFactor),
    /// Whether this is what it wanted besides.
    Answer {
        /// To which challenge.
        challenge: Challenge,
        /// As typed.
        answer: Answer,
    },
}

/// What happened last on a concealed screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConcealedNotice {
    /// It was covered because nothing was typed or touched.
    Inactivity,
    /// It was covered because she uncovered a screen elsewhere.
    Elsewhere,
    /// A try to resume it, or to sign in over it, has failed.
    Failed(SignedOutNotice),
}

/// Covering; a session is being ended, on record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SigningOut {
    /// What is owed.
    pub ending: Ending,
    /// The cover is not confirmed.
    pub owes_cover: bool,
    /// Since when.
    pub since: Instant,
    /// What follows.
    pub next: AfterSignOut,
    /// The machine waits for the record before it sleeps or shuts down; it does not wait for her apps.
    pub machine: Machine,
    /// How far closing her apps has got.
    pub apps: Option<AppsProgress>,
    /// The badge that was presented meanwhile: its holder is next.
    pub tapped: Option<(AttemptId, Badge)>,
}

/// What follows a sign-out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AfterSignOut {
    /// Anybody may sign in.
    SignedOut(SignedOutNotice),
    /// Who took the workstation over: the server has opened his session.
    SignIn(Box<Opened>),
    /// Nobody may.
    FailClosed(FailClosedCause),
}

/// A session that the server has opened, and nothing is made safe of yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// The session.
    pub session: Session,
    /// Opens it.
    pub credential: Secret,
}

/// Covered; a promise cannot be kept, so nobody signs in. Left when nothing is owed any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailClosed {
    /// What is wrong, as far as last heard.
    pub cause: FailClosedCause,
    /// Since when.
    pub since: Instant,
    /// The next try.
    pub retry_at: Instant,
    /// Tries so far.
    pub retries: u32,
    /// The cover is not confirmed.
    pub owes_cover: bool,
    /// A session's end that is not paid yet.
    pub ending: Option<Ending>,
    /// Whether start-up must succeed first.
    pub start_up: StartUpDebt,
    /// What of it is on record.
    pub records: CauseRecords,
    /// What the last person is told once it is over.
    pub notice: Option<SignedOutNotice>,
    /// The machine waits for the cover before it sleeps.
    pub is_sleep_awaited: bool,
}

/// Whether start-up must succeed before anybody signs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StartUpDebt {
    /// It has, or nothing asks for it.
    Settled,
    /// It must.
    Owed,
    /// It is at work.
    Asked {
        /// Since when.
        at: Instant,
    },
}

macro_rules! state_from {
    ($($name:ident),*) => {$(
        impl From<$name> for State {
            fn from(state: $name) -> Self {
                Self::$name(state)
            }
        }
    )*};
}

state_from!(Starting, SignedOut, SigningIn, Active, InactivityWarning, Concealed, SigningOut, FailClosed);

impl State {
    /// When [`crate::event::Event::DeadlineReached`] is due; derived from the state, never stored twice.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        match self {
            Self::Starting(starting) => starting.deadline(),
            Self::SignedOut(signed_out) => signed_out.deadline(),
            Self::SigningIn(signing_in) => Some(signing_in.deadline()),
            Self::Active(active) => Some(active.deadline()),
            Self::InactivityWarning(warning) => Some(warning.deadline()),
            Self::Concealed(concealed) => Some(concealed.deadline()),
            Self::SigningOut(signing_out) => Some(signing_out.deadline()),
            Self::FailClosed(fail_closed) => Some(fail_closed.deadline()),
        }
    }

    /// The state's name, for logs.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Starting(_) => "Starting",
            Self::SignedOut(_) => "SignedOut",
            Self::SigningIn(_) => "SigningIn",
            Self::Active(_) => "Active",
            Self::InactivityWarning(_) => "InactivityWarning",
            Self::Concealed(_) => "Concealed",
            Self::SigningOut(_) => "SigningOut",
            Self::FailClosed(_) => "FailClosed",
        }
    }

    /// The session at hand: opened by the server, and its end not yet begun.
    #[must_use]
    pub const fn session(&self) -> Option<&Session> {
        match self {
            Self::SigningIn(SigningIn {
                stage: Stage::Securing { session, .. } | Stage::Uncovering { session, .. },
                badge: _,
                left: _,
            }) => Some(session),
            Self::Active(active) => Some(&active.in_use.session),
            Self::InactivityWarning(warning) => Some(&warning.in_use.session),
            Self::Concealed(concealed) => Some(&concealed.in_use.session),
            Self::Starting(_)
            | Self::SignedOut(_)
            | Self::SigningIn(_)
            | Self::SigningOut(_)
            | Self::FailClosed(_) => None,
        }
    }

    /// A session's end that is not paid yet.
    #[must_use]
    pub const fn ending(&self) -> Option<&Ending> {
        match self {
            Self::SigningOut(signing_out) => Some(&signing_out.ending),
            Self::FailClosed(fail_closed) => fail_closed.ending.as_ref(),
            Self::Starting(_)
            | Self::SignedOut(_)
            | Self::SigningIn(_)
            | Self::Active(_)
            | Self::InactivityWarning(_)
            | Self::Concealed(_) => None,
        }
    }
}

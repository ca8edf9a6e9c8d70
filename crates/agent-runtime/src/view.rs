//! Everything the screen may know: one view model, derived from the core's state, drawn by the webview
//! (covered) or the native strip and warning (uncovered). No password, code, credential or badge number
//! has a place here.
//!
//! Words live in the UI by these codes; only names of people and places are text. Times are told as
//! `…_ms` from the moment the view was emitted, so that the UI needs no clock in common with us.

pub(crate) mod derive;

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use uuid::Uuid;

use crate::language::Language;

pub use derive::{Around, next_change, screen};

pub use crate::intent::Intent;

/// What is on screen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export_to = "bindings.ts")]
pub struct ViewModel {
    /// Grows with each emitted view; a drawer ignores an older one.
    #[ts(type = "number")]
    pub revision: u64,
    /// The one thing on screen.
    pub screen: ScreenView,
    /// Where we are.
    pub place: Place,
    /// Whether the session server answers.
    pub contact: Contact,
    /// Whether a shield holds the screen; `false` is said on screen in words.
    pub is_enforced: bool,
    /// Whether a badge can be presented.
    pub reader: ReaderView,
    /// What all of it is said in.
    pub language: Language,
    /// The policy file was refused; said on screen in one small line while it holds.
    #[ts(optional)]
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub policy_notice: Option<PolicyNotice>,
}

/// Whether a badge can be presented.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[ts(export_to = "bindings.ts")]
#[serde(rename_all = "snake_case")]
pub enum ReaderView {
    /// There is no reader: no word of badges is said.
    #[default]
    None,
    /// All read.
    Ready,
    /// One reads at least, and another one does not; it heals by itself.
    SomeFaulty,
    /// There was one, and none reads now; it heals by itself.
    Faulty,
}

impl From<agent_core::taps::Readers> for ReaderView {
    fn from(readers: agent_core::taps::Readers) -> Self {
        match readers {
            agent_core::taps::Readers::None => Self::None,
            agent_core::taps::Readers::Ready => Self::Ready,
            agent_core::taps::Readers::SomeFaulty => Self::SomeFaulty,
            agent_core::taps::Readers::Faulty => Self::Faulty,
        }
    }
}

/// What is in force because the policy file was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export_to = "bindings.ts")]
#[serde(rename_all = "snake_case")]
pub enum PolicyNotice {
    /// The last good one.
    LastGood,
    /// None was ever held: the built-in strict one.
    BuiltInStrict,
}

/// Names for the corners of the screen, from enrolment and policy.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[ts(export_to = "bindings.ts")]
pub struct Place {
    /// For example `St. Example Hospital`.
    pub organisation: String,
    /// For example `ICU-3`.
    pub unit: String,
    /// For example `WS-07`.
    pub workstation: String,
    /// Short form of the workstation id, for the help desk; empty before enrolment.
    pub workstation_id: String,
    /// For example `5-1234`.
    pub help_line: String,
}

/// Whether the session server answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export_to = "bindings.ts")]
#[serde(rename_all = "snake_case")]
pub enum Contact {
    /// Not asked yet.
    Unknown,
    /// It answers.
    Online,
    /// It does not answer.
    Away,
    /// Something else answers in its place (wrong certificate, captive portal).
    NotOurServer,
    /// This workstation's clock is wrong.
    ClockWrong,
}

/// One screen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export_to = "bindings.ts")]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ScreenView {
    /// Covered: starting.
    Starting,
    /// Covered: name and password.
    SignedOut {
        /// Why the last attempt ended, or why the last session did.
        #[ts(optional)]
        #[serde(skip_serializing_if = "Option::is_none", default)]
        notice: Option<SignedOutNotice>,
        /// "Enrol this badge?": whoever signs in with name, password and code within this time gets the badge that was
        /// presented last.
        #[ts(type = "number | null")]
        enrolment_offered_ms: Option<u64>,
    },
    /// Covered: the server is asked; inputs are disabled, nothing typed is lost until an answer.
    Asking {
        /// What was sent.
        step: AskingStep,
        /// Two seconds have passed: say so in words.
        is_slow: bool,
        /// It went unanswered for this reason and is asked again by itself.
        #[ts(optional)]
        #[serde(skip_serializing_if = "Option::is_none", default)]
        fault: Option<ContactFaultView>,
    },
    /// Covered: what is still missing. Six boxes for a one-time code.
    SecondFactor {
        /// What.
        wants: FactorWanted,
        /// It signs nobody in: she has lost her badge, and it is to be revoked.
        is_loss: bool,
        /// Whom the badge names; absent where a name was typed.
        #[ts(optional)]
        #[serde(skip_serializing_if = "Option::is_none", default)]
        display_name: Option<String>,
        /// Time left.
        #[ts(type = "number")]
        expires_in_ms: u64,
        /// Wrong codes it still takes.
        tries_left: u32,
        /// The last code was refused.
        is_refused: bool,
    },
    /// Covered: the login is being put on disk, the credential into the keychain, then uncovering.
    Opening {
        /// Who.
        display_name: String,
    },
    /// Covered, her session kept: "Maria O. is signed in. Tap to resume".
    Concealed {
        /// Who.
        display_name: String,
        /// For example `RN`; empty when none is known.
        role: String,
        /// What happened last.
        #[ts(optional)]
        #[serde(skip_serializing_if = "Option::is_none", default)]
        notice: Option<ConcealedNotice>,
        /// Set in the last minute before the limit: a line and a countdown.
        #[ts(type = "number | null")]
        signs_out_in_ms: Option<u64>,
        /// "Enrol this badge?", as on the signed-out screen: for whoever signs in over her session.
        #[ts(type = "number | null")]
        enrolment_offered_ms: Option<u64>,
        /// What a tap of hers does.
        tap: ResumeTap,
        /// "Renew": her password is asked for, and then a code, so that a tap alone is enough for longer.
        is_renewing: bool,
    },
    /// Uncovered: the strip.
    Active {
        /// Who.
        display_name: String,
        /// For example `RN`; empty when none is known.
        role: String,
        /// Set in the last two minutes before the limit.
        #[ts(type = "number | null")]
        signs_out_in_ms: Option<u64>,
        /// The absolute limit is within five minutes; it cannot be extended.
        #[ts(type = "number | null")]
        absolute_limit_in_ms: Option<u64>,
        /// What her next tap does.
        tap: NextTap,
        /// What the strip says for a few seconds.
        #[ts(optional)]
        #[serde(skip_serializing_if = "Option::is_none", default)]
        line: Option<StripLine>,
        /// "Renew": a tap alone will soon not be enough any more, or is not by now.
        offers_renewal: bool,
        /// "My sessions" stands open.
        #[ts(optional)]
        #[serde(skip_serializing_if = "Option::is_none", default)]
        my_sessions: Option<MySessionsView>,
    },
    /// Uncovered: the strip and the warning.
    InactivityWarning {
        /// Who.
        display_name: String,
        /// For example `RN`; empty when none is known.
        role: String,
        /// Countdown.
        #[ts(type = "number")]
        signs_out_in_ms: u64,
        /// For "nothing was typed or touched for {n} minutes".
        #[ts(type = "number")]
        inactive_for_ms: u64,
        /// What her next tap does.
        tap: NextTap,
        /// What the strip says for a few seconds.
        #[ts(optional)]
        #[serde(skip_serializing_if = "Option::is_none", default)]
        line: Option<StripLine>,
    },
    /// Covered: "Saving her work…", records and ends being stored.
    SigningOut {
        /// Whose session.
        display_name: String,
        /// Why.
        cause: EndCauseView,
        /// How far closing her apps has got; absent where that is not under way, or she has none.
        #[ts(optional)]
        #[serde(skip_serializing_if = "Option::is_none", default)]
        apps: Option<AppsProgress>,
    },
    /// Covered: "Ask IT to enrol this workstation".
    NotEnrolled,
    /// Covered: what, since when, what to do, code.
    FailClosed {
        /// Stable code, for example `keychain.unavailable`.
        code: FailClosedCode,
        /// Since.
        #[ts(type = "number")]
        since_ms: u64,
        /// Next retry.
        #[ts(type = "number")]
        retry_in_ms: u64,
    },
}

/// How many of an ended session's apps are closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export_to = "bindings.ts")]
pub struct AppsProgress {
    /// So many.
    pub closed: u32,
    /// Of so many.
    pub of: u32,
}

/// What is still missing for a sign-in or a resume.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export_to = "bindings.ts")]
#[serde(rename_all = "snake_case")]
pub enum FactorWanted {
    /// The six digits of an authenticator app.
    Totp,
    /// Her password.
    Password,
    /// The PIN that goes with her badge.
    Pin,
}

/// What the holder's next tap does on her uncovered screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export_to = "bindings.ts")]
#[serde(rename_all = "snake_case")]
pub enum NextTap {
    /// There is no reader that reads: nothing is said of taps.
    None,
    /// "Tap to cover".
    Covers,
    /// "Tap to sign out".
    SignsOut,
    /// "Tap or press any key to stay signed in".
    Stays,
}

/// What the holder's tap does on her concealed screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export_to = "bindings.ts")]
#[serde(rename_all = "snake_case")]
pub enum ResumeTap {
    /// There is no reader that reads: nothing is said of taps.
    None,
    /// "Tap to resume".
    Resumes,
    /// It names her, and asks for more.
    AsksMore,
}

/// "My sessions": where else she is signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export_to = "bindings.ts")]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum MySessionsView {
    /// The server is asked.
    Asking,
    /// It does not answer.
    Unanswered,
    /// It has said.
    Told {
        /// Where; may be nowhere.
        elsewhere: Vec<SessionElsewhere>,
        /// She is being signed out of one or all of them.
        is_ending: bool,
    },
}

/// A session of hers at another workstation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export_to = "bindings.ts")]
pub struct SessionElsewhere {
    /// Names it in [`Intent::EndElsewhere`].
    #[ts(type = "string")]
    pub session: Uuid,
    /// For example `WS-07`.
    pub workstation: String,
    /// For example `ICU-3`; may be empty.
    pub unit: String,
    /// So long ago, when the list was told, she signed in there.
    #[ts(type = "number")]
    pub opened_ago_ms: u64,
    /// Its screen is covered.
    pub is_covered: bool,
}

/// What the strip says for a few seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export_to = "bindings.ts")]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum StripLine {
    /// What a badge led to.
    Badge {
        /// What.
        line: BadgeLine,
    },
    /// Her apps were to go on, and are not known to: it is tried on and on.
    AppsStandStill,
}

/// One line on the strip about a badge, or on a covered screen: words only, nothing else follows from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export_to = "bindings.ts")]
#[serde(rename_all = "snake_case")]
pub enum BadgeLine {
    /// Nobody has this badge.
    Unknown,
    /// Nobody has it, and nobody enrols one at a workstation.
    Unlisted,
    /// Nobody has it, and too many such ones were presented here: they wait for some minutes.
    Wait,
    /// It was revoked, or its holder is disabled.
    Refused,
    /// Its number changes each time: it can never be a badge here.
    Unusable,
    /// It was taken away too early, or does not answer.
    NotRead,
    /// Two at once.
    TwoAtOnce,
    /// The server, which alone knows whose it is, does not answer.
    ServerAway,
    /// It can be hers: "Tap your new badge once more".
    TapAgainToEnrol,
    /// It is hers from now on.
    Enrolled,
    /// It was to be hers and is already another person's.
    Taken,
    /// She has as many as one may have.
    TooMany,
    /// It was to be hers, and policy or the server did not let it.
    NotEnrolled,
}

/// What happened last on a concealed screen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export_to = "bindings.ts")]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ConcealedNotice {
    /// It covered itself because nothing was typed or touched.
    Inactivity,
    /// She uncovered a screen elsewhere.
    Elsewhere,
    /// The last presented badge.
    Badge {
        /// What of it.
        line: BadgeLine,
    },
    /// The last try to resume, or a colleague's to sign in, was refused.
    Refused {
        /// Why, as on the signed-out screen.
        notice: SignedOutNotice,
    },
}

/// What is being asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export_to = "bindings.ts")]
#[serde(rename_all = "snake_case")]
pub enum AskingStep {
    /// Name and password.
    FirstFactor,
    /// The code, the password or the PIN.
    SecondFactor,
    /// Whose the presented badge is, and whether it signs in.
    Badge,
    /// Whether her session may be resumed.
    Resume,
    /// Name and password of whoever lost her badge.
    Loss,
}

/// One line on the signed-out screen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export_to = "bindings.ts")]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum SignedOutNotice {
    /// Name or password is wrong; which is not told.
    Refused,
    /// The code's tries or time are over; begin again.
    ChallengeOver,
    /// Too many failures here.
    LockedOut {
        /// Time left.
        #[ts(type = "number")]
        retry_after_ms: u64,
    },
    /// The account is disabled.
    Disabled,
    /// No usable answer; retried by itself while `retrying`.
    Unanswered {
        /// `unreachable`, `slow`, `not_our_server`, `clock_wrong` or `unavailable`.
        fault: ContactFaultView,
        /// The same request is sent again by itself.
        is_retrying: bool,
    },
    /// The server is too busy.
    Busy,
    /// Something typed is too long or cannot be sent.
    Malformed,
    /// A badge was presented and did not sign anybody in.
    Badge {
        /// What of it.
        line: BadgeLine,
    },
    /// "I lost my badge": none of hers opens anything any more.
    BadgesRevoked {
        /// So many there were; none where she had none.
        count: u32,
    },
    /// The keychain or the spool refused: signing in is not possible now.
    NotPossibleNow {
        /// Stable code.
        code: FailClosedCode,
    },
    /// The last session ended, and why.
    SessionEnded {
        /// Why.
        cause: EndCauseView,
    },
}

/// Why there is no usable answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export_to = "bindings.ts")]
#[serde(rename_all = "snake_case")]
pub enum ContactFaultView {
    /// No connection.
    Unreachable,
    /// Connected, no answer in time.
    Slow,
    /// Something else answers.
    NotOurServer,
    /// This workstation's clock is wrong.
    ClockWrong,
    /// The server cannot serve now.
    Unavailable,
}

/// Stable codes of fail closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export_to = "bindings.ts")]
pub enum FailClosedCode {
    /// The server does not know this workstation.
    #[serde(rename = "workstation.unknown")]
    WorkstationUnknown,
    /// Revoked.
    #[serde(rename = "workstation.revoked")]
    WorkstationRevoked,
    /// Two machines use its key.
    #[serde(rename = "workstation.cloned")]
    WorkstationCloned,
    /// The keychain is locked, missing, refusing or mute.
    #[serde(rename = "keychain.unavailable")]
    KeychainUnavailable,
    /// A record cannot be put on disk.
    #[serde(rename = "spool.unavailable")]
    SpoolUnavailable,
    /// No room for records.
    #[serde(rename = "spool.full")]
    SpoolFull,
    /// The cover cannot be confirmed.
    #[serde(rename = "cover.unconfirmed")]
    CoverUnconfirmed,
    /// Inactivity cannot be measured.
    #[serde(rename = "inactivity.unknown")]
    InactivityUnknown,
    /// What the person before had running, or left, cannot be cleared away.
    #[serde(rename = "apps.left")]
    AppsLeft,
    /// The configuration cannot be read.
    #[serde(rename = "config.invalid")]
    ConfigInvalid,
    /// Not enrolled (only inside a notice; the screen has its own kind).
    #[serde(rename = "workstation.not_enrolled")]
    NotEnrolled,
}

/// Why a session ended, for the words on screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export_to = "bindings.ts")]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the same causes, documented at agent_core::command::EndCause")]
pub enum EndCauseView {
    UserButton,
    UserTap,
    Inactivity,
    AbsoluteLimit,
    TapOver,
    Moved,
    UserElsewhere,
    Admin,
    Disabled,
    CredentialChanged,
    Policy,
    Suspend,
    Shutdown,
    CrashRecovered,
    ContactLost,
    WorkstationRevoked,
    FailClosed,
    Update,
    OfflineExpired,
}

//! From the wire's words to the core's, and back, by hand.

use std::time::Duration;

use agent_core::{
    badge::{Badge, BadgeGrade},
    command::{ConcealCause, EndCause, FailClosedCause, ResumeMethod},
    event::{Event, FactorWanted, Limits, Refusal, TapOut},
    ids::{AttemptId, ChallengeId, SessionId, User, UserId},
    secret::Secret,
};
use audit::codes::LogoutCause;
use protocol::{
    secret::WireSecret,
    v1::{
        badge::PresentedBadge,
        problem::{Problem, ProblemCode},
        session::{
            self as wire, ChallengeIssued, SecondFactorKind, SessionAdopted, SessionOpened, SessionResumed,
            UserSummary,
        },
    },
};

pub(crate) fn opened(attempt: AttemptId, opened: SessionOpened) -> Event {
    Event::SessionOpened {
        attempt,
        session: SessionId(opened.session_id),
        user: user(opened.user),
        credential: Secret::new(opened.credential.expose().to_owned()),
        limits: limits(opened.limits),
    }
}

/// `None` where nothing of what would satisfy it can be given here.
pub(crate) fn challenge(attempt: AttemptId, challenge: ChallengeIssued) -> Option<Event> {
    // The first that is named is what the server would rather have.
    let wants = match challenge.satisfied_by.first()? {
        SecondFactorKind::Totp => FactorWanted::Totp,
        SecondFactorKind::Password => FactorWanted::Password,
        SecondFactorKind::Pin => FactorWanted::Pin,
    };
    Some(Event::ChallengeIssued {
        attempt,
        challenge: ChallengeId(challenge.challenge_id),
        wants,
        user: challenge.user.map(user),
        expires_in: Duration::from_millis(challenge.expires_in_ms),
        tries_left: challenge.tries_left,
    })
}

pub(crate) fn resumed(attempt: AttemptId, resumed: SessionResumed) -> Event {
    Event::SessionResumed {
        attempt,
        session: SessionId(resumed.session_id),
        method: match resumed.method {
            wire::ResumeMethod::Badge => ResumeMethod::Badge,
            wire::ResumeMethod::BadgePin => ResumeMethod::BadgePin,
            wire::ResumeMethod::BadgePassword => ResumeMethod::BadgePassword,
            wire::ResumeMethod::BadgePasswordTotp => ResumeMethod::BadgePasswordTotp,
            wire::ResumeMethod::Password => ResumeMethod::Password,
            wire::ResumeMethod::PasswordTotp => ResumeMethod::PasswordTotp,
        },
        limits: limits(resumed.limits),
    }
}

/// A badge, for the wire.
pub(crate) fn presented(badge: &Badge) -> PresentedBadge {
    PresentedBadge {
        number: WireSecret::new(badge.number.expose().to_owned()),
        grade: match badge.grade {
            BadgeGrade::Uid => protocol::v1::badge::BadgeGrade::Uid,
            BadgeGrade::Cryptographic => protocol::v1::badge::BadgeGrade::Cryptographic,
        },
    }
}

pub(crate) const fn conceal_cause(cause: ConcealCause) -> wire::ConcealCause {
    match cause {
        ConcealCause::UserTap => wire::ConcealCause::UserTap,
        ConcealCause::UserButton => wire::ConcealCause::UserButton,
        ConcealCause::Inactivity => wire::ConcealCause::Inactivity,
        ConcealCause::Elsewhere => wire::ConcealCause::Elsewhere,
        ConcealCause::OtherBadge => wire::ConcealCause::OtherBadge,
        ConcealCause::Suspend => wire::ConcealCause::Suspend,
    }
}

fn user(user: UserSummary) -> User {
    User { id: UserId(user.user_id), display_name: user.display_name, role: user.role }
}

pub(crate) fn adopted(adopted: SessionAdopted) -> Event {
    Event::SessionAdopted {
        session: SessionId(adopted.session_id),
        credential: Secret::new(adopted.credential.expose().to_owned()),
        limits: limits(adopted.limits),
    }
}

fn limits(limits: wire::Limits) -> Limits {
    Limits {
        inactivity: Duration::from_millis(limits.inactivity_ms),
        warning: Duration::from_millis(limits.warning_ms),
        absolute_remaining: Duration::from_millis(limits.absolute_remaining_ms),
        heartbeat: Duration::from_millis(limits.heartbeat_ms),
        conceal_after: limits.conceal_after_ms.map(Duration::from_millis),
        tap_out: match limits.tap_out {
            wire::TapOut::Cover => TapOut::Cover,
            wire::TapOut::SignOut => TapOut::SignOut,
        },
    }
}

/// What the screen may say; `None` for what the person in front of it cannot mend.
pub(crate) fn refusal(problem: &Problem) -> Option<Refusal> {
    let retry_after = Duration::from_millis(problem.retry_after_ms.unwrap_or(0));
    match problem.code {
        ProblemCode::SignInRefused => Some(Refusal::NameOrPassword),
        ProblemCode::SignInLockedOut => Some(Refusal::LockedOut { retry_after }),
        ProblemCode::UserDisabled => Some(Refusal::Disabled),
        ProblemCode::SecondFactorRefused => {
            Some(Refusal::Code { tries_left: problem.tries_left.unwrap_or(0) })
        }
        ProblemCode::ChallengeOver => Some(Refusal::ChallengeOver),
        ProblemCode::ServerBusy => Some(Refusal::Busy),
        ProblemCode::RequestMalformed | ProblemCode::RequestInvalid | ProblemCode::RequestTooLarge => {
            Some(Refusal::Malformed)
        }
        ProblemCode::BadgeUnknown => Some(Refusal::BadgeUnknown),
        ProblemCode::BadgeUnlisted => Some(Refusal::BadgeUnlisted),
        ProblemCode::BadgeWait => Some(Refusal::BadgeWait),
        ProblemCode::BadgeRefused => Some(Refusal::BadgeRefused),
        ProblemCode::BadgeUnusable => Some(Refusal::BadgeUnusable),
        ProblemCode::BadgeOfAnother => Some(Refusal::BadgeOfAnother),
        ProblemCode::BadgeTaken
        | ProblemCode::BadgeTooMany
        | ProblemCode::BadgeEnrolmentRefused
        | ProblemCode::UseDpopNonce
        | ProblemCode::ProofInvalid
        | ProblemCode::WorkstationUnknown
        | ProblemCode::WorkstationRevoked
        | ProblemCode::WorkstationCloned
        | ProblemCode::EnrolmentRefused
        | ProblemCode::SessionUnknown
        | ProblemCode::SessionLapsed
        | ProblemCode::SessionEnded
        | ProblemCode::Conflict
        | ProblemCode::NotFound
        | ProblemCode::MethodNotAllowed
        | ProblemCode::MediaTypeUnsupported
        | ProblemCode::AuditorRefused
        | ProblemCode::ServerUnavailable
        | ProblemCode::ServerFault => None,
    }
}

/// Whether the server signs nobody in at this workstation.
pub(crate) fn workstation_refused(code: ProblemCode) -> Option<FailClosedCause> {
    [
        (ProblemCode::WorkstationUnknown, FailClosedCause::WorkstationUnknown),
        (ProblemCode::WorkstationRevoked, FailClosedCause::WorkstationRevoked),
        (ProblemCode::WorkstationCloned, FailClosedCause::WorkstationCloned),
    ]
    .into_iter()
    .find_map(|(refused, cause)| (refused == code).then_some(cause))
}

pub(crate) fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

macro_rules! causes {
    ($($cause:ident),* $(,)?) => {
        /// From the wire.
        pub(crate) const fn cause(cause: wire::EndCause) -> EndCause {
            match cause { $(wire::EndCause::$cause => EndCause::$cause),* }
        }

        /// For the wire.
        pub(crate) const fn cause_on_the_wire(cause: EndCause) -> wire::EndCause {
            match cause { $(EndCause::$cause => wire::EndCause::$cause),* }
        }

        /// For the outbox.
        pub(crate) const fn cause_on_record(cause: EndCause) -> LogoutCause {
            match cause { $(EndCause::$cause => LogoutCause::$cause),* }
        }

        /// From the outbox to the wire.
        pub(crate) const fn recorded_cause_on_the_wire(cause: LogoutCause) -> wire::EndCause {
            match cause { $(LogoutCause::$cause => wire::EndCause::$cause),* }
        }
    };
}

causes!(
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
);

//! From the core's state to what is on screen. Pure.
//!
//! Times are told from one instant (`from`) while what is told is decided at another (`now`). Told from
//! the instant at which the last view was emitted, an unchanged screen is an equal one, however long it stands:
//! that is how the loop knows that there is nothing to emit.

use std::time::Duration;

use agent_core::{
    command::{EndCause, FailClosedCause},
    event::{ContactFault, FactorWanted as CoreWanted, NotEnrolled, Refusal, TapOut},
    ids::User,
    instant::Instant,
    my_sessions::{MySessions, SessionElsewhere as CoreElsewhere},
    session::{BadgeLine as CoreLine, InUse, StripLine as CoreStripLine},
    state::{
        ActiveScreen, Challenge, Concealed, ConcealedNotice as CoreConcealedNotice, ConcealedStage,
        Presented, Request, RequestPhase, ResumeQuestion, SignInBadge, SignedOutNotice as CoreNotice,
        SigningIn, Stage, State,
    },
};

use super::{
    AppsProgress, AskingStep, BadgeLine, ConcealedNotice, Contact, ContactFaultView, EndCauseView,
    FactorWanted, FailClosedCode, MySessionsView, NextTap, ReaderView, ResumeTap, ScreenView,
    SessionElsewhere, SignedOutNotice, StripLine,
};

/// A concealed session counts down in this.
const LAST_MINUTE: Duration = Duration::from_secs(60);
/// The strip tells the time left from here on.
const SIGNS_OUT_SHOWN: Duration = Duration::from_secs(2 * 60);
/// "Renew" is offered so long before a tap alone is not enough any more.
const RENEWAL_OFFERED: Duration = Duration::from_secs(30 * 60);

/// What is known besides the core's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Around {
    /// Whether the server answers.
    pub contact: Contact,
    /// Whether a badge can be presented.
    pub reader: ReaderView,
}

impl Default for Around {
    fn default() -> Self {
        Self { contact: Contact::Unknown, reader: ReaderView::None }
    }
}

/// What is on screen at `now`, its times told from `from`.
#[must_use]
pub fn screen(state: &State, around: Around, now: Instant, from: Instant) -> ScreenView {
    let contact = around.contact;
    match state {
        State::Starting(_) => ScreenView::Starting,
        State::SignedOut(signed_out) => ScreenView::SignedOut {
            notice: signed_out.notice.map(|told| notice(told, from)),
            enrolment_offered_ms: signed_out.offered.as_ref().map(|offer| ms(offer.until.since(from))),
        },
        State::SigningIn(signing_in) => signing_in_screen(signing_in, contact, from),
        State::Concealed(concealed) => concealed_screen(concealed, around, now, from),
        State::Active(active) => match active.screen {
            ActiveScreen::Uncovered => strip(&active.in_use, around.reader, now, from),
            // The screen covered by itself and has been asked for again: what is drawn is on the cover.
            ActiveScreen::Recovering { .. } => {
                ScreenView::Opening { display_name: active.in_use.session.user.display_name.clone() }
            }
        },
        State::InactivityWarning(warning) => ScreenView::InactivityWarning {
            display_name: warning.in_use.session.user.display_name.clone(),
            role: role(&warning.in_use),
            signs_out_in_ms: ms(warning.in_use.over_at().since(from)),
            inactive_for_ms: ms(from.since(warning.in_use.last_input)),
            tap: match around.reader {
                ReaderView::None | ReaderView::Faulty => NextTap::None,
                ReaderView::Ready | ReaderView::SomeFaulty => NextTap::Stays,
            },
            line: told(&warning.in_use, now),
        },
        State::SigningOut(signing_out) => ScreenView::SigningOut {
            display_name: signing_out.ending.user.display_name.clone(),
            cause: end_cause(signing_out.ending.cause),
            apps: signing_out.apps.map(|progress| AppsProgress { closed: progress.gone, of: progress.of }),
        },
        State::FailClosed(fail_closed) if fail_closed.cause == FailClosedCause::NotEnrolled => {
            ScreenView::NotEnrolled
        }
        State::FailClosed(fail_closed) => ScreenView::FailClosed {
            code: code(fail_closed.cause),
            since_ms: ms(from.since(fail_closed.since)),
            retry_in_ms: ms(fail_closed.retry_at.since(from)),
        },
    }
}

/// When [`screen`] will change by the passing of time alone, where the core has no deadline of its own.
#[must_use]
pub fn next_change(state: &State, now: Instant) -> Option<Instant> {
    let changes = match state {
        State::Active(active) => vec![
            Some(signs_out_shown_at(&active.in_use)),
            Some(active.in_use.session.absolute_warning_at),
            active.in_use.session.told.map(|told| told.until),
            renewal_offered_at(&active.in_use),
        ],
        State::InactivityWarning(warning) => vec![warning.in_use.session.told.map(|told| told.until)],
        State::Concealed(concealed) => {
            vec![Some(last_minute_at(&concealed.in_use)), concealed.in_use.session.grace_until]
        }
        State::Starting(_)
        | State::SignedOut(_)
        | State::SigningIn(_)
        | State::SigningOut(_)
        | State::FailClosed(_) => Vec::new(),
    };
    changes.into_iter().flatten().filter(|at| *at > now).min()
}

/// Her session is kept, or somebody is asked who he is.
fn concealed_screen(concealed: &Concealed, around: Around, now: Instant, from: Instant) -> ScreenView {
    let contact = around.contact;
    let user = &concealed.in_use.session.user;
    match &concealed.stage {
        ConcealedStage::AtRest => ScreenView::Concealed {
            display_name: user.display_name.clone(),
            role: role(&concealed.in_use),
            notice: concealed.notice.map(|told| concealed_notice(told, from)),
            signs_out_in_ms: concealed
                .signs_out_at
                .or_else(|| (now >= last_minute_at(&concealed.in_use)).then(|| concealed.in_use.over_at()))
                .map(|at| ms(at.since(from))),
            enrolment_offered_ms: concealed.offered.as_ref().map(|offer| ms(offer.until.since(from))),
            tap: match around.reader {
                ReaderView::None | ReaderView::Faulty => ResumeTap::None,
                ReaderView::Ready | ReaderView::SomeFaulty if concealed.in_use.session.is_tap_enough(now) => {
                    ResumeTap::Resumes
                }
                ReaderView::Ready | ReaderView::SomeFaulty => ResumeTap::AsksMore,
            },
            is_renewing: concealed.renews_grace,
        },
        ConcealedStage::Asking { request, question, .. } => {
            let step = match **question {
                ResumeQuestion::Factor(_) => AskingStep::Resume,
                ResumeQuestion::Answer { .. } => AskingStep::SecondFactor,
            };
            asking(step, request, contact)
        }
        ConcealedStage::AwaitingFactor { challenge, is_refused, .. } => {
            second_factor(challenge, *is_refused, Some(user), false, from)
        }
        ConcealedStage::Recording { .. } | ConcealedStage::Uncovering { .. } => {
            ScreenView::Opening { display_name: user.display_name.clone() }
        }
        ConcealedStage::TakenOver { signing_in, .. } => signing_in_screen(signing_in, contact, from),
    }
}

/// The last minute before a concealed session ends is counted down, or the last half of a shorter limit.
fn last_minute_at(in_use: &InUse) -> Instant {
    let over_at = in_use.over_at();
    let shown = LAST_MINUTE.min(in_use.session.inactivity / 2);
    Instant::from_boot(over_at.since_boot().saturating_sub(shown))
}

fn concealed_notice(told: CoreConcealedNotice, from: Instant) -> ConcealedNotice {
    match told {
        CoreConcealedNotice::Inactivity => ConcealedNotice::Inactivity,
        CoreConcealedNotice::Elsewhere => ConcealedNotice::Elsewhere,
        CoreConcealedNotice::Failed(CoreNotice::Badge(line)) => {
            ConcealedNotice::Badge { line: badge_line(line) }
        }
        CoreConcealedNotice::Failed(told) => ConcealedNotice::Refused { notice: notice(told, from) },
    }
}

fn signing_in_screen(signing_in: &SigningIn, contact: Contact, from: Instant) -> ScreenView {
    match &signing_in.stage {
        Stage::AskingFirstFactor { request, presented: Presented::Password { .. } } => {
            let is_loss = signing_in.is_loss();
            let step = if is_loss { AskingStep::Loss } else { AskingStep::FirstFactor };
            asking(step, request, contact)
        }
        Stage::AskingFirstFactor { request, presented: Presented::Badge(_) } => {
            asking(AskingStep::Badge, request, contact)
        }
        Stage::AskingSecondFactor { request, .. } => asking(AskingStep::SecondFactor, request, contact),
        Stage::AwaitingCode { challenge, is_refused } => {
            let named = match &signing_in.badge {
                Some(SignInBadge::Names { user, .. }) => user.as_ref(),
                Some(SignInBadge::ToEnrol(_) | SignInBadge::Lost) | None => None,
            };
            second_factor(challenge, *is_refused, named, signing_in.is_loss(), from)
        }
        Stage::Securing { session, .. } | Stage::Uncovering { session, .. } => {
            ScreenView::Opening { display_name: session.user.display_name.clone() }
        }
    }
}

fn asking(step: AskingStep, request: &Request, contact: Contact) -> ScreenView {
    match request.phase {
        // The first time round nothing has gone wrong yet.
        RequestPhase::Waiting { asked_at, is_slow } if asked_at == request.first_asked_at => {
            ScreenView::Asking { step, is_slow, fault: None }
        }
        // Asked again: the words of the fault stay, or they would come and go with each try.
        RequestPhase::Waiting { .. } => ScreenView::Asking { step, is_slow: true, fault: fault_of(contact) },
        RequestPhase::Resting { fault, .. } => {
            ScreenView::Asking { step, is_slow: true, fault: Some(contact_fault(fault)) }
        }
    }
}

fn second_factor(
    challenge: &Challenge,
    is_refused: bool,
    named: Option<&User>,
    is_loss: bool,
    from: Instant,
) -> ScreenView {
    ScreenView::SecondFactor {
        is_loss,
        wants: match challenge.wants {
            CoreWanted::Totp => FactorWanted::Totp,
            CoreWanted::Password => FactorWanted::Password,
            CoreWanted::Pin => FactorWanted::Pin,
        },
        display_name: named.map(|user| user.display_name.clone()),
        expires_in_ms: ms(challenge.expires_at.since(from)),
        tries_left: challenge.tries_left,
        is_refused,
    }
}

fn strip(in_use: &InUse, reader: ReaderView, now: Instant, from: Instant) -> ScreenView {
    let told_from = |shown_at: Instant, at: Instant| (now >= shown_at).then(|| ms(at.since(from)));
    ScreenView::Active {
        display_name: in_use.session.user.display_name.clone(),
        role: role(in_use),
        signs_out_in_ms: told_from(signs_out_shown_at(in_use), in_use.logoff_at()),
        absolute_limit_in_ms: told_from(in_use.session.absolute_warning_at, in_use.session.absolute_end),
        tap: match (reader, in_use.session.tap_out) {
            (ReaderView::None | ReaderView::Faulty, _) => NextTap::None,
            (ReaderView::Ready | ReaderView::SomeFaulty, TapOut::Cover) => NextTap::Covers,
            (ReaderView::Ready | ReaderView::SomeFaulty, TapOut::SignOut) => NextTap::SignsOut,
        },
        line: told(in_use, now),
        offers_renewal: reader != ReaderView::None && renewal_offered_at(in_use).is_some_and(|at| now >= at),
        my_sessions: in_use.my_sessions.as_ref().map(my_sessions),
    }
}

fn told(in_use: &InUse, now: Instant) -> Option<StripLine> {
    let told = in_use.session.told.filter(|told| now < told.until)?;
    Some(match told.line {
        CoreStripLine::Badge(line) => StripLine::Badge { line: badge_line(line) },
        CoreStripLine::AppsStandStill => StripLine::AppsStandStill,
    })
}

/// From then on she may renew what a tap alone may do; also once that is over.
fn renewal_offered_at(in_use: &InUse) -> Option<Instant> {
    let until = in_use.session.grace_until?;
    Some(Instant::from_boot(until.since_boot().saturating_sub(RENEWAL_OFFERED)))
}

fn my_sessions(shown: &MySessions) -> MySessionsView {
    match shown {
        MySessions::Asked { asked: _ } => MySessionsView::Asking,
        MySessions::Unanswered => MySessionsView::Unanswered,
        MySessions::Told { elsewhere, ending } => MySessionsView::Told {
            elsewhere: elsewhere.iter().map(session_elsewhere).collect(),
            is_ending: ending.is_some(),
        },
    }
}

fn session_elsewhere(row: &CoreElsewhere) -> SessionElsewhere {
    SessionElsewhere {
        session: row.session.0,
        workstation: row.workstation.clone(),
        unit: row.unit.clone(),
        opened_ago_ms: ms(row.opened_ago),
        is_covered: row.is_covered,
    }
}

const fn badge_line(line: CoreLine) -> BadgeLine {
    match line {
        CoreLine::Unknown => BadgeLine::Unknown,
        CoreLine::Unlisted => BadgeLine::Unlisted,
        CoreLine::Wait => BadgeLine::Wait,
        CoreLine::Refused => BadgeLine::Refused,
        CoreLine::Unusable => BadgeLine::Unusable,
        CoreLine::NotRead => BadgeLine::NotRead,
        CoreLine::TwoAtOnce => BadgeLine::TwoAtOnce,
        CoreLine::ServerAway => BadgeLine::ServerAway,
        CoreLine::TapAgainToEnrol => BadgeLine::TapAgainToEnrol,
        CoreLine::Enrolled => BadgeLine::Enrolled,
        CoreLine::NotEnrolled(NotEnrolled::Taken) => BadgeLine::Taken,
        CoreLine::NotEnrolled(NotEnrolled::TooMany) => BadgeLine::TooMany,
        CoreLine::NotEnrolled(NotEnrolled::Refused) => BadgeLine::NotEnrolled,
        CoreLine::NotEnrolled(NotEnrolled::Unanswered) => BadgeLine::ServerAway,
    }
}

/// Two minutes before automatic logoff, or at half of a shorter limit: a strip that always counted down
/// would be looked at by nobody.
fn signs_out_shown_at(in_use: &InUse) -> Instant {
    let shown = SIGNS_OUT_SHOWN.min(in_use.session.inactivity / 2);
    in_use.last_input + in_use.session.inactivity.saturating_sub(shown)
}

fn role(in_use: &InUse) -> String {
    in_use.session.user.role.clone().unwrap_or_default()
}

fn notice(told: CoreNotice, from: Instant) -> SignedOutNotice {
    match told {
        CoreNotice::Refused(refusal) => refused(refusal),
        CoreNotice::LockedOut { until } => {
            SignedOutNotice::LockedOut { retry_after_ms: ms(until.since(from)) }
        }
        CoreNotice::Unanswered(fault) => {
            SignedOutNotice::Unanswered { fault: contact_fault(fault), is_retrying: false }
        }
        CoreNotice::NotPossibleNow(cause) => SignedOutNotice::NotPossibleNow { code: code(cause) },
        CoreNotice::SessionEnded(cause) => SignedOutNotice::SessionEnded { cause: end_cause(cause) },
        CoreNotice::Badge(line) => SignedOutNotice::Badge { line: badge_line(line) },
        CoreNotice::BadgesRevoked(count) => SignedOutNotice::BadgesRevoked { count },
    }
}

fn refused(refusal: Refusal) -> SignedOutNotice {
    match refusal {
        Refusal::NameOrPassword => SignedOutNotice::Refused,
        // On the signed-out screen there is no challenge left to give another code to.
        Refusal::Code { .. } => SignedOutNotice::ChallengeOver,
        Refusal::ChallengeOver => SignedOutNotice::ChallengeOver,
        Refusal::LockedOut { retry_after } => SignedOutNotice::LockedOut { retry_after_ms: ms(retry_after) },
        Refusal::Disabled => SignedOutNotice::Disabled,
        Refusal::Busy => SignedOutNotice::Busy,
        Refusal::Malformed => SignedOutNotice::Malformed,
        Refusal::BadgeUnknown => SignedOutNotice::Badge { line: BadgeLine::Unknown },
        Refusal::BadgeUnlisted => SignedOutNotice::Badge { line: BadgeLine::Unlisted },
        Refusal::BadgeWait => SignedOutNotice::Badge { line: BadgeLine::Wait },
        Refusal::BadgeRefused | Refusal::BadgeOfAnother => {
            SignedOutNotice::Badge { line: BadgeLine::Refused }
        }
        Refusal::BadgeUnusable => SignedOutNotice::Badge { line: BadgeLine::Unusable },
    }
}

const fn contact_fault(fault: ContactFault) -> ContactFaultView {
    match fault {
        ContactFault::Unreachable => ContactFaultView::Unreachable,
        ContactFault::Slow => ContactFaultView::Slow,
        ContactFault::NotOurServer => ContactFaultView::NotOurServer,
        ContactFault::ClockWrong => ContactFaultView::ClockWrong,
        ContactFault::Unavailable => ContactFaultView::Unavailable,
    }
}

const fn fault_of(contact: Contact) -> Option<ContactFaultView> {
    match contact {
        Contact::Unknown => None,
        Contact::Online => None,
        Contact::Away => Some(ContactFaultView::Unreachable),
        Contact::NotOurServer => Some(ContactFaultView::NotOurServer),
        Contact::ClockWrong => Some(ContactFaultView::ClockWrong),
    }
}

pub(crate) const fn code(cause: FailClosedCause) -> FailClosedCode {
    match cause {
        FailClosedCause::NotEnrolled => FailClosedCode::NotEnrolled,
        FailClosedCause::WorkstationUnknown => FailClosedCode::WorkstationUnknown,
        FailClosedCause::WorkstationRevoked => FailClosedCode::WorkstationRevoked,
        FailClosedCause::WorkstationCloned => FailClosedCode::WorkstationCloned,
        FailClosedCause::KeychainUnavailable => FailClosedCode::KeychainUnavailable,
        FailClosedCause::SpoolUnavailable => FailClosedCode::SpoolUnavailable,
        FailClosedCause::SpoolFull => FailClosedCode::SpoolFull,
        FailClosedCause::CoverUnconfirmed => FailClosedCode::CoverUnconfirmed,
        FailClosedCause::InactivityUnknown => FailClosedCode::InactivityUnknown,
        FailClosedCause::AppsLeft => FailClosedCode::AppsLeft,
        FailClosedCause::ConfigInvalid => FailClosedCode::ConfigInvalid,
    }
}

const fn end_cause(cause: EndCause) -> EndCauseView {
    match cause {
        EndCause::UserButton => EndCauseView::UserButton,
        EndCause::UserTap => EndCauseView::UserTap,
        EndCause::Inactivity => EndCauseView::Inactivity,
        EndCause::AbsoluteLimit => EndCauseView::AbsoluteLimit,
        EndCause::TapOver => EndCauseView::TapOver,
        EndCause::Moved => EndCauseView::Moved,
        EndCause::UserElsewhere => EndCauseView::UserElsewhere,
        EndCause::Admin => EndCauseView::Admin,
        EndCause::Disabled => EndCauseView::Disabled,
        EndCause::CredentialChanged => EndCauseView::CredentialChanged,
        EndCause::Policy => EndCauseView::Policy,
        EndCause::Suspend => EndCauseView::Suspend,
        EndCause::Shutdown => EndCauseView::Shutdown,
        EndCause::CrashRecovered => EndCauseView::CrashRecovered,
        EndCause::ContactLost => EndCauseView::ContactLost,
        EndCause::WorkstationRevoked => EndCauseView::WorkstationRevoked,
        EndCause::FailClosed => EndCauseView::FailClosed,
        EndCause::Update => EndCauseView::Update,
        EndCause::OfflineExpired => EndCauseView::OfflineExpired,
    }
}

fn ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;

//! What the examples at the foot of each state share: one nurse, one session, and one way to ask what
//! follows from an event.

use std::time::Duration;

use expect_test::Expect;
use uuid::Uuid;

use crate::{
    apps::{AppsDebt, AppsUnderCover, RunReason},
    badge::{Badge, BadgeGrade, BadgeMark},
    command::{Command, EndCause, OwedRecord},
    ending::Ending,
    event::{Event, FactorWanted, Limits, TapOut},
    ids::{AttemptId, ChallengeId, SessionId, User, UserId},
    instant::Instant,
    secret::Secret,
    session::{InUse, Session},
    state::{
        Active, ActiveScreen, AfterSignOut, Challenge, Concealed, ConcealedStage, FailClosed,
        InactivityWarning, Machine, SignInBadge, SigningIn, SigningOut, Stage, State,
    },
    step::{Step, step},
};

/// Of the attempt at hand.
pub(super) const ATTEMPT: AttemptId = AttemptId(Uuid::from_u128(1));
/// Of an attempt that was cancelled.
pub(super) const OLD_ATTEMPT: AttemptId = AttemptId(Uuid::from_u128(2));
pub(super) const CHALLENGE: ChallengeId = ChallengeId(Uuid::from_u128(3));
/// The badge of the nurse at hand.
pub(super) const HERS: u8 = 1;
/// A colleague's.
pub(super) const HIS: u8 = 2;
/// Nobody's.
pub(super) const UNKNOWN: u8 = 3;
/// Of the session at hand.
pub(super) const SESSION: SessionId = SessionId(Uuid::from_u128(7));
/// Of another one.
pub(super) const OTHER: SessionId = SessionId(Uuid::from_u128(8));

/// Checks what follows from `event`, `at_ms` after the sign-in at 0.
#[track_caller]
pub(super) fn check(state: impl Into<State>, event: Event, at_ms: u64, expected: Expect) {
    let now = at(at_ms);
    expected.assert_eq(&render(&step(state.into(), event, now), now));
}

/// Checks that `event` changes nothing and asks for nothing.
#[track_caller]
pub(super) fn check_ignored(state: impl Into<State>, event: Event, at_ms: u64) {
    let state = state.into();
    let Step { state: after, commands } = step(state.clone(), event, at(at_ms));
    assert_eq!(after, state);
    assert_eq!(commands, []);
}

pub(super) const fn at(ms: u64) -> Instant {
    Instant::from_boot(Duration::from_millis(ms))
}

/// 15 minutes, warned 1 minute before; 12 hours; a report a minute.
pub(super) const fn limits() -> Limits {
    Limits {
        inactivity: Duration::from_secs(15 * 60),
        warning: Duration::from_secs(60),
        absolute_remaining: Duration::from_secs(12 * 60 * 60),
        heartbeat: Duration::from_secs(60),
        conceal_after: None,
        tap_out: TapOut::Cover,
    }
}

pub(super) fn maria() -> User {
    User { id: UserId(Uuid::from_u128(9)), display_name: "Maria O.".to_owned(), role: Some("RN".to_owned()) }
}

pub(super) fn secret() -> Secret {
    Secret::new("correct horse".to_owned())
}

pub(super) fn badge(which: u8) -> Badge {
    Badge {
        mark: BadgeMark([which; 16]),
        number: Secret::new(format!("uid:04a1b2c3d4e5{which:02x}")),
        grade: BadgeGrade::Uid,
    }
}

/// The server asks for this, of nobody whom it names.
pub(super) fn wants(wants: FactorWanted) -> Event {
    Event::ChallengeIssued {
        attempt: ATTEMPT,
        challenge: CHALLENGE,
        wants,
        user: None,
        expires_in: Duration::from_secs(120),
        tries_left: 5,
    }
}

/// Opened at 0.
pub(super) fn session() -> Session {
    Session::new(SESSION, maria(), limits(), at(0))
}

pub(super) fn in_use() -> InUse {
    InUse::new(session())
}

pub(super) fn active() -> Active {
    Active::resume(in_use())
}

/// The warning that begins at 14 minutes.
pub(super) fn warning() -> InactivityWarning {
    let heartbeat_at = at(15 * 60_000);
    InactivityWarning {
        in_use: InUse { heartbeat_at, ..in_use() },
        since: at(14 * 60_000),
        last_look_at: None,
    }
}

/// None of her apps was started.
pub(super) fn signing_out() -> SigningOut {
    SigningOut::of(Ending::before_apps(session(), EndCause::UserButton, at(0)), at(0))
}

pub(super) const fn challenge() -> Challenge {
    Challenge { id: CHALLENGE, wants: FactorWanted::Totp, expires_at: at(120_000), tries_left: 5 }
}

pub(super) fn securing() -> SigningIn {
    SigningIn {
        stage: Stage::Securing {
            session: session(),
            since: at(0),
            is_login_stored: false,
            is_credential_stored: false,
        },
        badge: None,
        left: Vec::new(),
    }
}

pub(super) fn session_opened(attempt: AttemptId, session: SessionId) -> Event {
    Event::SessionOpened { attempt, session, user: maria(), credential: secret(), limits: limits() }
}

fn render(step: &Step, now: Instant) -> String {
    let mut lines = vec![format!("→ {}", state_text(&step.state))];
    lines.extend(step.commands.iter().map(|command| command_text(command, now)));
    lines.join("\n").replace("00000000-0000-0000-0000-00000000000", "")
}

fn state_text(state: &State) -> String {
    match state {
        State::Starting(starting) => {
            format!("Starting, covered: {}, started up: {}", starting.is_covered, starting.is_started_up)
        }
        State::SignedOut(signed_out) => {
            let offered = if signed_out.offered.is_some() { ", offering a badge" } else { "" };
            match signed_out.notice {
                Some(notice) => format!("SignedOut{offered}, telling {notice:?}"),
                None => format!("SignedOut{offered}"),
            }
        }
        State::SigningIn(signing_in) => signing_in_text(signing_in),
        State::Active(active) => {
            let screen = match active.screen {
                ActiveScreen::Uncovered => "",
                ActiveScreen::Recovering { .. } => ", recovering its screen",
            };
            let measuring = active.measuring_since.map_or("", |_| ", measuring");
            format!("Active{screen}{measuring}, {}", in_use_text(&active.in_use))
        }
        State::InactivityWarning(warning) => {
            let look = warning.last_look_at.map_or("", |_| ", last look");
            format!("InactivityWarning{look}, {}", in_use_text(&warning.in_use))
        }
        State::Concealed(concealed) => concealed_text(concealed),
        State::SigningOut(signing_out) => {
            let next = match &signing_out.next {
                AfterSignOut::SignIn(opened) => format!("SignIn({})", opened.session.id),
                next @ (AfterSignOut::SignedOut(_) | AfterSignOut::FailClosed(_)) => format!("{next:?}"),
            };
            let tapped = if signing_out.tapped.is_some() { ", tapped" } else { "" };
            let cover = if signing_out.owes_cover { " cover" } else { "" };
            format!("SigningOut, owes{cover}{}, next {next}{tapped}", ending_text(&signing_out.ending),)
        }
        State::FailClosed(fail_closed) => fail_closed_text(fail_closed),
    }
}

fn signing_in_text(signing_in: &SigningIn) -> String {
    let badge = match &signing_in.badge {
        None => String::new(),
        Some(SignInBadge::Names { user: None, .. }) => ", by badge".to_owned(),
        Some(SignInBadge::Names { user: Some(user), .. }) => format!(", by badge of {}", user.display_name),
        Some(SignInBadge::ToEnrol(_)) => ", to enrol a badge".to_owned(),
        Some(SignInBadge::Lost) => ", to report a loss".to_owned(),
    };
    format!("SigningIn{badge}, {}", stage_text(&signing_in.stage))
}

fn concealed_text(concealed: &Concealed) -> String {
    let stage = match &concealed.stage {
        ConcealedStage::AtRest => "at rest".to_owned(),
        ConcealedStage::Asking { request, .. } => format!("asking, {:?}", request.phase),
        ConcealedStage::AwaitingFactor { challenge, is_refused, .. } => {
            format!("wants {:?}, {} tries left, refused: {is_refused}", challenge.wants, challenge.tries_left)
        }
        ConcealedStage::Recording { .. } => "recording".to_owned(),
        ConcealedStage::Uncovering { .. } => "uncovering".to_owned(),
        ConcealedStage::TakenOver { signing_in, .. } => {
            format!("taken over: {}", signing_in_text(signing_in))
        }
    };
    let covering = if concealed.covering_since.is_some() { ", covering" } else { "" };
    let offered = if concealed.offered.is_some() { ", offering a badge" } else { "" };
    let told = concealed.notice.map_or(String::new(), |notice| format!(", telling {notice:?}"));
    let renews = if concealed.renews_grace { ", renewing" } else { "" };
    let apps = match concealed.apps {
        AppsUnderCover::Running => "",
        AppsUnderCover::Frozen { .. } => ", apps frozen",
    };
    let machine = match concealed.machine {
        Machine::Awake => "",
        Machine::Waits => ", awaited by sleep",
        Machine::LetGo => ", asleep",
    };
    let ends =
        concealed.signs_out_at.map_or(String::new(), |at| format!(", signs out at {:?}", at.since_boot()));
    format!(
        "Concealed({:?}){covering}{machine}{apps}, {stage}{offered}{told}{ends}{renews}, {}",
        concealed.cause,
        in_use_text(&concealed.in_use)
    )
}

fn stage_text(stage: &Stage) -> String {
    match stage {
        Stage::AskingFirstFactor { request, .. } => format!("first factor, {:?}", request.phase),
        Stage::AwaitingCode { challenge, is_refused } => {
            format!("awaiting code, {} tries left, refused: {is_refused}", challenge.tries_left)
        }
        Stage::AskingSecondFactor { request, .. } => format!("second factor, {:?}", request.phase),
        Stage::Securing { is_login_stored, is_credential_stored, .. } => {
            format!("securing, login: {is_login_stored}, credential: {is_credential_stored}")
        }
        Stage::Uncovering { .. } => "uncovering".to_owned(),
    }
}

fn in_use_text(in_use: &InUse) -> String {
    let lapsed = if in_use.is_lapsed { ", lapsed" } else { "" };
    let away = in_use.server_away.map_or(String::new(), |fault| format!(", server {fault:?}"));
    let unknown = if in_use.is_input_unknown { " (unknown since)" } else { "" };
    let last_input = in_use.last_input.since_boot();
    let asked = if in_use.identifying.is_some() { ", asking whose badge" } else { "" };
    let mine = in_use.my_sessions.as_ref().map_or(String::new(), |shown| format!(", my sessions {shown:?}"));
    let told = in_use.session.told.map_or(String::new(), |told| format!(", telling {:?}", told.line));
    format!(
        "last input {last_input:?}{unknown}, report at {:?}{lapsed}{away}{asked}{told}{mine}",
        in_use.heartbeat_at.since_boot()
    )
}

fn ending_text(ending: &Ending) -> String {
    let debts = [
        (ending.owes_login, " login"),
        (ending.owes_logout, " logout"),
        (ending.owes_deletion, " deletion"),
        (ending.owes_telling, " telling"),
        (ending.apps == AppsDebt::Owed, " apps"),
        (matches!(ending.apps, AppsDebt::Asked { at: _ }), " apps that are being closed"),
    ];
    debts.into_iter().filter(|(owed, _)| *owed).map(|(_, debt)| debt).collect()
}

fn fail_closed_text(fail_closed: &FailClosed) -> String {
    let cover = if fail_closed.owes_cover { " cover" } else { "" };
    let ending = fail_closed.ending.as_ref().map_or(String::new(), ending_text);
    let retry_at = fail_closed.retry_at.since_boot();
    let FailClosed { cause, start_up, records, .. } = fail_closed;
    let record = if records.is_paid() { "recorded".to_owned() } else { format!("{records:?}") };
    format!(
        "FailClosed({cause:?}), owes{cover}{ending}, start-up {start_up:?}, {record}, retry at {retry_at:?}"
    )
}

fn append_text(owed: &OwedRecord, at: Instant, now: Instant) -> String {
    let what = match owed {
        OwedRecord::Login { session, .. } => format!("Login of {session}"),
        OwedRecord::Logout { session, cause, .. } => format!("Logout of {session}, {cause:?}"),
        OwedRecord::Concealed { session, cause, .. } => format!("Concealed, {session}, {cause:?}"),
        OwedRecord::Resumed { session, method, .. } => format!("Resumed, {session}, {method:?}"),
        OwedRecord::App { session, app, outcome, .. } => format!("App {} of {session}, {outcome:?}", app.0),
        OwedRecord::FailedClosed(_) | OwedRecord::ClockJumped => format!("{owed:?}"),
    };
    let when = if at == now { String::new() } else { format!(" at {:?}", at.since_boot()) };
    format!("AppendAudit({what}{when})")
}

fn command_text(command: &Command, now: Instant) -> String {
    match command {
        Command::AppendAudit { owed, at } => append_text(owed, *at, now),
        Command::StartUp
        | Command::CoverScreen
        | Command::UncoverScreen { .. }
        | Command::OpenSession { .. }
        | Command::OpenSessionByBadge { .. }
        | Command::AnswerChallenge { .. }
        | Command::IdentifyBadge { .. }
        | Command::EnrolBadge { .. }
        | Command::ReportBadgesLost { .. }
        | Command::ListMySessions { .. }
        | Command::EndElsewhere { .. }
        | Command::TellConcealed { .. }
        | Command::ResumeSession { .. }
        | Command::StoreCredential { .. }
        | Command::DeleteCredential { .. }
        | Command::MeasureInactivity
        | Command::WatchForInput
        | Command::UnwatchInput
        | Command::ReportActivity { .. }
        | Command::AdoptSession { .. }
        | Command::EndSession { .. }
        | Command::RunApps { .. }
        | Command::SaveApps { .. }
        | Command::FreezeApps { .. }
        | Command::CloseApps { .. }
        | Command::Notify(_)
        | Command::WithdrawNotice
        | Command::AllowSleep => format!("{command:?}"),
    }
}

/// Covered first; then her apps, which were frozen while she typed her password, go on and are told to save.
pub(crate) fn assert_covered_with_its_apps_running(commands: &[Command]) {
    let run = Command::RunApps { session: SESSION, why: RunReason::LeftAlone };
    let run = commands.iter().position(|command| *command == run);
    let save = commands.iter().position(|command| matches!(command, Command::SaveApps { .. }));

    assert_eq!(commands.first(), Some(&Command::CoverScreen));
    assert!(run.is_some() && run < save, "{commands:?}");
}

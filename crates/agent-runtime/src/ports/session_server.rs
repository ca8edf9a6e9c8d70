//! The session server, as the agent needs it.

use std::time::Duration;

use agent_core::{
    badge::Badge,
    command::{Answer, ConcealCause, EndCause, ResumeFactor},
    ids::{AttemptId, ChallengeId, SessionId},
    my_sessions::Elsewhere,
    secret::Secret,
};

/// Every call returns at once and is answered by one event within its time limit: 2 s to connect, 5 s
/// in all. The adapter holds the credential of the session at hand (handed over with
/// [`SessionServer::hold_credential`]) and the event stream, and tells `SessionEndedByServer`,
/// `WorkstationRefused`, `ServerReached` and `ServerAway` unasked, the last two only when they change.
pub trait SessionServer: Send + 'static {
    /// → `ChallengeIssued`, `SessionOpened`, `SignInRefused`, `SignInUnanswered`.
    fn open_session(&self, attempt: AttemptId, name: String, password: Secret);

    /// → the same. `SessionOpened` is followed by `GraceTold`.
    fn open_session_by_badge(&self, attempt: AttemptId, badge: Badge);

    /// Opens no session. → `ChallengeIssued`, `BadgesRevoked`, `SignInRefused`, `SignInUnanswered`.
    fn report_badges_lost(&self, attempt: AttemptId, name: String, password: Secret);

    /// → `SessionOpened`, `SessionResumed`, `BadgesRevoked`, `ChallengeIssued`, `SignInRefused`,
    /// `SignInUnanswered`.
    fn answer_challenge(&self, attempt: AttemptId, challenge: ChallengeId, answer: Answer);

    /// The credential for the calls below, as far as they are of this session.
    fn hold_credential(&self, session: SessionId, credential: Secret);

    /// Wipes it; idempotent.
    fn forget_credential(&self);

    /// → `ActivityAccepted`, `SessionLapsed`, `SessionEndedByServer`, `ServerAway`.
    fn report_activity(&self, session: SessionId, idle: Duration);

    /// → `SessionAdopted`, `SessionEndedByServer`, `ServerAway`.
    fn adopt_session(&self, session: SessionId, idle: Duration, idle_longest: Duration);

    /// → `BadgeIdentified`, without an owner where there is no usable answer.
    fn identify_badge(&self, attempt: AttemptId, session: SessionId, badge: Badge);

    /// → `BadgeEnrolled` and `GraceTold`, or `BadgeNotEnrolled`.
    fn enrol_badge(&self, session: SessionId, badge: Badge);

    /// → `MySessionsTold`.
    fn list_my_sessions(&self, attempt: AttemptId, session: SessionId);

    /// → `MySessionsTold`, with what is left; and `GraceTold` where it was everywhere.
    fn end_elsewhere(&self, attempt: AttemptId, session: SessionId, which: Elsewhere);

    /// Tells, once; nothing waits for it and nothing is lost without it.
    fn tell_concealed(&self, session: SessionId, cause: ConcealCause);

    /// → `SessionResumed` and `GraceTold`, `ChallengeIssued`, `SignInRefused`, `SignInUnanswered`; of a session that is
    /// no longer open, as [`SessionServer::report_activity`].
    fn resume_session(
        &self,
        attempt: AttemptId,
        session: SessionId,
        factor: ResumeFactor,
        renews_grace: bool,
    );

    /// Puts the end into the durable outbox, answers `SessionEndTold` once it stands there, and tells the
    /// server as soon as it answers, however long that takes and across restarts.
    fn end_session(&self, session: SessionId, cause: EndCause);
}

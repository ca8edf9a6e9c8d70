//! Everything that must be true before a person may sign in.

use audit::record::WorkstationRef;

/// Makes this workstation fit to sign people in, and says who it is.
///
/// Run at start and again whenever the core leaves `FailClosed`; every step is idempotent.
pub trait StartUp: Send + 'static {
    /// Returns at once; answers once, within 15 s (10 s where no app left anything), by `StartUpFinished` or `StartUpFailed(cause)`:
    ///
    /// 1. enrolment is read (`NotEnrolled`; state that cannot be read is `ConfigInvalid`), and the
    ///    workstation's key is found in the keychain (`KeychainUnavailable`);
    /// 2. a session credential still in the keychain is deleted, never used (`KeychainUnavailable`);
    /// 3. the spool opens and takes records (`SpoolUnavailable`, `SpoolFull`);
    /// 4. each session the spool knows as open gets its logout record with cause `crash-recovered`, on
    ///    disk, and its end goes into the durable outbox;
    /// 5. the server is asked to recover (`POST /v1/workstation/recovery`). A server that does not answer
    ///    delays nothing: the outbox tells it later. A server that refuses the workstation is told by
    ///    `StartUpFailed` with `WorkstationUnknown`, `WorkstationRevoked` or `WorkstationCloned`;
    /// 6. what is left of the apps of a session before is ended and taken away (`AppsLeft`);
    /// 7. the last input can be told (`InactivityUnknown`): a session here could not be limited otherwise.
    ///
    /// While an earlier call is still at work another one starts nothing and is answered by the same event.
    fn start_up(&self);

    /// Who this workstation is. `None` until enrolment was read; never waits.
    fn enrolment(&self) -> Option<Enrolment>;
}

/// What the server called this workstation when it enrolled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrolment {
    /// Stands in every audit record.
    pub workstation: WorkstationRef,
    /// For example `ICU-3`; may be empty.
    pub unit: String,
    /// For example `St. Example Hospital`; may be empty.
    pub organisation: String,
    /// For example `5-1234`; may be empty.
    pub help_line: String,
}

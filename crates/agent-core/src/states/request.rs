//! When a question is slow, asked again, and given up.

use crate::{
    event::ContactFault,
    ids::AttemptId,
    instant::Instant,
    state::{Request, RequestPhase},
    time_limits::{ANSWER_LIMIT, RETRY_AFTER, SLOW_AFTER},
};

/// What a request's deadline asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RequestDue {
    Nothing(Request),
    Ask(Request),
    GiveUp(ContactFault),
}

impl Request {
    pub(super) const fn begin(attempt: AttemptId, give_up_at: Instant, now: Instant) -> Self {
        let phase = RequestPhase::Waiting { asked_at: now, is_slow: false };
        Self { attempt, first_asked_at: now, give_up_at, phase }
    }

    pub(super) fn deadline(&self) -> Instant {
        match self.phase {
            RequestPhase::Waiting { asked_at, is_slow: false } => asked_at + SLOW_AFTER,
            RequestPhase::Waiting { asked_at, is_slow: true } => asked_at + ANSWER_LIMIT,
            RequestPhase::Resting { retry_at, .. } => retry_at.min(self.give_up_at),
        }
    }

    pub(super) fn due(mut self, now: Instant) -> RequestDue {
        match self.phase {
            RequestPhase::Waiting { asked_at, .. } if now >= asked_at + ANSWER_LIMIT => {
                if self.rest(ContactFault::Slow, now) {
                    RequestDue::Nothing(self)
                } else {
                    RequestDue::GiveUp(ContactFault::Slow)
                }
            }
            RequestPhase::Waiting { asked_at, .. } => {
                self.phase = RequestPhase::Waiting { asked_at, is_slow: now >= asked_at + SLOW_AFTER };
                RequestDue::Nothing(self)
            }
            RequestPhase::Resting { fault, .. } if now >= self.give_up_at => RequestDue::GiveUp(fault),
            RequestPhase::Resting { retry_at, .. } if now >= retry_at => {
                self.phase = RequestPhase::Waiting { asked_at: now, is_slow: false };
                RequestDue::Ask(self)
            }
            RequestPhase::Resting { .. } => RequestDue::Nothing(self),
        }
    }

    /// Not answered: to be asked again later. `false` where that is over or would not help.
    pub(super) fn rest(&mut self, fault: ContactFault, now: Instant) -> bool {
        if !is_worth_retrying(fault) || now >= self.give_up_at {
            return false;
        }
        // A second word of the same silence does not postpone the next try.
        if matches!(self.phase, RequestPhase::Waiting { .. }) {
            self.phase = RequestPhase::Resting { fault, retry_at: now + RETRY_AFTER };
        }
        true
    }

    /// It was answered, and is asked once more.
    pub(super) const fn again(self, now: Instant) -> Self {
        Self { phase: RequestPhase::Waiting { asked_at: now, is_slow: false }, ..self }
    }

    /// The server answers again. `true` where this is to be asked at once.
    pub(super) const fn wake(&mut self, now: Instant) -> bool {
        let was_resting = matches!(self.phase, RequestPhase::Resting { .. });
        if was_resting {
            self.phase = RequestPhase::Waiting { asked_at: now, is_slow: false };
        }
        was_resting
    }
}

const fn is_worth_retrying(fault: ContactFault) -> bool {
    match fault {
        ContactFault::Unreachable | ContactFault::Slow | ContactFault::Unavailable => true,
        // Asking again does not mend a clock, and an impostor is not asked twice.
        ContactFault::NotOurServer | ContactFault::ClockWrong => false,
    }
}

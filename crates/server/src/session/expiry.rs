//! What time alone does to a session.
//!
//! A workstation that is well and in contact ends its session itself, at the limit, and says so. When
//! limit and grace have passed without that, the server cannot know what happened there: a key may have
//! been pressed after contact was lost. It therefore never states `inactivity` by itself; the session
//! **lapses**: it opens nothing, and its workstation, back in contact, tells the true cause
//! (`session/lifecycle.rs`). Silence for a day ends it as what it is: `contact-lost`.

use std::time::Duration;

use jiff::Timestamp;
use protocol::v1::session::EndCause;

use super::lifecycle::{Session, State, after};

/// The server stands this long behind the workstation, so that a key pressed at the last moment counts.
pub const GRACE: Duration = Duration::from_secs(5);
/// A lapsed session is given up after this long (`offline.max_age`).
pub const LAPSED_MAX: Duration = Duration::from_secs(24 * 3_600);

/// What time alone does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// The limit passed and the workstation was not heard.
    Lapse,
    /// It is given up.
    End(EndCause),
}

/// What is due at `now`, if anything.
#[must_use]
pub fn due(session: &Session, now: Timestamp) -> Option<Due> {
    let at = deadline(session)?;
    if now < at {
        return None;
    }
    match session.state {
        State::Open => Some(Due::Lapse),
        State::Lapsed { .. } => Some(Due::End(EndCause::ContactLost)),
        State::Ended { .. } => None,
    }
}

/// When something is due next; never for an ended session.
#[must_use]
pub fn deadline(session: &Session) -> Option<Timestamp> {
    match session.state {
        State::Open => Some(after(session.inactive_at().min(session.absolute_until), GRACE)),
        State::Lapsed { since } => Some(after(since, LAPSED_MAX)),
        State::Ended { .. } => None,
    }
}

/// Whether the absolute limit and its grace have passed.
#[must_use]
pub fn is_over_absolute_limit(session: &Session, now: Timestamp) -> bool {
    now >= after(session.absolute_until, GRACE)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::session::lifecycle::SessionLimits;

    fn start() -> Timestamp {
        Timestamp::from_second(1_800_000_000).unwrap()
    }

    fn at(seconds: u64) -> Timestamp {
        after(start(), Duration::from_secs(seconds))
    }

    fn session(absolute: u64) -> Session {
        let limits = SessionLimits {
            inactivity: Duration::from_secs(900),
            warning: Duration::from_secs(60),
            heartbeat: Duration::from_secs(60),
        };
        Session::opened(start(), limits, Duration::from_secs(absolute))
    }

    #[test]
    fn an_unheard_session_lapses_five_seconds_after_the_limit_and_not_before() {
        assert_eq!(due(&session(43_200), at(904)), None);
        assert_eq!(due(&session(43_200), at(905)), Some(Due::Lapse));
    }

    #[test]
    fn the_absolute_limit_comes_first_where_it_is_nearer() {
        assert_eq!(due(&session(600), at(604)), None);
        assert_eq!(due(&session(600), at(605)), Some(Due::Lapse));
    }

    #[test]
    fn a_lapsed_session_is_given_up_after_a_day_as_contact_lost() {
        let lapsed = Session { state: State::Lapsed { since: at(905) }, ..session(43_200) };

        assert_eq!(due(&lapsed, at(905 + 86_399)), None);
        assert_eq!(due(&lapsed, at(905 + 86_400)), Some(Due::End(EndCause::ContactLost)));
    }
}

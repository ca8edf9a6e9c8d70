//! "My sessions": where else a person is signed in, looked at on her uncovered screen.

use std::time::Duration;

use crate::{
    command::Command,
    ids::{AttemptId, SessionId},
    instant::Instant,
    session::InUse,
    time_limits::ANSWER_LIMIT,
};

/// A session of hers at another workstation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionElsewhere {
    /// Which.
    pub session: SessionId,
    /// Name of its workstation, for example `WS-07`.
    pub workstation: String,
    /// Its unit, for example `ICU-3`; may be empty.
    pub unit: String,
    /// So long ago she signed in there.
    pub opened_ago: Duration,
    /// Its screen is covered.
    pub is_covered: bool,
}

/// What she wants of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MySessionsWish {
    /// To see it; where it is shown, to see it no more.
    Show,
    /// To see it no more.
    Close,
    /// "Sign out there", "Sign out everywhere else".
    End(Elsewhere),
}

/// Where she is to be signed out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Elsewhere {
    /// There.
    At(SessionId),
    /// Everywhere but here. Her grace period ends with it.
    Everywhere,
}

/// What stands on her screen of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MySessions {
    /// The server is asked.
    Asked {
        /// The question.
        asked: Asked,
    },
    /// It has said.
    Told {
        /// Where.
        elsewhere: Vec<SessionElsewhere>,
        /// It is asked to sign her out of one or all of these.
        ending: Option<Asked>,
    },
    /// It has not.
    Unanswered,
}

/// A question to the server; its answer is the only one that counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    /// Names it.
    pub attempt: AttemptId,
    /// When it was asked.
    pub since: Instant,
}

impl MySessions {
    const fn asked(&self) -> Option<Asked> {
        match self {
            Self::Asked { asked } | Self::Told { ending: Some(asked), .. } => Some(*asked),
            Self::Told { ending: None, .. } | Self::Unanswered => None,
        }
    }

    fn lists(&self, which: Elsewhere) -> bool {
        match (self, which) {
            (Self::Told { elsewhere, ending: None }, Elsewhere::At(session)) => {
                elsewhere.iter().any(|row| row.session == session)
            }
            (Self::Told { elsewhere, ending: None }, Elsewhere::Everywhere) => !elsewhere.is_empty(),
            // One press at a time; and nobody ends what nobody has seen.
            (Self::Told { ending: Some(_), .. } | Self::Asked { .. } | Self::Unanswered, _) => false,
        }
    }
}

impl InUse {
    /// On her uncovered screen alone.
    pub(crate) fn wants_of_my_sessions(
        &mut self,
        attempt: AttemptId,
        wish: MySessionsWish,
        now: Instant,
    ) -> Option<Command> {
        let session = self.session.id;
        let asked = Asked { attempt, since: now };
        match wish {
            MySessionsWish::Show if self.my_sessions.is_none() => {
                self.my_sessions = Some(MySessions::Asked { asked });
                Some(Command::ListMySessions { attempt, session })
            }
            MySessionsWish::Show | MySessionsWish::Close => {
                self.my_sessions = None;
                None
            }
            MySessionsWish::End(which) => {
                let shown = self.my_sessions.as_mut().filter(|shown| shown.lists(which))?;
                if let MySessions::Told { ending, .. } = shown {
                    *ending = Some(asked);
                }
                Some(Command::EndElsewhere { attempt, session, which })
            }
        }
    }

    /// The server's answer, where it is still waited for.
    pub(crate) fn was_told_my_sessions(
        &mut self,
        attempt: AttemptId,
        elsewhere: Option<Vec<SessionElsewhere>>,
    ) {
        let is_awaited = |shown: &MySessions| shown.asked().is_some_and(|asked| asked.attempt == attempt);
        if let Some(shown) = self.my_sessions.as_mut().filter(|shown| is_awaited(shown)) {
            *shown = match elsewhere {
                Some(elsewhere) => MySessions::Told { elsewhere, ending: None },
                None => MySessions::Unanswered,
            };
        }
    }

    /// The server is taken for silent then.
    pub(crate) fn my_sessions_due_at(&self) -> Option<Instant> {
        self.my_sessions.as_ref().and_then(MySessions::asked).map(|asked| asked.since + ANSWER_LIMIT)
    }

    /// Says that no answer has come.
    pub(crate) fn gives_up_on_my_sessions(&mut self, now: Instant) {
        if self.my_sessions_due_at().is_some_and(|until| now >= until) {
            self.my_sessions = Some(MySessions::Unanswered);
        }
    }
}

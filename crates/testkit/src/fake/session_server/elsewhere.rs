//! Where else people are signed in.

use agent_core::{
    event::Event,
    ids::{AttemptId, SessionId},
    my_sessions::{Elsewhere, SessionElsewhere},
};

use super::{FakeSessionServer, Reach, State, given_up_after};
use crate::fake::lock;

impl FakeSessionServer {
    /// Whoever asks is signed in there too.
    pub fn is_signed_in_elsewhere(&self, elsewhere: Vec<SessionElsewhere>) {
        lock(&self.state).elsewhere = elsewhere;
    }

    pub(super) fn list_mine(&self, attempt: AttemptId, session: SessionId) {
        self.answer_mine("list_my_sessions", (attempt, session), |_| {});
    }

    pub(super) fn end_mine(&self, attempt: AttemptId, session: SessionId, which: Elsewhere) {
        self.answer_mine("end_elsewhere", (attempt, session), |state| match which {
            Elsewhere::At(there) => state.elsewhere.retain(|row| row.session != there),
            Elsewhere::Everywhere => state.elsewhere.clear(),
        });
        if self.answers() && which == Elsewhere::Everywhere {
            lock(&self.state).is_grace_over = true;
            self.line.tell(Event::GraceTold { session, remaining: None });
        }
    }

    fn answer_mine(
        &self,
        call: &'static str,
        (attempt, session): (AttemptId, SessionId),
        act: impl FnOnce(&mut State),
    ) {
        let mut state = lock(&self.state);
        state.asked.push(call);
        let (delay, elsewhere) = match state.reach {
            Reach::Away(fault) => (given_up_after(fault), None),
            Reach::Answers(delay) => {
                act(&mut state);
                (delay, Some(state.elsewhere.clone()))
            }
        };
        self.line.tell_after(delay, Event::MySessionsTold { attempt, session, elsewhere });
    }
}

//! How apps come to stand still and go on again. What was not done is asked for once more, and then told.

use std::time::Duration;

use agent_core::{
    apps::{AppId, AppOutcome, RunReason},
    event::Event,
    ids::SessionId,
};
use launch_contract::Verb;
use tracing::error;

use super::{AtHand, Desk, LinkState, Output};

/// A freeze, or a thaw, is answered within this, or asked for again.
pub(super) const FREEZE_WITHIN: Duration = Duration::from_secs(1);
/// So often, before it is told that it cannot be done.
pub(super) const FREEZE_TRIES: u32 = 2;
/// A thaw that could not be done is asked for anew after this time.
pub(super) const THAW_AGAIN_AFTER: Duration = Duration::from_secs(5);

impl AtHand {
    pub(super) fn is_owed_a_thaw(&self) -> bool {
        !self.is_frozen && self.freeze == Freeze::Failed
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Freeze {
    /// The launcher has done it.
    Done,
    /// It has not said so.
    Asked { request: u64, tries: u32 },
    /// It cannot, or says nothing.
    Failed,
}

impl Desk {
    pub(super) fn freeze(&mut self, session: SessionId, frozen: bool, outputs: &mut Vec<Output>) {
        let Some(at_hand) = self.session.as_mut().filter(|at_hand| at_hand.session == session) else {
            return;
        };
        if self.closing.is_some() {
            return;
        }
        let was_frozen = std::mem::replace(&mut at_hand.is_frozen, frozen);
        if was_frozen != frozen || at_hand.freeze == Freeze::Failed {
            self.ask_freeze(1, outputs);
        }
    }

    /// Asks for what is wanted of the apps at hand.
    pub(super) fn ask_freeze(&mut self, tries: u32, outputs: &mut Vec<Output>) {
        let Some((session, frozen)) =
            self.session.as_ref().map(|at_hand| (at_hand.session.0, at_hand.is_frozen))
        else {
            return;
        };
        outputs.push(Output::Timer(Some(FREEZE_WITHIN)));
        let request = self.say(Verb::Freeze { session, frozen }, outputs);
        if let Some(at_hand) = &mut self.session {
            at_hand.freeze = Freeze::Asked { request, tries };
        }
    }

    /// The request whose answer tells how the apps are, and which try it is.
    pub(super) fn freezing(&self) -> Option<(u64, u32)> {
        match self.session.as_ref()?.freeze {
            Freeze::Asked { request, tries } => Some((request, tries)),
            Freeze::Done | Freeze::Failed => None,
        }
    }

    pub(super) fn is_freezing(&self, request: u64) -> bool {
        self.freezing().is_some_and(|(asked, _)| asked == request)
    }

    pub(super) fn froze(&mut self, outputs: &mut Vec<Output>) {
        if let Some(at_hand) = &mut self.session {
            at_hand.freeze = Freeze::Done;
            // It knows them.
            at_hand.is_started = true;
            outputs.push(Output::Timer(None));
        }
    }

    /// The launcher knows nothing of them: it is another than the one that started them, or has given them up. They begin anew
    /// where she is there, and else when she comes back; by themselves once, so that a launcher that keeps ending is not driven on.
    pub(super) fn lost(&mut self, outputs: &mut Vec<Output>) {
        if self.session.as_ref().is_some_and(|at_hand| !at_hand.is_started) {
            outputs.push(Output::Timer(None));
            self.not_started("launcher-lost", outputs);
            self.session = None;
            return;
        }
        let Some(AtHand { session, running, is_covered, is_anew, .. }) = self.session.take() else { return };
        error!(session.id = %session, "The launcher lost the apps of session {session}");
        outputs.push(Output::Timer(None));
        for app in running {
            let app = AppId(app);
            outputs.push(Output::Tell(Event::AppTold { session, app, outcome: AppOutcome::Lost }));
        }
        if is_covered || is_anew {
            return;
        }
        self.run(session, RunReason::Uncovered, outputs);
        if let Some(at_hand) = &mut self.session {
            at_hand.is_anew = true;
        }
    }

    /// The launcher refused, or said nothing.
    pub(super) fn not_frozen(&mut self, outputs: &mut Vec<Output>) {
        let Some((_, tries)) = self.freezing() else { return };
        if tries < FREEZE_TRIES && self.link != LinkState::Down {
            return self.ask_freeze(tries + 1, outputs);
        }
        let Some(at_hand) = &mut self.session else { return };
        at_hand.freeze = Freeze::Failed;
        let session = at_hand.session;
        // Somebody is at work who cannot work: it is tried on and on.
        outputs.push(Output::Timer((!at_hand.is_frozen).then_some(THAW_AGAIN_AFTER)));
        outputs.push(Output::Tell(if at_hand.is_frozen {
            Event::AppsNotFrozen { session }
        } else {
            Event::AppsNotThawed { session }
        }));
    }
}

//! What the shield did, as plain lines for the journal, which adds the time. No names, no sessions, no secrets.

use crate::supervise::Word;

/// One line. A log that cannot be written is no reason to end.
pub(crate) fn line(text: &str) {
    daemon::log::line("tapward-shield", text);
}

/// The line for a decision.
pub(crate) fn word(word: Word) {
    line(match word {
        Word::CoveredAsAsked => "covered, as the agent asked",
        Word::UncoveredAsAsked => "uncovered for a session",
        Word::LeaseEnded => "covered: nobody renewed the lease",
        Word::ContractBroken => "covered: the agent broke the contract; it is ended",
        Word::AgentClosed => "covered: the agent closed its end",
        Word::AgentSilent => "covered: the agent is silent; it is ended",
        Word::AgentDeaf => "covered: the agent does not take the input that it is given; it is ended",
        Word::AgentGone => "the agent is gone",
        Word::AgentReady => "the agent is ready",
        Word::AgentNotStarted => "the agent did not start; trying again",
        Word::Ending => "asked to end",
    });
}

//! A tap on its way to an uncovered screen, told by what card, agent, server and screen say of it: nothing is built into
//! the product for this, its logs tell it.

use std::time::{Duration, SystemTime};

use anyhow::{Context, Result};
use jiff::Timestamp;
use serde_json::Value;

use crate::figure::{Figure, percentile_ms};

/// Said of each figure.
pub(crate) const POLL: &str = "the virtual reader's own poll (no real reader has it) is not in it";

/// The stages of one tap, one after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Journey {
    /// From the card on the virtual reader to the service that notices it, at its next poll.
    pub(crate) poll: Duration,
    /// To the agent's question to the server: the card is woken and read, and told to the agent.
    pub(crate) reader: Duration,
    /// To the server's answer, without what the server itself took.
    pub(crate) network: Duration,
    /// What the server took.
    pub(crate) server: Duration,
    /// To the agent's word to uncover: credential and record are safe by then.
    pub(crate) agent: Duration,
    /// To the app's first pixel.
    pub(crate) screen: Duration,
}

/// What a person saw and did.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen {
    /// The card lay on the reader.
    pub(crate) put_at: SystemTime,
    /// The service asked it for the first time.
    pub(crate) noticed_at: SystemTime,
    /// The app was there.
    pub(crate) visible_at: SystemTime,
}

/// What is asked of the server for a tap.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Question {
    /// The agent's command.
    pub(crate) command: &'static str,
    /// The server's route.
    pub(crate) route: &'static str,
}

impl Journey {
    /// From what was seen and what agent and server have logged meanwhile.
    ///
    /// # Errors
    /// When they have not logged one of its steps.
    pub(crate) fn told(seen: Seen, question: Question, agent: &str, server: &str) -> Result<Self> {
        let [put_at, noticed_at, visible_at] =
            [seen.put_at, seen.noticed_at, seen.visible_at].map(Timestamp::try_from);
        let (put_at, noticed_at, visible_at) = (put_at?, noticed_at?, visible_at?);
        let commands = commands(agent);
        let after = |name: &str, earliest: Timestamp| {
            let found = commands.iter().find(|(at, command)| command == name && *at >= earliest);
            found.map(|(at, _)| *at).with_context(|| format!("the agent did not run {name}"))
        };
        let asked_at = after(question.command, put_at)?;
        // What was answered goes on record first of all.
        let answered_at = after("AppendAudit", asked_at)?;
        let uncovers_at = after("UncoverScreen", answered_at)?;
        let server = took(server, question.route, (asked_at, answered_at))?;
        Ok(Self {
            poll: between(put_at, noticed_at),
            reader: between(noticed_at, asked_at),
            network: between(asked_at, answered_at).saturating_sub(server),
            server,
            agent: between(answered_at, uncovers_at),
            screen: between(uncovers_at, visible_at),
        })
    }

    /// All of it but the virtual reader's poll, which no real reader has.
    pub(crate) fn beyond_poll(&self) -> Duration {
        self.reader + self.network + self.server + self.agent + self.screen
    }
}

/// One part of a journey.
type Stage = fn(&Journey) -> Duration;

/// The whole against its limits, then each stage of it.
pub(crate) fn figures(name: &str, journeys: &[Journey], goals: &[(usize, f64)]) -> Vec<Figure> {
    let count = journeys.len();
    let spread =
        |of: Stage, percent| percentile_ms(&mut journeys.iter().map(of).collect::<Vec<_>>(), percent);
    let mut figures: Vec<_> = goals
        .iter()
        .map(|&(percent, goal)| {
            Figure::at_most(
                &format!("{name}.p{percent}"),
                "ms",
                spread(Journey::beyond_poll, percent),
                goal,
                &format!("{count} times, from the badge noticed to the app's first pixel; {POLL}"),
            )
        })
        .collect();
    let stages: [(&str, Stage, &str); 6] = [
        (
            "poll",
            |journey| journey.poll,
            "not in the sum: from the card on the reader to the service noticing it",
        ),
        (
            "reader",
            |journey| journey.reader,
            "to the agent's question to the server: the card (a virtual one answers at once) is woken, read and told",
        ),
        ("network", |journey| journey.network, "to the answer, without what the server took by its own log"),
        ("server", |journey| journey.server, "what the server took by its own log, in whole milliseconds"),
        (
            "agent",
            |journey| journey.agent,
            "to the word to uncover: what has to be safe on disk and in the keychain is",
        ),
        ("screen", |journey| journey.screen, "to the app's first pixel"),
    ];
    for (stage, of, how) in stages {
        for percent in [50, 95] {
            figures.push(Figure::part(&format!("{name}.{stage}.p{percent}"), "ms", spread(of, percent), how));
        }
    }
    figures
}

fn between(earlier: Timestamp, later: Timestamp) -> Duration {
    Duration::try_from(later.duration_since(earlier)).unwrap_or(Duration::ZERO)
}

/// The lines of a log that are JSON, and their times.
fn lines(log: &str) -> impl Iterator<Item = (Timestamp, Value)> {
    log.lines().filter_map(|line| {
        let line: Value = serde_json::from_str(line).ok()?;
        Some((line["timestamp"].as_str()?.parse().ok()?, line))
    })
}

/// The commands that the agent ran, oldest first.
fn commands(log: &str) -> Vec<(Timestamp, String)> {
    lines(log).filter_map(|(at, line)| Some((at, line["fields"]["command"].as_str()?.to_owned()))).collect()
}

/// What the server took for the request of this route that it answered between the two.
fn took(log: &str, route: &str, (asked, answered): (Timestamp, Timestamp)) -> Result<Duration> {
    lines(log)
        .filter(|(at, line)| *at >= asked && *at <= answered && line["fields"]["route"] == route)
        .find_map(|(_, line)| whole(&line["fields"]["duration_ms"]))
        .map(Duration::from_millis)
        .with_context(|| format!("the server has logged no answer of {route}"))
}

/// A number, or its text: numbers of 128 bits are logged as such.
fn whole(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    const AGENT: &str = r#"
{"timestamp":"2027-03-01T13:00:00.500000Z","fields":{"message":"Running a command","command":"AppendAudit"}}
the shield's lines are plain
{"timestamp":"2027-03-01T13:00:01.460000Z","fields":{"message":"Running a command","command":"OpenSessionByBadge"}}
{"timestamp":"2027-03-01T13:00:01.480000Z","fields":{"message":"Running a command","command":"AppendAudit"}}
{"timestamp":"2027-03-01T13:00:01.510000Z","fields":{"message":"Running a command","command":"UncoverScreen"}}
"#;
    const SERVER: &str = r#"
{"timestamp":"2027-03-01T13:00:01.470000Z","fields":{"message":"Answered","route":"/v1/session","duration_ms":7}}
{"timestamp":"2027-03-01T13:00:01.475000Z","fields":{"message":"Answered","route":"/v1/sessions","duration_ms":"12"}}
"#;
    const SIGN_IN: Question = Question { command: "OpenSessionByBadge", route: "/v1/sessions" };

    fn at(text: &str) -> SystemTime {
        text.parse::<Timestamp>().unwrap().into()
    }

    fn seen() -> Seen {
        Seen {
            put_at: at("2027-03-01T13:00:01Z"),
            noticed_at: at("2027-03-01T13:00:01.4Z"),
            visible_at: at("2027-03-01T13:00:01.54Z"),
        }
    }

    #[test]
    fn each_stage_ends_where_the_next_begins_and_the_poll_stands_apart() {
        let journey = Journey::told(seen(), SIGN_IN, AGENT, SERVER).unwrap();

        let stages =
            [journey.poll, journey.reader, journey.network, journey.server, journey.agent, journey.screen];
        assert_eq!(stages, [400, 60, 8, 12, 30, 30].map(Duration::from_millis));
        assert_eq!(journey.beyond_poll(), Duration::from_millis(140));
    }

    #[test]
    fn a_step_that_nobody_logged_is_no_stage_of_nothing() {
        let resume = Question { command: "ResumeSession", route: "/v1/session/resume" };

        let nobody_asked = Journey::told(seen(), resume, AGENT, SERVER).unwrap_err();
        let nobody_answered = Journey::told(seen(), SIGN_IN, AGENT, "").unwrap_err();

        assert!(nobody_asked.to_string().contains("ResumeSession"), "{nobody_asked}");
        assert!(nobody_answered.to_string().contains("/v1/sessions"), "{nobody_answered}");
    }
}

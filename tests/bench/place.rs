//! Where badges are tapped: a workstation with its kiosk started, a virtual reader, and badges that count again.

use std::{
    fs, thread,
    time::{Instant, SystemTime},
};

use agent_core::time_limits::AWAY_MIN;
use anyhow::{Context, Result};
use harness::{
    app::App,
    badge_reader::{Card, LyingCard, READER_POLL},
    nurse::Nurse,
    picture::Eye,
    ward::{Setup, Ward, short_policy},
};

use crate::{
    journey::{Journey, Question, Seen},
    sight::{SOON, wait_visible},
};

/// With these lines at the policy's end, after those of `[session]`, and the agent's decisions in its log: they tell the
/// stages.
pub(crate) fn with_policy(lines: &str) -> Setup {
    let policy = format!("{}{lines}\n", short_policy("120s", "8s", "12h"));
    let agent_environment = vec![("TAPWARD_LOG_LEVEL".to_owned(), "debug".to_owned())];
    Setup { has_badge_reader: true, policy, agent_environment, ..Setup::default() }
}

/// A workstation with its kiosk started and an app behind the cover.
pub(crate) struct Place {
    _chart: App,
    pub(crate) eye: Eye,
    pub(crate) ward: Ward,
}

impl Place {
    /// A workstation with a server of its own.
    pub(crate) fn open(setup: Setup) -> Result<Self> {
        Self::at(Ward::open(setup)?)
    }

    /// The workstation of this ward.
    pub(crate) fn at(mut ward: Ward) -> Result<Self> {
        let chart = App::start(ward.display())?;
        let eye = ward.eye()?;
        ward.start_kiosk()?;
        ward.wait_sign_in_drawn()?;
        ward.wait_log("A badge reader reads")?;
        Ok(Self { _chart: chart, eye, ward })
    }

    /// Somebody with three badges.
    pub(crate) fn add(&self, name: &str, display_name: &str, badges: [&str; 3]) -> Result<Nurse> {
        let nurse = self.ward.add_nurse(name, display_name)?;
        for number in badges {
            self.ward.admin(&["badge", "enrol", name], &format!("uid:{number}"))?;
        }
        Ok(nurse)
    }

    /// Signs in with everything once, so that a tap alone does from then on.
    pub(crate) fn begin_grace(&self, nurse: &Nurse) -> Result<()> {
        self.ward.sign_in(nurse)?;
        wait_visible(&self.eye, true)?;
        self.end_session()
    }

    /// Has an administrator end it.
    pub(crate) fn end_session(&self) -> Result<()> {
        self.ward.end_all_sessions()?;
        self.ward.wait_screen("signed_out", SOON)?;
        wait_visible(&self.eye, false)?;
        Ok(())
    }

    /// Puts a badge on either reader in turn, so that neither has to be seen empty first.
    pub(crate) fn put(&self, number: usize, badge: &Badge) -> Result<LyingCard> {
        let reader = u16::try_from(number % 2)?;
        self.ward.cards().context("no card service")?.put(reader, Card::with_uid(badge.number))
    }

    /// One tap on a covered screen that uncovers it.
    pub(crate) fn travel(&self, number: usize, badge: &mut Badge, question: Question) -> Result<Journey> {
        let log = || fs::read_to_string(self.ward.data().with_file_name("server.log"));
        badge.wait_until_it_counts();
        self.eye.wait_still()?;
        let (agent_mark, server_mark) = (self.ward.log_mark(), log()?.len());
        let put_at = SystemTime::now();
        let card = self.put(number, badge)?;
        let visible_at = wait_visible(&self.eye, true)?;
        let seen = Seen { put_at, noticed_at: noticed_at(&card)?, visible_at };
        badge.is_taken_away(card);
        self.ward.wait_screen("active", SOON)?;
        let (agent, server) = (self.ward.kiosk_log(), log()?);
        let agent = agent.get(agent_mark..).context("the agent's log became shorter")?;
        let server = server.get(server_mark..).context("the server's log became shorter")?;
        Journey::told(seen, question, agent, server)
    }
}

/// When the card service noticed it.
pub(crate) fn noticed_at(card: &LyingCard) -> Result<SystemTime> {
    card.noticed_at().context("no card service has noticed the card")
}

/// A badge, and since when it is away.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Badge {
    number: &'static str,
    away_since: Option<Instant>,
}

impl Badge {
    /// One that nobody has presented yet.
    pub(crate) const fn new(number: &'static str) -> Self {
        Self { number, away_since: None }
    }

    /// From now on it is away.
    pub(crate) fn is_taken_away(&mut self, card: LyingCard) {
        drop(card);
        self.away_since = Some(Instant::now());
    }

    /// Until the next tap with it counts.
    pub(crate) fn wait_until_it_counts(&self) {
        if let Some(since) = self.away_since {
            thread::sleep((AWAY_MIN + 2 * READER_POLL).saturating_sub(since.elapsed()));
        }
    }
}

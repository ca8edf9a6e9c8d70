//! One workstation on which attempts are made one after the other.

use std::{process::Command, time::Instant};

use anyhow::{Context, Result, ensure};
use rustix::process::Signal;

use crate::{
    bed::{AGENT, BLACK, Bed, MARKER, SOON, Shield, agent::Agent, rude::Rude, typist::Typist},
    part::{Part, wait_for},
    x_server::Monitors,
};

/// Who manages the windows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manager {
    None,
    Openbox,
    Matchbox,
}

/// How the screen is when an attempt begins. It is covered again, if it was not, before anything is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// The shield holds the input, and nothing is on the cover.
    Covered,
    /// The agent's window is up, and the agent holds the input.
    Held,
    /// The screen is the person's; the attempt covers it itself.
    Uncovered,
}

/// Covered by whomever.
pub const BOTH: &[State] = &[State::Covered, State::Held];
/// By the shield, which has the input.
pub const ONLY_COVERED: &[State] = &[State::Covered];
/// With the agent's window up.
pub const ONLY_HELD: &[State] = &[State::Held];
/// The person's.
pub const OPEN: &[State] = &[State::Uncovered];

type Act = Box<dyn Fn(&mut Scene) -> Result<()>>;

/// What an attempt needs of the X server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    Any,
    Two,
    Keyboard,
}

impl Needs {
    pub fn are_met(self, monitors: Monitors) -> bool {
        match self {
            Self::Any => true,
            Self::Two => monitors == Monitors::Two,
            Self::Keyboard => monitors != Monitors::Two,
        }
    }
}

/// A row of the table.
pub struct Attempt {
    pub name: String,
    pub states: &'static [State],
    /// With how many monitors it makes sense.
    pub needs: Needs,
    act: Act,
}

/// A row.
pub fn row(
    name: impl Into<String>,
    states: &'static [State],
    act: impl Fn(&mut Scene) -> Result<()> + 'static,
) -> Attempt {
    Attempt { name: name.into(), states, needs: Needs::Any, act: Box::new(act) }
}

impl Attempt {
    /// The same, where there are two monitors.
    pub fn with_two(self) -> Self {
        Self { needs: Needs::Two, ..self }
    }

    /// The same, where the X server has a keyboard that is no program's: the one with two monitors has none.
    pub fn with_a_keyboard(self) -> Self {
        Self { needs: Needs::Keyboard, ..self }
    }
}

pub struct Scene {
    pub bed: Bed,
    pub shield: Shield,
    pub agent: Agent,
    _manager: Option<Part>,
    /// Programs of this attempt; they end with it.
    pub rude: Vec<Rude>,
    seq: u64,
    /// From when on nothing may be seen, where that is later than the attempt's begin.
    covered: Option<Instant>,
    typed_before: u64,
    is_held: bool,
}

impl Scene {
    pub fn set(monitors: Monitors, manager: Manager) -> Result<Self> {
        let bed = Bed::with(monitors)?;
        let manager = start(manager, &bed)?;
        let shield = bed.shield()?;
        let agent = shield.ready_agent()?;
        bed.witness.wait_all(BLACK, "the cover")?;
        let (rude, covered) = (Vec::new(), None);
        Ok(Self {
            bed,
            shield,
            agent,
            _manager: manager,
            rude,
            seq: 0,
            covered,
            typed_before: 0,
            is_held: false,
        })
    }

    /// Makes an attempt, looks, and puts everything back.
    pub fn attempt(&mut self, attempt: &Attempt, state: State) -> Result<()> {
        self.reach(state)?;
        self.covered = (state != State::Uncovered).then(Instant::now);
        self.typed_before = self.bed.victim.keys()?;
        (attempt.act)(self)?;
        self.look()?;
        self.put_back()
    }

    /// The agent's word: covered, and from then on nothing may be seen.
    pub fn cover(&mut self) -> Result<()> {
        self.begin_cover()?;
        self.wait_covered()
    }

    /// The same word, without waiting for the answer.
    pub fn begin_cover(&mut self) -> Result<()> {
        self.seq += 1;
        self.agent.tell("quiet")?;
        self.agent.tell(&format!("cover {}", self.seq))
    }

    /// Waits until the shield covers and has the input. What was typed until then was the person's.
    pub fn wait_covered(&mut self) -> Result<()> {
        self.wait_black()?;
        self.agent.hear(&format!("covered {} true", self.seq))?;
        self.agent.tell(&format!("beating {} 0 500", self.seq))?;
        self.typed_before = self.bed.victim.keys()?;
        Ok(())
    }

    /// Waits for the cover alone.
    pub fn wait_black(&mut self) -> Result<()> {
        self.bed.witness.wait_all(BLACK, "the cover")?;
        self.covered = Some(Instant::now());
        Ok(())
    }

    pub fn uncover(&mut self) -> Result<()> {
        self.seq += 1;
        self.agent.uncover(self.seq)?;
        self.bed.witness.wait_all(MARKER, "the app on every monitor")?;
        Ok(())
    }

    /// Uncovered for so long, without a beat.
    pub fn uncover_for_a_lease(&mut self, ms: u64) -> Result<()> {
        self.seq += 1;
        self.agent.tell("quiet")?;
        self.agent.tell(&format!("uncover {} {ms}", self.seq))?;
        self.agent.hear(&format!("uncovered {}", self.seq))?;
        self.wait_covered()
    }

    /// The agent ends in this way, and the next one is waited for.
    pub fn lose_agent(&mut self, end: impl FnOnce(&mut Agent) -> Result<()>) -> Result<()> {
        end(&mut self.agent)?;
        crate::bed::wait_dead(self.agent.pid)?;
        if self.covered.is_none() {
            self.wait_black()?;
        }
        self.agent = self.shield.ready_agent()?;
        (self.seq, self.is_held) = (0, false);
        if self.covered.is_some() {
            // What was typed between its death and the cover is stated in KNOWN-ISSUES.
            self.typed_before = self.bed.victim.keys()?;
        }
        Ok(())
    }

    /// Another program for this attempt.
    pub fn rude(&mut self) -> Result<&mut Rude> {
        self.rude.push(self.bed.rude()?);
        self.rude.last_mut().context("just pushed")
    }

    /// The one that came last goes, with its windows and grabs.
    pub fn rude_ends(&mut self) {
        self.rude.pop();
    }

    pub fn xdotool(&self, arguments: &[&str]) -> Result<()> {
        // A key that this keyboard has not, or a window that is gone, is no less an attempt.
        Command::new("xdotool").env("DISPLAY", self.bed.x.display()).args(arguments).output()?;
        Ok(())
    }

    pub fn xrandr(&self, arguments: &[&str]) -> Result<()> {
        Command::new("xrandr").args(["-d", self.bed.x.display()]).args(arguments).output()?;
        Ok(())
    }

    pub fn typist(&self) -> Result<Typist> {
        self.bed.typist()
    }

    fn reach(&mut self, state: State) -> Result<()> {
        match state {
            State::Covered => Ok(()),
            State::Held => {
                self.agent.tell("show")?;
                self.agent.hear("shown")?;
                self.agent.take()?;
                self.is_held = true;
                self.bed.witness.wait(0, Some(AGENT), "the agent's window").map(drop)
            }
            State::Uncovered => self.uncover(),
        }
    }

    fn look(&mut self) -> Result<()> {
        let from = self.covered.context("an attempt ends covered")?;
        let seen = self.bed.witness.since(from)?;
        let shown: Vec<_> = seen.iter().filter(|seen| seen.colour == Some(MARKER)).collect();
        ensure!(shown.is_empty(), "the app was seen: {shown:?}");
        for point in 0..self.bed.witness.points() {
            let now = self.bed.witness.now(point);
            ensure!(now != Some(MARKER), "monitor {point} shows the app");
        }
        let typed = self.bed.victim.keys()? - self.typed_before;
        ensure!(typed == 0, "{typed} keys and clicks reached the app");
        Ok(())
    }

    fn put_back(&mut self) -> Result<()> {
        // Each at its own connection: gone when the X server says so.
        for rude in self.rude.drain(..) {
            let _ = rude.end();
        }
        if self.is_held {
            self.agent.give_back()?;
            self.is_held = false;
        }
        self.agent.tell("hide")?;
        self.agent.hear("hidden")?;
        // Whatever a window manager did to the app meanwhile.
        self.bed.victim.restore()?;
        wait_for("the cover after it", SOON, || self.bed.witness.wait_all(BLACK, "the cover").ok().map(drop))
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        // One that was stopped cannot end itself.
        let _ = self.agent.signal(Signal::CONT);
    }
}

fn start(manager: Manager, bed: &Bed) -> Result<Option<Part>> {
    let name = match manager {
        Manager::None => return Ok(None),
        Manager::Openbox => "openbox",
        Manager::Matchbox => "matchbox-window-manager",
    };
    let mut command = Command::new(name);
    command.env("DISPLAY", bed.x.display()).env("HOME", bed.folder.path());
    let part = Part::start(name, &mut command, bed.folder.path())?;
    bed.victim.wait_managed()?;
    Ok(Some(part))
}

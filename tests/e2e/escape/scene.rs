//! One workstation on which attempts are made one after the other.

mod gestures;

use std::{
    ops::Range,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use harness::{
    app::{MARKER, Received},
    desktop::{self, Button},
    hand::{Hand, Whose},
    part::{Part, has_ended, kill, wait_for},
    picture::Look,
    program::{output, program},
    session_bus::Keyring,
    ward::{Setup, short_policy},
    witness::Witness,
    x_server::Monitors,
};

use rustix::process::Signal;

use crate::bedside::{Bedside, SOON};

/// Where the pointer rests: on nothing.
const NOWHERE: (i16, i16) = (3, 400);
/// The rows of the screen in which the clock stands, which may go on.
const CLOCK_ROWS: Range<usize> = 90..290;
/// Those in which a screen that failed closed counts down to its next try.
const COUNTDOWN_ROWS: Range<usize> = 440..475;

/// Of the kiosk's log, where an attempt fails.
const LAST_LINES: usize = 40;
/// A click that has no answer within this is made again.
const AT_ONCE: Duration = Duration::from_secs(1);

/// How the screen is when an attempt begins. It is covered again, if it was not, before anything is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    SignedOut,
    Concealed,
    /// Hers; the attempt covers it itself.
    Open,
    FailClosed,
}

/// Covered, and something can be typed.
pub(crate) const ASKING: &[State] = &[State::SignedOut, State::Concealed];
/// Covered by whatever.
pub(crate) const COVERED: &[State] = &[State::SignedOut, State::Concealed, State::FailClosed];
pub(crate) const SIGNED_OUT: &[State] = &[State::SignedOut];
pub(crate) const OPEN: &[State] = &[State::Open];

type Act = Box<dyn Fn(&mut Scene) -> Result<()>>;

/// A row of the table.
pub(crate) struct Attempt {
    pub(crate) name: String,
    pub(crate) states: &'static [State],
    act: Act,
}

/// A row.
pub(crate) fn row(
    name: impl Into<String>,
    states: &'static [State],
    act: impl Fn(&mut Scene) -> Result<()> + 'static,
) -> Attempt {
    Attempt { name: name.into(), states, act: Box::new(act) }
}

pub(crate) struct Scene {
    pub(crate) bedside: Bedside,
    monitors: Monitors,
    state: State,
    witness: Witness,
    /// A program's, which extends nothing and resumes nothing by itself.
    hand: Hand,
    /// How the covered screen looks while nobody touches it.
    rest: Look,
    /// How many windows Tapward has then.
    windows: usize,
    /// Programs of this attempt; they end with it.
    rude: Vec<Part>,
    covered: Option<Covered>,
}

/// Since the screen is nobody's.
struct Covered {
    from: Instant,
    /// What had reached the app until then.
    received: Received,
    /// How many keys and clicks had reached the programs of this attempt until the input was ours.
    got: usize,
}

impl Scene {
    pub(crate) fn set(monitors: Monitors, state: State) -> Result<Self> {
        let setup = Setup { monitors, policy: short_policy("15min", "30s", "12h"), ..Setup::default() };
        let bedside = Bedside::open(if monitors == Monitors::Two { counting_programs(setup) } else { setup });
        let display = bedside.ward.display().to_owned();
        let hand = bedside.ward.hand(Whose::Program)?;
        let rest = bedside.eye.look()?;
        let witness = Witness::on(&display, MARKER, points(monitors))?;
        let mut scene = Self {
            bedside,
            monitors,
            state,
            witness,
            hand,
            rest,
            windows: 0,
            rude: Vec::new(),
            covered: None,
        };
        scene.reach()?;
        scene.hand.move_to(NOWHERE.0, NOWHERE.1)?;
        scene.bedside.eye.wait_still()?;
        scene.rest = scene.bedside.eye.look()?;
        scene.windows = desktop::count_windows(&display)?;
        Ok(scene)
    }

    /// After all of them, somebody signs in as on any other day, and sees her app.
    pub(crate) fn sign_in(mut self) -> Result<()> {
        let bedside = &mut self.bedside;
        match self.state {
            State::Concealed | State::Open => bedside.ward.resume(&bedside.maria)?,
            State::SignedOut => bedside.ward.sign_in(&bedside.maria)?,
            State::FailClosed => {
                bedside.ward.give_keyring_back()?;
                bedside.ward.wait_screen("signed_out", SOON * 3)?;
                // The code that Maria has used already is taken once.
                let jonas = bedside.ward.add_nurse("jonas", "Jonas B.")?;
                bedside.ward.sign_in(&jonas)?;
            }
        }
        bedside.wait_visible();
        Ok(())
    }

    fn reach(&mut self) -> Result<()> {
        let Self { bedside, state, .. } = self;
        match state {
            State::SignedOut => Ok(()),
            State::Concealed | State::Open => {
                bedside.ward.sign_in(&bedside.maria)?;
                bedside.wait_visible();
                self.begin_cover()?;
                self.bedside.ward.wait_screen("concealed", SOON)
            }
            State::FailClosed => {
                // Nobody can be let in without the keychain.
                Keyring::lock(bedside.ward.bus())?;
                bedside.ward.give_password(&bedside.hand, &bedside.maria)?;
                bedside.ward.wait_code_asked(SOON)?;
                bedside.hand.type_text(&bedside.maria.code()?)?;
                bedside.ward.wait_screen("fail_closed", SOON)
            }
        }
    }

    /// Makes an attempt, looks, and puts everything back.
    pub(crate) fn attempt(&mut self, attempt: &Attempt) -> Result<()> {
        self.covered = if attempt.states == OPEN { None } else { Some(self.covered_now()?) };
        (attempt.act)(self)?;
        // It was not, on the screen at rest.
        ensure!(self.is_at_rest() || !self.bedside.is_app_visible(), "the app is seen");
        self.judge()?;
        self.put_back()?;
        self.judge()
    }

    /// For whoever reads of a failure: a picture of the screen, and the log's last lines.
    pub(crate) fn what_is_left(&self) -> String {
        let picture = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("escape-{:?}.png", self.state));
        let kept = self.bedside.eye.keep(&picture);
        let log = self.bedside.ward.kiosk_log();
        let lines: Vec<&str> = log.lines().collect();
        let last = lines[lines.len().saturating_sub(LAST_LINES)..].join("\n");
        format!("the screen: {} {kept:?}\n{last}", picture.display())
    }

    /// Nothing was seen, nothing reached the app or a program that wanted it, and no window came.
    fn judge(&self) -> Result<()> {
        let covered = self.covered.as_ref().context("an attempt that never covered")?;
        self.witness.expect_unseen_since(covered.from)?;
        let received = self.bedside.chart.received_by_now()?;
        ensure!(received == covered.received, "{received:?} reached the app, {:?} before", covered.received);
        ensure!(self.got() == covered.got, "a key or a click reached a program that wanted it");
        let windows = desktop::count_windows(self.bedside.ward.display())?;
        ensure!(windows == self.windows, "{windows} windows, {} before", self.windows);
        Ok(())
    }

    /// Leaves the covered screen as it was found, and sees that it still takes keys.
    fn put_back(&mut self) -> Result<()> {
        self.rude.clear();
        if let Some(covered) = &mut self.covered {
            covered.got = 0;
        }
        self.hand.move_to(NOWHERE.0, NOWHERE.1)?;
        self.wait_rest()?;
        if self.state == State::FailClosed {
            return Ok(());
        }
        self.hand.type_text("m")?;
        wait_for("the page to take a key", SOON, || (!self.is_at_rest()).then_some(()))?;
        self.wait_rest()
    }

    /// Escape forgets whatever was typed and marked.
    fn wait_rest(&self) -> Result<()> {
        self.hand.press("Escape")?;
        wait_for("the covered screen as it was", SOON, || self.is_at_rest().then_some(())).with_context(
            || {
                let now = self.bedside.eye.look();
                format!(
                    "it looks other at {:?}",
                    now.map(|now| now.first_other(&self.rest, self.moving_rows().end, self.width()))
                )
            },
        )
    }

    fn is_at_rest(&self) -> bool {
        let now = self.bedside.eye.look();
        now.is_ok_and(|now| now.is_like(&self.rest, self.moving_rows(), self.width()))
    }

    const fn moving_rows(&self) -> Range<usize> {
        match self.state {
            State::SignedOut | State::Concealed | State::Open => CLOCK_ROWS,
            State::FailClosed => COUNTDOWN_ROWS,
        }
    }

    fn width(&self) -> u16 {
        match self.monitors {
            Monitors::One(width, _) => width,
            Monitors::Two => 1824,
        }
    }

    fn covered_now(&self) -> Result<Covered> {
        Ok(Covered { received: self.bedside.chart.received_by_now()?, from: now(), got: self.got() })
    }

    fn got(&self) -> usize {
        self.rude.iter().map(|rude| rude.printed().matches("got\n").count()).sum()
    }

    /// Her screen, by her password.
    pub(crate) fn uncover(&mut self) -> Result<()> {
        self.bedside.ward.resume(&self.bedside.maria)?;
        self.bedside.wait_visible();
        Ok(())
    }

    /// She presses "Cover" on her strip.
    pub(crate) fn begin_cover(&mut self) -> Result<()> {
        let (x, y) = self.bedside.ward.button(Button::Cover)?;
        self.bedside.hand.click(x, y)
    }

    /// Waits for the cover. What was typed until then was hers.
    pub(crate) fn wait_covered(&mut self) -> Result<()> {
        wait_for("a cover", SOON, || (!self.bedside.is_app_visible()).then_some(()))?;
        self.covered = Some(self.covered_now()?);
        Ok(())
    }

    /// Waits until she is away and the page has the input.
    pub(crate) fn wait_held(&mut self) -> Result<()> {
        self.bedside.ward.wait_screen("concealed", SOON)?;
        self.wait_page_has_input()
    }

    /// Waits until the page takes keys, and clicks, which another program may have kept for some seconds. What that got until
    /// then, it got.
    pub(crate) fn wait_page_has_input(&mut self) -> Result<()> {
        wait_for("the page to take Escape", SOON, || {
            self.hand.move_to(NOWHERE.0, NOWHERE.1).ok()?;
            self.hand.press("Escape").ok()?;
            self.is_at_rest().then_some(())
        })?;
        wait_for("the page to take a letter", SOON, || {
            self.hand.type_text("m").ok()?;
            (!self.is_at_rest()).then_some(())
        })?;
        let (x, y) = self.field()?;
        self.hand.press("Escape")?;
        wait_for("the page to take a click", SOON, || {
            self.hand.press("Escape").ok()?;
            self.hand.move_to(NOWHERE.0, NOWHERE.1).ok()?;
            wait_for("the screen at rest", AT_ONCE, || self.is_at_rest().then_some(())).ok()?;
            self.hand.click(x, y).ok()?;
            wait_for("the mark of a field", AT_ONCE, || (!self.is_at_rest()).then_some(())).ok()
        })?;
        let got = self.got();
        if let Some(covered) = &mut self.covered {
            covered.got = got;
        }
        Ok(())
    }

    pub(crate) fn cover(&mut self) -> Result<()> {
        self.begin_cover()?;
        self.wait_covered()?;
        self.wait_held()
    }

    /// The process that draws the page.
    pub(crate) fn web_process(&self) -> Result<u32> {
        self.bedside.ward.web_process(self.bedside.ward.agent_pid()?)
    }

    pub(crate) fn end_window_manager(&mut self) {
        if let Some(manager) = self.bedside.ward.window_manager() {
            manager.signal(Signal::KILL);
        }
    }

    /// Ends the session bus, with all that lives on it, and looks before somebody starts another.
    pub(crate) fn end_bus(&mut self) -> Result<()> {
        kill(self.bedside.ward.bus().part().pid());
        wait_for("the end of the bus", SOON, || {
            has_ended(self.bedside.ward.bus().part().pid()).then_some(())
        })?;
        self.xdotool(&["type", "--delay", "1", "mmm"])?;
        self.judge()?;
        self.bedside.ward.give_bus_back()
    }

    /// Ends a process, and waits until the page is drawn anew.
    pub(crate) fn end(&self, pid: u32) -> Result<()> {
        let ward = &self.bedside.ward;
        let drawn = || ward.kiosk_log().matches("The page is drawn").count();
        let (before, screen) = (drawn(), ward.screens().pop().context("a screen")?);
        kill(pid);
        wait_for("the page drawn anew", SOON, || (drawn() > before).then_some(()))?;
        ward.wait_screen(&screen, SOON)
    }

    pub(crate) fn xrandr(&self, arguments: &[&str]) -> Result<()> {
        output(Command::new("xrandr").args(["-d", self.bedside.ward.display()]).args(arguments)).map(drop)
    }

    /// Another program does `what`. Whether the X server let it.
    pub(crate) fn rude(&mut self, what: &str) -> Result<bool> {
        let folder = tempfile::tempdir_in(self.bedside.ward.path())?.keep();
        let mut command = program("rude");
        command.arg(what).env("DISPLAY", self.bedside.ward.display());
        let part = Part::start("rude", &mut command, &folder)?;
        let said =
            wait_for("the rude program", SOON, || Some(part.printed()).filter(|said| said.contains('\n')))
                .with_context(|| part.printed())?;
        self.rude.push(part);
        Ok(said.starts_with("done"))
    }

    /// Ends the program that came last.
    pub(crate) fn end_rude(&mut self) {
        self.rude.pop();
    }
}

/// Its devices are a program's, which have to count as hers.
fn counting_programs(setup: Setup) -> Setup {
    let counted = ("TAPWARD_E2E_SYNTHETIC_INPUT".to_owned(), "1".to_owned());
    Setup { is_end_to_end_agent: true, agent_environment: vec![counted], ..setup }
}

/// Some on each monitor: its corners, its edges and its middle.
fn points(monitors: Monitors) -> Vec<(i16, i16)> {
    let on = |left: i16, width: u16, height: u16| {
        let (width, height) = (width.cast_signed(), height.cast_signed());
        let (across, down) = ([0, width / 2, width - 1], [0, height / 2, height - 1]);
        across.into_iter().flat_map(move |x| down.into_iter().map(move |y| (left + x, y)))
    };
    match monitors {
        Monitors::One(width, height) => on(0, width, height).collect(),
        Monitors::Two => on(0, 1024, 768).chain(on(1024, 800, 600)).collect(),
    }
}

#[expect(clippy::disallowed_methods, reason = "what was seen is told apart by when it was")]
fn now() -> Instant {
    Instant::now()
}

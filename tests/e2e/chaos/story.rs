//! A nurse's day, a step at a time, and how she goes on when it was upset.

use std::time::Duration;

use anyhow::{Context, Result};
use harness::{
    desktop::{self, Button},
    nurse::Nurse,
    part::{kill, wait_for},
};

use super::bench::Bench;
use crate::bedside::SOON;

/// Longer than any fault keeps a workstation from its sign-in: what fails is tried again after half a minute at the latest.
const HOME_WITHIN: Duration = Duration::from_secs(100);
/// How long something done at the screen may take to show.
const EFFECT: Duration = Duration::from_secs(3);

/// Where in the story a fault falls, and how long after its beginning at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Nobody is there.
    SignedOut,
    /// Another agent is starting.
    StartUp,
    /// Her password is being checked.
    Password,
    /// Her code is being checked, her login written, the screen uncovered, her apps started.
    Code,
    /// She works.
    Active,
    /// She has pressed "Cover".
    SteppingAway,
    /// She is away.
    Concealed,
    /// Her password is being checked at her covered screen.
    Resuming,
    /// She has pressed "Sign out".
    SigningOut,
}

pub(super) const STEPS: [Step; 9] = [
    Step::SignedOut,
    Step::StartUp,
    Step::Password,
    Step::Code,
    Step::Active,
    Step::SteppingAway,
    Step::Concealed,
    Step::Resuming,
    Step::SigningOut,
];

impl Step {
    /// How long it takes, about.
    pub(super) const fn span(self) -> Duration {
        Duration::from_millis(match self {
            Self::SigningOut | Self::SteppingAway => 400,
            Self::SignedOut | Self::Password | Self::Code | Self::Active | Self::Concealed => 600,
            Self::Resuming => 500,
            Self::StartUp => 1_500,
        })
    }

    /// Plays the story from a signed-out screen up to the beginning of this step.
    pub(super) fn reach(self, bench: &mut Bench, nurse: &Nurse) -> Result<()> {
        match self {
            Self::SignedOut => Ok(()),
            Self::StartUp => {
                kill(bench.bedside.ward.agent_pid()?);
                // An agent that has drawn its page shows something.
                wait_for("another agent's first word", SOON, || {
                    bench.bedside.ward.shown_screen().is_none().then_some(())
                })
            }
            Self::Password => {
                give_name_and_password(bench, nurse)?;
                is_other_than(bench, "signed_out").or_else(|_| {
                    // A page that hung has been replaced at the first key.
                    give_name_and_password(bench, nurse)?;
                    is_other_than(bench, "signed_out")
                })
            }
            Self::Code => {
                Self::Password.reach(bench, nurse)?;
                bench.bedside.ward.wait_code_asked(SOON)?;
                bench.opens();
                bench.bedside.hand.type_text(&nurse.code()?)
            }
            Self::Active => {
                Self::Code.reach(bench, nurse)?;
                bench.bedside.ward.wait_screen("active", SOON)?;
                bench.bedside.wait_visible();
                bench.is_opening = false;
                Ok(())
            }
            Self::SteppingAway => {
                Self::Active.reach(bench, nurse)?;
                press(bench, Button::Cover)
            }
            Self::Concealed => {
                Self::SteppingAway.reach(bench, nurse)?;
                bench.bedside.ward.wait_screen("concealed", SOON)?;
                bench.wait_covered()
            }
            Self::Resuming => {
                Self::Concealed.reach(bench, nurse)?;
                bench.opens();
                give_password_again(bench, nurse)
            }
            Self::SigningOut => {
                Self::Active.reach(bench, nurse)?;
                press(bench, Button::SignOut)
            }
        }
    }
}

/// Goes on as she would, until nobody is signed in.
pub(super) fn bring_home(bench: &mut Bench, nurse: &Nurse) -> Result<()> {
    wait_for("nobody signed in", HOME_WITHIN, || {
        let screen = bench.bedside.ward.shown_screen()?;
        match screen.as_str() {
            "signed_out" => return Some(()),
            "asking" if is_other_than(bench, "asking").is_ok() => return None,
            // Whoever waits too long, or is asked for something else than she has begun, gives it up.
            "second_factor" | "asking" => bench.bedside.hand.press("Escape").ok()?,
            "active" | "inactivity_warning" => {
                // It may be gone in this moment.
                let button = desktop::find(bench.bedside.ward.display(), Button::SignOut).ok()??;
                bench.bedside.hand.click(button.0, button.1).ok()?;
            }
            "concealed" => {
                bench.opens();
                give_password_again(bench, nurse).ok()?;
            }
            _ => return None,
        }
        let _ = is_other_than(bench, &screen);
        None
    })
    .with_context(|| format!("{:?}", bench.last_screens()))
}

fn is_other_than(bench: &Bench, screen: &str) -> Result<()> {
    let is_other = || bench.bedside.ward.shown_screen().filter(|now| now != screen).map(drop);
    wait_for(&format!("another screen than {screen}"), EFFECT, is_other)
}

fn give_name_and_password(bench: &Bench, nurse: &Nurse) -> Result<()> {
    bench.bedside.ward.wait_sign_in_drawn()?;
    // The name that somebody typed before her stays for a minute where nobody answered it.
    bench.bedside.hand.press("Escape")?;
    reads(bench)?;
    bench.bedside.ward.give_password(&bench.bedside.hand, nurse)
}

fn give_password_again(bench: &Bench, nurse: &Nurse) -> Result<()> {
    reads(bench)?;
    bench.bedside.hand.type_text(nurse.password())?;
    bench.bedside.hand.press("Return")
}

/// A screen that is new has its reader before it has her keys: until the agent has been given the input, they go nowhere.
fn reads(bench: &Bench) -> Result<()> {
    let _ = wait_for("nothing but the time", Duration::from_millis(800), || None::<()>);
    bench.bedside.eye.wait_still()
}

/// Once more where the strip was not there yet.
pub(super) fn press(bench: &Bench, button: Button) -> Result<()> {
    wait_for(&format!("what {button:?} does"), SOON, || {
        let (x, y) = bench.bedside.ward.button(button).ok()?;
        bench.bedside.hand.click(x, y).ok()?;
        is_other_than(bench, "active").ok()
    })
}

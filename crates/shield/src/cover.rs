//! What covers the monitors and holds the input, whichever display server there is.
//!
//! The façade over the servers: what each can do, and what that is worth, is in its own module.

mod monitors;
mod notice;
mod pace;
mod wayland;
mod x11;

use std::{ffi::OsStr, os::fd::BorrowedFd, time::Duration};

use rustix::process::Pid;
use shield_contract::Enforcement;

/// The cover on the display server that was found.
#[derive(Debug)]
pub(crate) enum Cover {
    /// An X server.
    X11(Box<x11::Cover>),
    /// A Wayland compositor.
    Wayland(Box<wayland::Cover>),
}

/// Which kind of display server the screen is drawn by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum DisplayServer {
    /// X11.
    #[default]
    X11,
    /// Wayland.
    Wayland,
}

/// Why the screen cannot be covered.
#[derive(Debug)]
pub(crate) enum CoverError {
    /// By an X server.
    X11(x11::CoverError),
    /// By a Wayland compositor.
    Wayland(wayland::CoverError),
}

/// What `--check` found.
#[derive(Debug)]
pub(crate) struct Checked {
    /// In lines.
    pub(crate) text: String,
    /// Whether nobody else has the input.
    pub(crate) is_free: bool,
}

/// Calls the method of whichever cover it is.
macro_rules! of_either {
    ($cover:expr, $inner:ident => $call:expr) => {
        match $cover {
            Cover::X11($inner) => Ok($call?),
            Cover::Wayland($inner) => Ok($call?),
        }
    };
}

impl Cover {
    /// Connects; nothing is shown yet.
    pub(crate) fn connect(server: DisplayServer) -> Result<Self, CoverError> {
        Ok(match server {
            DisplayServer::X11 => Self::X11(Box::new(x11::Cover::connect()?)),
            DisplayServer::Wayland => Self::Wayland(Box::new(wayland::Cover::connect()?)),
        })
    }

    /// What there is to cover, and what covering it would be worth. An X server's input is taken for a moment; a
    /// compositor's lock is not, because locking an app's screen is more than a question.
    pub(crate) fn check(&mut self, now: Duration) -> Result<Checked, CoverError> {
        let mut text = String::new();
        let is_free = match self {
            Self::X11(cover) => {
                for (x, y, width, height) in cover.monitors() {
                    text += &format!("monitor {width}x{height}+{x}+{y}\n");
                }
                let is_held = cover.hold_input(now)?;
                cover.release_input()?;
                for shortcoming in cover.shortcomings() {
                    text += &format!("{shortcoming}\n");
                }
                text += if is_held { "input can be held\n" } else { "input is held by another program\n" };
                is_held
            }
            Self::Wayland(cover) => {
                // Where an output stands is not said by the core protocol, and does not matter.
                for (width, height) in cover.outputs() {
                    text += &format!("output {width}x{height}\n");
                }
                text += &format!("protocol {}\n", cover.protocol());
                text += if cover.can_lock() {
                    "held by the compositor while the agent is not shown\ndrawn, not held while the agent is shown\n"
                } else {
                    "drawn, not held\n"
                };
                true
            }
        };
        Ok(Checked { text, is_free })
    }

    /// Readable when the display server has something to say.
    pub(crate) fn fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::X11(cover) => cover.fd(),
            Self::Wayland(cover) => cover.fd(),
        }
    }

    /// Every monitor black, above everything. [`Cover::hold_input`] must follow.
    pub(crate) fn cover(&mut self) -> Result<(), CoverError> {
        of_either!(self, cover => cover.cover())
    }

    /// The screen is the person's.
    pub(crate) fn uncover(&mut self) -> Result<(), CoverError> {
        of_either!(self, cover => cover.uncover())
    }

    /// Takes the input, or begins to try; whether it is held.
    pub(crate) fn hold_input(&mut self, now: Duration) -> Result<bool, CoverError> {
        match self {
            Self::X11(cover) => Ok(cover.hold_input(now)?),
            Self::Wayland(cover) => Ok(cover.hold_input()?),
        }
    }

    /// Lets go of the input, so that the agent can take it.
    pub(crate) fn release_input(&mut self) -> Result<(), CoverError> {
        of_either!(self, cover => cover.release_input())
    }

    /// Somebody else has the input that was passed on: begins to take it from him, and lets go of it again. Under Wayland
    /// nobody else can have it.
    pub(crate) fn free_input(&mut self, now: Duration) {
        match self {
            Self::X11(cover) => cover.free_input(now),
            Self::Wayland(_) => {}
        }
    }

    /// The agent has the input: looks whether it has all of it, and begins to take back what it has not.
    pub(crate) fn look_at_input(&mut self, now: Duration) -> Result<(), CoverError> {
        match self {
            Self::X11(cover) => Ok(cover.look_at_input(now)?),
            Self::Wayland(_) => Ok(()),
        }
    }

    /// Whether the input that was held is lost since this was last asked.
    pub(crate) fn take_lost(&mut self) -> bool {
        match self {
            Self::X11(cover) => cover.take_lost(),
            Self::Wayland(_) => false,
        }
    }

    /// Keeps this window of the agent's above the cover. Under Wayland a surface
    /// of the overlay layer on the first output is above it by itself.
    pub(crate) fn keep_above(&mut self, window: u32, now: Duration) -> Result<(), CoverError> {
        match self {
            Self::X11(cover) => Ok(cover.keep_above(window, now)?),
            Self::Wayland(_) => Ok(()),
        }
    }

    /// Ends the client of the display server that this window of the agent's belongs to. Under Wayland it ends with its
    /// process and no sooner; raising the cover does not wait for that.
    pub(crate) fn kill_client(&mut self, window: u32) -> Result<(), CoverError> {
        match self {
            Self::X11(cover) => Ok(cover.kill_client(window)?),
            Self::Wayland(_) => Ok(()),
        }
    }

    /// What this display cannot hold, for people.
    pub(crate) fn shortcomings(&self) -> Vec<&'static str> {
        match self {
            Self::X11(cover) => cover.shortcomings(),
            Self::Wayland(cover) if cover.can_lock() => {
                vec!["not enforced while the agent is shown: the compositor's lock is open then"]
            }
            Self::Wayland(_) => {
                vec!["not enforced: the screen is drawn over, and the compositor holds nothing"]
            }
        }
    }

    /// Whoever types at the covered screen types with the workstation's keys. A Wayland client can change nobody else's.
    pub(crate) fn put_keys_back(&mut self, now: Duration) -> Result<(), CoverError> {
        match self {
            Self::X11(cover) => Ok(cover.put_keys_back(now)?),
            Self::Wayland(_) => Ok(()),
        }
    }

    /// Another person than the last one is about to get the screen: what that one left on the display goes. A Wayland client
    /// can neither see nor take away what is another's.
    pub(crate) fn forget_person(&mut self) -> Result<(), CoverError> {
        match self {
            Self::X11(cover) => Ok(cover.forget_person()?),
            Self::Wayland(_) => Ok(()),
        }
    }

    /// The agent runs, as this process.
    pub(crate) fn agent_started(&mut self, process: Pid) {
        match self {
            Self::X11(cover) => cover.agent_started(process),
            Self::Wayland(_) => {}
        }
    }

    /// This input device is a badge reader that the agent took for itself, or no longer. A Wayland client takes none.
    pub(crate) fn note_reader(&mut self, device: u16, is_taken: bool) {
        match self {
            Self::X11(cover) => cover.note_reader(device, is_taken),
            Self::Wayland(_) => {}
        }
    }

    /// Waits until the display server has answered.
    pub(crate) fn wait_for_answer(&mut self) -> Result<(), CoverError> {
        of_either!(self, cover => cover.wait_for_answer())
    }

    /// The agent is gone, and so are its windows.
    pub(crate) fn forget_agent(&mut self) {
        match self {
            Self::X11(cover) => cover.forget_agent(),
            Self::Wayland(_) => {}
        }
    }

    /// Says in words why there is no agent.
    pub(crate) fn show_notice(&mut self, lines: &[String]) -> Result<(), CoverError> {
        of_either!(self, cover => cover.show_notice(lines))
    }

    /// No longer.
    pub(crate) fn hide_notice(&mut self) -> Result<(), CoverError> {
        of_either!(self, cover => cover.hide_notice())
    }

    /// What the cover is worth, as far as the display server has said by now.
    pub(crate) fn enforcement(&self) -> Enforcement {
        match self {
            Self::X11(cover) => cover.enforcement(),
            Self::Wayland(cover) => cover.enforcement(),
        }
    }

    /// When [`Cover::on_time`] is due.
    pub(crate) fn deadline(&self) -> Option<Duration> {
        match self {
            Self::X11(cover) => cover.deadline(),
            Self::Wayland(cover) => cover.deadline(),
        }
    }

    /// Does what is due; tells when the input became ours.
    pub(crate) fn on_time(&mut self, now: Duration) -> Result<Option<bool>, CoverError> {
        of_either!(self, cover => cover.on_time(now))
    }

    /// Reads all that the display server said, and does what it wants done. Must be called before waiting for
    /// [`Cover::fd`]. Tells when another program begins to fight for the top of the screen.
    pub(crate) fn on_events(&mut self, now: Duration) -> Result<bool, CoverError> {
        match self {
            Self::X11(cover) => Ok(cover.on_events(now)?),
            Self::Wayland(cover) => {
                cover.on_events(now)?;
                Ok(false)
            }
        }
    }
}

impl std::fmt::Display for CoverError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::X11(error) => error.fmt(f),
            Self::Wayland(error) => error.fmt(f),
        }
    }
}

impl DisplayServer {
    /// What the environment names. X11 where it names both: the apps are Xwayland's clients there at best, but a
    /// kiosk session of ours sets only the one it has.
    pub(crate) fn of_environment(wayland_display: Option<&OsStr>, display: Option<&OsStr>) -> Self {
        let is_set = |value: Option<&OsStr>| value.is_some_and(|value| !value.is_empty());
        if is_set(wayland_display) && !is_set(display) { Self::Wayland } else { Self::X11 }
    }
}

impl From<wayland::CoverError> for CoverError {
    fn from(error: wayland::CoverError) -> Self {
        Self::Wayland(error)
    }
}

impl From<x11::CoverError> for CoverError {
    fn from(error: x11::CoverError) -> Self {
        Self::X11(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wayland_is_chosen_only_where_there_is_no_x_server() {
        for (wayland_display, display, chosen) in [
            (Some("wayland-1"), None, DisplayServer::Wayland),
            (Some("wayland-1"), Some(""), DisplayServer::Wayland),
            (Some("wayland-1"), Some(":0"), DisplayServer::X11),
            (None, Some(":0"), DisplayServer::X11),
            (Some(""), None, DisplayServer::X11),
            (None, None, DisplayServer::X11),
        ] {
            let found =
                DisplayServer::of_environment(wayland_display.map(OsStr::new), display.map(OsStr::new));
            assert_eq!(found, chosen, "{wayland_display:?} {display:?}");
        }
    }
}

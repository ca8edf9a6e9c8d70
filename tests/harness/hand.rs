//! A hand on a private display, whichever draws it.

use anyhow::Result;

use crate::{sway_hand::SwayHand, x_hand::XHand};

/// Whose input it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// A person's, at the keyboard and mouse of the machine.
    Person,
    /// A program's, by XTEST.
    Program,
}

/// Types and clicks on one display.
#[derive(Debug)]
pub enum Hand {
    /// On an X server.
    X(Box<XHand>),
    /// On a Wayland compositor, which takes every input for a person's.
    Sway(SwayHand),
}

impl Hand {
    /// A hand on an X display.
    ///
    /// # Errors
    /// When the display does not answer, or has no device of its own for a person's hand.
    pub fn on(display: &str, whose: Whose) -> Result<Self> {
        Ok(Self::X(Box::new(XHand::on(display, whose)?)))
    }

    /// Types `text`, one key after the other.
    ///
    /// # Errors
    /// When a character is not on the keyboard.
    pub fn type_text(&self, text: &str) -> Result<()> {
        match self {
            Self::X(hand) => hand.type_text(text),
            Self::Sway(hand) => hand.type_text(text),
        }
    }

    /// Presses and releases one named key: `Return`, `Tab`, `Escape`, `BackSpace`, `space`, `End`.
    ///
    /// # Errors
    /// When it has no such name.
    pub fn press(&self, name: &str) -> Result<()> {
        match self {
            Self::X(hand) => hand.press(name),
            Self::Sway(hand) => hand.press(name),
        }
    }

    /// Moves the pointer to `x`, `y` and clicks there.
    ///
    /// # Errors
    /// When the display is gone.
    pub fn click(&self, x: i16, y: i16) -> Result<()> {
        match self {
            Self::X(hand) => hand.click(x, y),
            Self::Sway(hand) => hand.click(x, y),
        }
    }

    /// Moves the pointer, on X always as a program: only the click counts as a person's.
    ///
    /// # Errors
    /// When the display is gone.
    pub fn move_to(&self, x: i16, y: i16) -> Result<()> {
        match self {
            Self::X(hand) => hand.move_to(x, y),
            Self::Sway(hand) => hand.move_to(x, y),
        }
    }
}

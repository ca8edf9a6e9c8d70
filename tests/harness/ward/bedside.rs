//! The person's part of a ward: what the kiosk shows her, and signing in as she does.

use std::time::Duration;

use anyhow::{Context, Result};

use super::{Ward, told::Screens};
use crate::{
    desktop::Button,
    hand::{Hand, Whose},
    nurse::Nurse,
    part::{READY_WITHIN, wait_for},
};

/// The light theme's accent (`ui/src/lib/styles/tokens.css`), which the button has once it can be pressed.
const SIGN_IN_BUTTON: [u8; 3] = [0x0b, 0x5c, 0xad];

impl Ward {
    /// The screens the agent has logged so far, oldest first.
    #[must_use]
    pub fn screens(&self) -> Vec<String> {
        self.told.screens()
    }

    /// The screen that an agent shows whose page is drawn; before that it takes no keys.
    #[must_use]
    pub fn shown_screen(&self) -> Option<String> {
        self.told.screen()
    }

    /// How often a page was drawn from its beginning: by another agent, or by another process of the web view.
    #[must_use]
    pub fn pages(&self) -> usize {
        self.told.pages()
    }

    /// How much the kiosk's programs have logged so far, for [`Ward::screen_since`].
    #[must_use]
    pub fn log_mark(&self) -> usize {
        self.kiosk_log().len()
    }

    /// The screen an agent shows that has started since `mark`, once its page is drawn.
    #[must_use]
    pub fn screen_since(&self, mark: usize) -> Option<String> {
        let log = self.kiosk_log();
        Screens::of(log.get(mark..)?).last().map(str::to_owned)
    }

    /// Waits until the agent shows `screen` (`signed_out`, `active`, …).
    ///
    /// # Errors
    /// When it does not within `bound`; the screens it showed and its log's end are in the error.
    pub fn wait_screen(&self, screen: &str, bound: Duration) -> Result<()> {
        wait_for(&format!("screen {screen}"), bound, || {
            (self.shown_screen().as_deref() == Some(screen)).then_some(())
        })
        .with_context(|| {
            let log = self.kiosk_log();
            let lines: Vec<_> = log.lines().rev().take(15).collect();
            format!(
                "screens so far: {:?}\n{}",
                self.screens(),
                lines.into_iter().rev().collect::<Vec<_>>().join("\n")
            )
        })
    }

    /// Where to click one of Tapward's native buttons.
    ///
    /// # Errors
    /// When it is not shown in time.
    pub fn button(&self, button: Button) -> Result<(i16, i16)> {
        wait_for(&format!("the button {button:?}"), READY_WITHIN, || {
            self.screen().find(button).ok().flatten()
        })
    }

    /// Waits until the kiosk's programs have logged `text`.
    ///
    /// # Errors
    /// When they do not in time.
    pub fn wait_log(&self, text: &str) -> Result<()> {
        wait_for(&format!("`{text}` in the kiosk's log"), READY_WITHIN, || {
            self.kiosk_log().contains(text).then_some(())
        })
    }

    /// Signs `nurse` in as a person would, up to the uncovered screen.
    ///
    /// # Errors
    /// When it does not come that far.
    pub fn sign_in(&self, nurse: &Nurse) -> Result<()> {
        let hand = self.hand(Whose::Person)?;
        self.give_password(&hand, nurse)?;
        self.wait_code_asked(Duration::from_secs(10))?;
        hand.type_text(&nurse.code()?)?;
        self.wait_screen("active", Duration::from_secs(10))
    }

    /// Her covered screen, resumed with her password.
    ///
    /// # Errors
    /// When it does not come that far.
    pub fn resume(&self, nurse: &Nurse) -> Result<()> {
        self.wait_screen("concealed", READY_WITHIN)?;
        self.eye()?.wait_still()?;
        let hand = self.hand(Whose::Person)?;
        hand.type_text(nurse.password())?;
        hand.press("Return")?;
        self.wait_screen("active", Duration::from_secs(10))
    }

    /// Waits until the one-time code is asked **and** its boxes are drawn, as a person does before she types.
    ///
    /// # Errors
    /// When it is not asked within `bound`.
    pub fn wait_code_asked(&self, bound: Duration) -> Result<()> {
        self.wait_screen("second_factor", bound)?;
        // What stands there before moves (a sign of waiting) or is gone; the boxes stand still.
        let eye = self.eye()?;
        eye.wait_still()?;
        eye.wait_still()
    }

    /// Waits until the sign-in is asked for **and** its button is drawn, as a person does before she types: the page
    /// may be behind the agent's log.
    ///
    /// # Errors
    /// When it is not in time.
    pub fn wait_sign_in_drawn(&self) -> Result<()> {
        self.wait_screen("signed_out", READY_WITHIN)?;
        let eye = self.eye()?;
        wait_for("the button of the sign-in on screen", READY_WITHIN, || {
            eye.sees(SIGN_IN_BUTTON).ok().filter(|is_seen| *is_seen).map(drop)
        })
    }

    /// Types name and password and presses Return.
    ///
    /// # Errors
    /// When the sign-in does not show, or the display is gone.
    pub fn give_password(&self, hand: &Hand, nurse: &Nurse) -> Result<()> {
        self.wait_sign_in_drawn()?;
        hand.type_text(nurse.name())?;
        hand.press("Tab")?;
        hand.type_text(nurse.password())?;
        hand.press("Return")
    }
}

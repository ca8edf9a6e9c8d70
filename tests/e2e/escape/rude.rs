//! A program of the same desktop that means no good, in a process of its own: the shield ends who keeps the input.
//!
//! `rude WHAT` does it, says `done`, or `refused` where the X server did, and lives on. Its windows have the app's colour;
//! it says `got` with each key and click that it gets.
#![allow(clippy::print_stdout, reason = "it reports by printing")]

use std::{env, sync::Arc, thread};

use anyhow::{Context, Result, bail};
use harness::app::MARKER;
use x11rb::{
    CURRENT_TIME, NONE,
    connection::Connection as _,
    protocol::{
        Event,
        composite::ConnectionExt as _,
        screensaver::{ConnectionExt as _, SetAttributesAux},
        shape::{ConnectionExt as _, SK, SO},
        xinput::{ConnectionExt as _, GrabOwner},
        xproto::{
            AtomEnum, ButtonIndex, Circulate, ClipOrdering, ConfigureWindowAux, ConnectionExt as _,
            CreateWindowAux, EventMask, GrabMode, GrabStatus, InputFocus, ModMask, PropMode, ScreenSaver,
            StackMode, Window, WindowClass,
        },
    },
    rust_connection::RustConnection,
    wrapper::ConnectionExt as _,
};

const ASYNC: GrabMode = GrabMode::ASYNC;
/// The first pair of masters.
const MASTER_POINTER: u16 = 2;
const MASTER_KEYBOARD: u16 = 3;

struct Rude {
    connection: Arc<RustConnection>,
    root: Window,
}

fn main() -> Result<()> {
    let what = env::args().nth(1).context("rude WHAT")?;
    let (connection, screen) = RustConnection::connect(None)?;
    let root = connection.setup().roots[screen].root;
    let rude = Rude { connection: Arc::new(connection), root };
    let is_granted = rude.act(&what)?;
    rude.sync()?;
    println!("{}", if is_granted { "done" } else { "refused" });
    loop {
        if let Event::KeyPress(_) | Event::ButtonPress(_) = rude.connection.wait_for_event()? {
            println!("got");
        }
    }
}

impl Rude {
    fn act(&self, what: &str) -> Result<bool> {
        match what.split_once(' ').unwrap_or((what, "")) {
            ("window", "") => self.window(false, None).map(|_| true),
            ("menu", "") => self.window(true, None).map(|_| true),
            ("menus", "") => (0..100).try_for_each(|_| self.window(true, None).map(drop)).map(|()| true),
            ("type", kind) => self.window(false, Some(("_NET_WM_WINDOW_TYPE", kind))).map(|_| true),
            ("state", state) => self.window(false, Some(("_NET_WM_STATE", state))).map(|_| true),
            ("raising", "") => self.keep_raising().map(|()| true),
            ("blinking", "") => self.blink().map(|()| true),
            ("focus", "") => self.keep_focus().map(|()| true),
            ("nobody", "") => {
                self.connection.set_input_focus(InputFocus::NONE, NONE, CURRENT_TIME)?;
                Ok(true)
            }
            ("circulate", "") => {
                for direction in [Circulate::RAISE_LOWEST, Circulate::LOWER_HIGHEST] {
                    self.connection.circulate_window(direction, self.root)?;
                }
                Ok(true)
            }
            ("saver", "") => self.screen_saver(),
            ("server", "") => {
                self.connection.grab_server()?;
                self.window(true, None)?;
                self.connection.ungrab_server()?;
                Ok(true)
            }
            ("overlay", how) => self.tamper(how).map(|()| true),
            ("keep", device) => {
                self.small_menu()?;
                self.keep(device)
            }
            ("usurp", "") => {
                // By which it is told from who keeps nothing.
                self.small_menu()?;
                // With what it stands in the agent's window goes, and with that its grab, before anybody hears of it.
                self.tamper("unmapped")?;
                self.keep_keyboard()
            }
            ("keys", "") => self.every_key().map(|()| true),
            ("buttons", "") => self.every_button().map(|()| true),
            _ => bail!("nobody knows how to be rude by {what:?}"),
        }
    }

    /// A window over the whole screen and beyond, on top.
    fn window(&self, is_menu: bool, hint: Option<(&str, &str)>) -> Result<Window> {
        let (window, [red, green, blue]) = (self.connection.generate_id()?, MARKER.map(u32::from));
        let look = CreateWindowAux::new()
            .background_pixel(red << 16 | green << 8 | blue)
            .override_redirect(u32::from(is_menu))
            .event_mask(EventMask::KEY_PRESS | EventMask::BUTTON_PRESS);
        let class = WindowClass::INPUT_OUTPUT;
        self.connection.create_window(0, window, self.root, 0, 0, 3_000, 2_000, 0, class, 0, &look)?;
        if let Some((property, value)) = hint {
            let property = self.connection.intern_atom(false, property.as_bytes())?.reply()?.atom;
            let value = self.connection.intern_atom(false, value.as_bytes())?.reply()?.atom;
            self.connection.change_property32(
                PropMode::REPLACE,
                window,
                property,
                AtomEnum::ATOM,
                &[value],
            )?;
        }
        self.connection.map_window(window)?;
        self.raise(window)?;
        Ok(window)
    }

    /// As small as a menu: the person can still reach what is beside it.
    fn small_menu(&self) -> Result<()> {
        let menu = self.window(true, None)?;
        let small = ConfigureWindowAux::new().x(100).y(300).width(200).height(200);
        self.connection.configure_window(menu, &small)?;
        Ok(())
    }

    fn raise(&self, window: Window) -> Result<()> {
        let above = ConfigureWindowAux::new().stack_mode(StackMode::ABOVE);
        self.connection.configure_window(window, &above)?;
        self.sync()
    }

    fn keep_raising(&self) -> Result<()> {
        let window = self.window(true, None)?;
        self.keep_doing(move |rude| {
            rude.connection.map_window(window)?;
            rude.raise(window)
        });
        Ok(())
    }

    fn keep_focus(&self) -> Result<()> {
        let window = self.window(true, None)?;
        self.keep_doing(move |rude| {
            rude.connection.set_input_focus(InputFocus::PARENT, window, CURRENT_TIME)?;
            rude.sync()
        });
        Ok(())
    }

    /// As fast as the X server allows, until it serves this program no more.
    fn keep_doing(&self, act: impl Fn(&Self) -> Result<()> + Send + 'static) {
        let rude = Self { connection: Arc::clone(&self.connection), root: self.root };
        thread::spawn(move || while act(&rude).is_ok() {});
    }

    fn blink(&self) -> Result<()> {
        let window = self.window(true, None)?;
        for _ in 0..50 {
            self.connection.unmap_window(window)?;
            self.connection.map_window(window)?;
            self.raise(window)?;
        }
        Ok(())
    }

    fn screen_saver(&self) -> Result<bool> {
        let [red, green, blue] = MARKER.map(u32::from);
        let look =
            SetAttributesAux::new().background_pixel(red << 16 | green << 8 | blue).override_redirect(1);
        let class = WindowClass::INPUT_OUTPUT;
        let set = self
            .connection
            .screensaver_set_attributes(self.root, 0, 0, 3_000, 2_000, 0, class, 0, 0, &look)?;
        let is_granted = set.check().is_ok();
        self.connection.force_screen_saver(ScreenSaver::ACTIVE)?;
        self.sync()?;
        self.connection.force_screen_saver(ScreenSaver::RESET)?;
        Ok(is_granted)
    }

    fn tamper(&self, how: &str) -> Result<()> {
        // The app's window is what is bared.
        self.connection.composite_query_version(0, 4)?.reply()?;
        let overlay = self.connection.composite_get_overlay_window(self.root)?.reply()?.overlay_win;
        let (connection, order) = (&self.connection, ClipOrdering::UNSORTED);
        match how {
            "shaped" => {
                drop(connection.shape_rectangles(SO::SET, SK::BOUNDING, order, overlay, 0, 0, &[])?)
            }
            "unmapped" => drop(connection.unmap_window(overlay)?),
            "lowered" => {
                let below = ConfigureWindowAux::new().stack_mode(StackMode::BELOW);
                connection.configure_window(overlay, &below)?;
            }
            "moved" => {
                drop(connection.configure_window(overlay, &ConfigureWindowAux::new().x(5_000).y(5_000))?)
            }
            other => bail!("the overlay cannot be {other}"),
        }
        Ok(())
    }

    fn keep(&self, device: &str) -> Result<bool> {
        Ok(match device {
            "keyboard" => self.keep_keyboard()?,
            "pointer" => self.keep_pointer()?,
            "both" => self.keep_keyboard()? && self.keep_pointer()?,
            "keyboard-xi" => self.keep_device(MASTER_KEYBOARD)?,
            "pointer-xi" => self.keep_device(MASTER_POINTER)?,
            "again" => {
                self.keep_doing(|rude| {
                    rude.connection.ungrab_keyboard(CURRENT_TIME)?;
                    rude.keep_keyboard().map(drop)
                });
                true
            }
            other => bail!("there is no {other} to keep"),
        })
    }

    fn keep_keyboard(&self) -> Result<bool> {
        let grab = self.connection.grab_keyboard(true, self.root, CURRENT_TIME, ASYNC, ASYNC)?;
        Ok(grab.reply()?.status == GrabStatus::SUCCESS)
    }

    fn keep_pointer(&self) -> Result<bool> {
        let (clicks, now) = (EventMask::BUTTON_PRESS, CURRENT_TIME);
        let grab = self.connection.grab_pointer(true, self.root, clicks, ASYNC, ASYNC, NONE, NONE, now)?;
        Ok(grab.reply()?.status == GrabStatus::SUCCESS)
    }

    fn keep_device(&self, device: u16) -> Result<bool> {
        self.connection.xinput_xi_query_version(2, 2)?.reply()?;
        // Key and button presses.
        let (own, mask) = (GrabOwner::NO_OWNER, [1 << 2 | 1 << 4]);
        let grab = self.connection.xinput_xi_grab_device(
            self.root,
            CURRENT_TIME,
            NONE,
            device,
            ASYNC,
            ASYNC,
            own,
            &mask,
        )?;
        Ok(grab.reply()?.status == GrabStatus::SUCCESS)
    }

    /// Each key that nobody else has, as soon as it is pressed.
    fn every_key(&self) -> Result<()> {
        for key in 8..=u8::MAX {
            self.connection.grab_key(true, self.root, ModMask::ANY, key, ASYNC, ASYNC)?;
        }
        Ok(())
    }

    /// The same of the mouse.
    fn every_button(&self) -> Result<()> {
        let (clicks, any) = (EventMask::BUTTON_PRESS, ModMask::ANY);
        for button in (1..=5_u8).map(ButtonIndex::from) {
            self.connection.grab_button(true, self.root, clicks, ASYNC, ASYNC, NONE, NONE, button, any)?;
        }
        Ok(())
    }

    fn sync(&self) -> Result<()> {
        self.connection.get_input_focus()?.reply()?;
        Ok(())
    }
}

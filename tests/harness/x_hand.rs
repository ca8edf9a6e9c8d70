//! A person's hand on a private X server: keys and clicks that count as hers, and those of a program.
//!
//! Xvfb has a keyboard and a mouse of its own besides the XTEST devices. The extension form of
//! `XTestFakeInput` (an XInput event type and a device id) moves those, which is what a person at a real
//! keyboard would do; the core form moves the XTEST devices, which is what a program would do.

use std::{collections::HashMap, thread, time::Duration};

use anyhow::{Context, Result, bail};
use x11rb::{
    connection::Connection,
    protocol::{
        xinput::{self, ConnectionExt as _},
        xproto::{ConnectionExt as _, Keycode},
        xtest::ConnectionExt as _,
    },
    rust_connection::RustConnection,
};

use crate::hand::Whose;

const KEY_PRESS: u8 = 2;
const KEY_RELEASE: u8 = 3;
const BUTTON_PRESS: u8 = 4;
const BUTTON_RELEASE: u8 = 5;
const MOTION: u8 = 6;
/// XInput event codes, counted from the extension's first event.
const DEVICE_KEY_PRESS: u8 = 1;
const DEVICE_KEY_RELEASE: u8 = 2;
const DEVICE_BUTTON_PRESS: u8 = 3;
const DEVICE_BUTTON_RELEASE: u8 = 4;

const SHIFT: u32 = 0xffe1;
/// Time between two keys of a quick typist's machine; a real keyboard reports no faster.
const BETWEEN_KEYS: Duration = Duration::from_millis(8);

/// Types and clicks on one display.
#[derive(Debug)]
pub struct XHand {
    connection: RustConnection,
    root: u32,
    whose: Whose,
    first_event: u8,
    keyboard: u8,
    mouse: u8,
    /// Key symbol to key code and whether Shift is needed.
    keys: HashMap<u32, (Keycode, bool)>,
}

impl XHand {
    /// A hand on `display`.
    ///
    /// # Errors
    /// When the display does not answer, or has no device of its own for a person's hand.
    pub fn on(display: &str, whose: Whose) -> Result<Self> {
        let (connection, screen) = RustConnection::connect(Some(display))?;
        let root = connection.setup().roots[screen].root;
        connection.xtest_get_version(2, 2)?.reply()?;
        let first_event = x11rb::connection::RequestConnection::extension_information(
            &connection,
            xinput::X11_EXTENSION_NAME,
        )?
        .context("this X server has no XInput")?
        .first_event;
        connection.xinput_xi_query_version(2, 2)?.reply()?;
        let device = |kind| match whose {
            Whose::Person => find(&connection, kind),
            // The core form names none.
            Whose::Program => Ok(0),
        };
        let keyboard = device(xinput::DeviceType::SLAVE_KEYBOARD)?;
        let mouse = device(xinput::DeviceType::SLAVE_POINTER)?;
        let keys = key_map(&connection)?;
        Ok(Self { connection, root, whose, first_event, keyboard, mouse, keys })
    }

    /// Types `text`, one key after the other.
    ///
    /// # Errors
    /// When a character is not on the keyboard.
    pub fn type_text(&self, text: &str) -> Result<()> {
        for character in text.chars() {
            let symbol = match character {
                '\n' => symbol_of("Return")?,
                '\t' => symbol_of("Tab")?,
                other => u32::from(other),
            };
            self.press_symbol(symbol)?;
        }
        Ok(())
    }

    /// Presses and releases one named key: `Return`, `Tab`, `Escape`, `BackSpace`, `space`.
    ///
    /// # Errors
    /// When it has no such name.
    pub fn press(&self, name: &str) -> Result<()> {
        self.press_symbol(symbol_of(name)?)
    }

    /// Moves the pointer to `x`, `y` and clicks there.
    ///
    /// # Errors
    /// When the display is gone.
    pub fn click(&self, x: i16, y: i16) -> Result<()> {
        self.move_to(x, y)?;
        let (press, release) = match self.whose {
            Whose::Person => {
                (self.first_event + DEVICE_BUTTON_PRESS, self.first_event + DEVICE_BUTTON_RELEASE)
            }
            Whose::Program => (BUTTON_PRESS, BUTTON_RELEASE),
        };
        self.fake(press, 1, self.mouse)?;
        thread::sleep(BETWEEN_KEYS);
        self.fake(release, 1, self.mouse)
    }

    /// Moves the pointer, always as a program: only the click counts as a person's.
    ///
    /// # Errors
    /// When the display is gone.
    pub fn move_to(&self, x: i16, y: i16) -> Result<()> {
        self.connection.xtest_fake_input(MOTION, 0, 0, self.root, x, y, 0)?.check()?;
        thread::sleep(BETWEEN_KEYS);
        Ok(())
    }

    fn press_symbol(&self, symbol: u32) -> Result<()> {
        let Some(&(code, is_shifted)) = self.keys.get(&symbol) else {
            bail!("the keyboard has no key for symbol {symbol:#x}");
        };
        let shift = self.keys.get(&SHIFT).map(|(code, _)| *code).filter(|_| is_shifted);
        if let Some(shift) = shift {
            self.key(shift, true)?;
        }
        self.key(code, true)?;
        self.key(code, false)?;
        if let Some(shift) = shift {
            self.key(shift, false)?;
        }
        thread::sleep(BETWEEN_KEYS);
        Ok(())
    }

    fn key(&self, code: Keycode, is_down: bool) -> Result<()> {
        let kind = match (self.whose, is_down) {
            (Whose::Person, true) => self.first_event + DEVICE_KEY_PRESS,
            (Whose::Person, false) => self.first_event + DEVICE_KEY_RELEASE,
            (Whose::Program, true) => KEY_PRESS,
            (Whose::Program, false) => KEY_RELEASE,
        };
        self.fake(kind, code, self.keyboard)
    }

    fn fake(&self, kind: u8, detail: u8, device: u8) -> Result<()> {
        let device = if self.whose == Whose::Person { device } else { 0 };
        self.connection.xtest_fake_input(kind, detail, 0, x11rb::NONE, 0, 0, device)?.check()?;
        self.connection.flush()?;
        Ok(())
    }
}

fn find(connection: &RustConnection, kind: xinput::DeviceType) -> Result<u8> {
    let property = connection.intern_atom(false, b"XTEST Device")?.reply()?.atom;
    for device in connection.xinput_xi_query_device(xinput::Device::ALL)?.reply()?.infos {
        if device.type_ != kind {
            continue;
        }
        let value =
            connection.xinput_xi_get_property(device.deviceid, false, property, 0_u32, 0, 1)?.reply()?;
        if !matches!(value.items, xinput::XIGetPropertyItems::Data8(ref bytes) if bytes.first() == Some(&1)) {
            return Ok(u8::try_from(device.deviceid)?);
        }
    }
    bail!("this X server has no {kind:?} of its own")
}

fn key_map(connection: &RustConnection) -> Result<HashMap<u32, (Keycode, bool)>> {
    let (first, last) = (connection.setup().min_keycode, connection.setup().max_keycode);
    let mapping = connection.get_keyboard_mapping(first, last - first + 1)?.reply()?;
    let width = usize::from(mapping.keysyms_per_keycode);
    let mut keys = HashMap::new();
    for (row, symbols) in mapping.keysyms.chunks(width).enumerate() {
        for (column, symbol) in symbols.iter().take(2).enumerate() {
            let code = first + u8::try_from(row)?;
            keys.entry(*symbol).or_insert((code, column == 1));
        }
    }
    Ok(keys)
}

fn symbol_of(name: &str) -> Result<u32> {
    Ok(match name {
        "Return" => 0xff0d,
        "Tab" => 0xff09,
        "Escape" => 0xff1b,
        "BackSpace" => 0xff08,
        "space" => 0x20,
        "End" => 0xff57,
        other => bail!("no key is called {other} here"),
    })
}

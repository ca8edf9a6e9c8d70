//! A keyboard-wedge reader on a private X server: a keyboard of its own, which no driver but this test types on.
//!
//! X servers without hardware have no second keyboard; a new master device brings one. It says of itself what a driver
//! would say of a USB reader. Being typed on by a program, it is claimed only where synthetic input counts.

use anyhow::{Context, Result, ensure};
use x11rb::{
    connection::{Connection as _, RequestConnection as _},
    protocol::{
        xinput::{
            self, ChangeMode, ConnectionExt as _, DeviceId, DeviceType, HierarchyChange, HierarchyChangeData,
            HierarchyChangeDataAddMaster, HierarchyChangeDataRemoveMaster, XIChangePropertyAux,
        },
        xproto::{AtomEnum, ConnectionExt as _, GrabMode, GrabStatus, PropMode},
        xtest::ConnectionExt as _,
    },
    rust_connection::RustConnection,
};

const NAME: &str = "Badge";
/// XInput event codes, counted from the extension's first event.
const DEVICE_KEY_PRESS: u8 = 1;
const DEVICE_KEY_RELEASE: u8 = 2;
/// An X server counts keys from here.
const X_KEYCODES_FROM: u8 = 8;

/// The reader, plugged in.
#[derive(Debug)]
pub struct Wedge {
    connection: RustConnection,
    first_event: u8,
    master: DeviceId,
    keyboard: u8,
}

impl Wedge {
    /// Plugs in a reader of this vendor and product.
    ///
    /// # Errors
    /// When the display does not answer or makes no keyboard.
    pub fn plug_in(display: &str, vendor: u16, product: u16) -> Result<Self> {
        let (connection, _) = RustConnection::connect(Some(display))?;
        let extension = connection.extension_information(xinput::X11_EXTENSION_NAME)?;
        let first_event = extension.context("this X server has no XInput")?.first_event;
        connection.xinput_xi_query_version(2, 2)?.reply()?;
        let add = HierarchyChangeDataAddMaster { send_core: true, enable: true, name: NAME.into() };
        let len = u16::try_from(2 + NAME.len().div_ceil(4))?;
        change(&connection, HierarchyChange { len, data: HierarchyChangeData::AddMaster(add) })?;

        let master = find(&connection, DeviceType::MASTER_KEYBOARD)?;
        let keyboard = find(&connection, DeviceType::SLAVE_KEYBOARD)?;
        let property = connection.intern_atom(false, b"Device Product ID")?.reply()?.atom;
        let id = XIChangePropertyAux::Data32(vec![vendor.into(), product.into()]);
        connection
            .xinput_xi_change_property(
                keyboard,
                PropMode::REPLACE,
                property,
                AtomEnum::INTEGER.into(),
                2,
                &id,
            )?
            .check()?;
        Ok(Self { connection, first_event, master, keyboard: u8::try_from(keyboard)? })
    }

    /// Has what is typed on it, where nobody claims it, reach this window.
    ///
    /// # Errors
    /// When there is no such window.
    pub fn focus(&self, window: u32) -> Result<()> {
        Ok(self.connection.xinput_xi_set_focus(window, x11rb::CURRENT_TIME, self.master)?.check()?)
    }

    /// Types digits and line ends, as quickly as the X server takes them.
    ///
    /// # Errors
    /// When the display is gone.
    pub fn types(&self, text: &str) -> Result<()> {
        for character in text.chars() {
            let code = key_code(character).with_context(|| format!("the reader has no {character:?}"))?;
            for kind in [DEVICE_KEY_PRESS, DEVICE_KEY_RELEASE] {
                self.connection.xtest_fake_input(
                    self.first_event + kind,
                    code + X_KEYCODES_FROM,
                    0,
                    x11rb::NONE,
                    0,
                    0,
                    self.keyboard,
                )?;
            }
        }
        // An answer comes only behind them all.
        self.connection.get_input_focus()?.reply()?;
        Ok(())
    }

    /// Has another program take it for itself alone, until the answer is dropped.
    ///
    /// # Errors
    /// When the display is gone, or somebody has it.
    pub fn held_by_another(&self, display: &str) -> Result<RustConnection> {
        let (connection, screen) = RustConnection::connect(Some(display))?;
        connection.xinput_xi_query_version(2, 2)?.reply()?;
        let root = connection.setup().roots[screen].root;
        let grabbed = connection.xinput_xi_grab_device(
            root,
            x11rb::CURRENT_TIME,
            x11rb::NONE,
            DeviceId::from(self.keyboard),
            GrabMode::ASYNC,
            GrabMode::ASYNC,
            xinput::GrabOwner::NO_OWNER,
            &[u32::from(xinput::XIEventMask::KEY_PRESS)],
        )?;
        ensure!(grabbed.reply()?.status == GrabStatus::SUCCESS, "somebody has the reader");
        Ok(connection)
    }

    /// Pulls it out.
    ///
    /// # Errors
    /// When the display is gone.
    pub fn pull_out(self) -> Result<()> {
        let remove = HierarchyChangeDataRemoveMaster {
            deviceid: self.master,
            return_mode: ChangeMode::FLOAT,
            return_pointer: 0,
            return_keyboard: 0,
        };
        change(&self.connection, HierarchyChange { len: 3, data: HierarchyChangeData::RemoveMaster(remove) })
    }
}

fn change(connection: &RustConnection, change: HierarchyChange) -> Result<()> {
    Ok(connection.xinput_xi_change_hierarchy(&[change])?.check()?)
}

/// Our own device of this kind.
fn find(connection: &RustConnection, kind: DeviceType) -> Result<DeviceId> {
    let devices = connection.xinput_xi_query_device(xinput::Device::ALL)?.reply()?.infos;
    let ours = devices.iter().find(|device| device.type_ == kind && device.name.starts_with(NAME.as_bytes()));
    Ok(ours.context("the X server has not made the keyboard")?.deviceid)
}

/// The kernel's code for the key.
fn key_code(character: char) -> Option<u8> {
    match character {
        '1'..='9' => Some(u8::try_from(character).ok()? - b'1' + 2),
        '0' => Some(11),
        '\n' => Some(28),
        _ => None,
    }
}

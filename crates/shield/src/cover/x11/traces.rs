//! What one person leaves on the display itself and the next would meet there.
//!
//! The display is put back to what it was when the shield came up: cut buffers and selections empty, the
//! properties of the root window that programs read at their start, locks (Caps Lock), keyboard and pointer mapping,
//! key repeat, bell, pointer speed, screen-saver times, and who may connect. What an administrator set up before is part of
//! that. Not put back, because it cannot be read or cannot be told from what belongs there: the root's
//! picture, other properties of the root, a keymap of more than core keysyms (`setxkbmap`), properties of input devices.

use x11rb::{
    CURRENT_TIME, NONE,
    connection::{Connection as _, RequestConnection as _},
    protocol::{
        xkb::{self, ConnectionExt as _},
        xproto::{
            self, AccessControl, Atom, AtomEnum, AutoRepeatMode, ChangeKeyboardControlAux,
            ConnectionExt as _, HostMode, MappingStatus, ModMask, PropMode, ScreenSaver, Window,
        },
    },
    rust_connection::RustConnection,
};

use super::{CoverError, reply};

/// Texts of the last eight selections, kept by the server for programs of long ago. Any program may read them.
const CUT_BUFFERS: [AtomEnum; 8] = [
    AtomEnum::CUT_BUFFER0,
    AtomEnum::CUT_BUFFER1,
    AtomEnum::CUT_BUFFER2,
    AtomEnum::CUT_BUFFER3,
    AtomEnum::CUT_BUFFER4,
    AtomEnum::CUT_BUFFER5,
    AtomEnum::CUT_BUFFER6,
    AtomEnum::CUT_BUFFER7,
];
/// Whoever owns one of these hands out what was marked, copied or dragged.
const SELECTIONS: [&[u8]; 4] = [b"PRIMARY", b"SECONDARY", b"CLIPBOARD", b"XdndSelection"];
/// What programs read at their start.
const PROPERTIES: [&[u8]; 3] = [b"RESOURCE_MANAGER", b"SCREEN_RESOURCES", b"_XKB_RULES_NAMES"];
/// More than any of these properties has, in units of four bytes.
const PROPERTY_SIZE_MAX: u32 = 65_536;

/// The display as it was when the shield came up.
#[derive(Debug)]
pub(super) struct Traces {
    root: Window,
    selections: Vec<Atom>,
    properties: Vec<(Atom, Option<xproto::GetPropertyReply>)>,
    keyboard: Option<xproto::GetKeyboardMappingReply>,
    modifiers: Option<xproto::GetModifierMappingReply>,
    pointer: Option<xproto::GetPointerMappingReply>,
    repeat: Option<xproto::GetKeyboardControlReply>,
    speed: Option<xproto::GetPointerControlReply>,
    saver: Option<xproto::GetScreenSaverReply>,
    hosts: Option<xproto::ListHostsReply>,
    has_xkb: bool,
}

impl Traces {
    /// Reads how it is now.
    pub(super) fn note(conn: &RustConnection, root: Window) -> Result<Self, CoverError> {
        let atom = |name: &[u8]| -> Result<Option<Atom>, CoverError> {
            Ok(reply(conn.intern_atom(false, name)?.reply())?.map(|atom| atom.atom))
        };
        let mut selections = Vec::new();
        for name in SELECTIONS {
            selections.extend(atom(name)?);
        }
        let mut properties = Vec::new();
        for name in PROPERTIES {
            if let Some(name) = atom(name)? {
                properties.push((name, property(conn, root, name)?));
            }
        }
        let has_xkb = conn.extension_information(xkb::X11_EXTENSION_NAME)?.is_some()
            && reply(conn.xkb_use_extension(1, 0)?.reply())?.is_some_and(|xkb| xkb.supported);
        Ok(Self {
            root,
            selections,
            properties,
            keyboard: keyboard(conn)?,
            modifiers: reply(conn.get_modifier_mapping()?.reply())?,
            pointer: reply(conn.get_pointer_mapping()?.reply())?,
            repeat: reply(conn.get_keyboard_control()?.reply())?,
            speed: reply(conn.get_pointer_control()?.reply())?,
            saver: reply(conn.get_screen_saver()?.reply())?,
            hosts: reply(conn.list_hosts()?.reply())?,
            has_xkb,
        })
    }

    /// Puts it back. What is as it was is not touched.
    pub(super) fn wipe(&self, conn: &RustConnection) -> Result<(), CoverError> {
        for buffer in CUT_BUFFERS {
            conn.delete_property(self.root, buffer.into())?;
        }
        for &selection in &self.selections {
            conn.set_selection_owner(NONE, selection, CURRENT_TIME)?;
        }
        for (name, before) in &self.properties {
            self.put_back_property(conn, *name, before.as_ref())?;
        }
        // What is down now keeps what it does until the screen is covered again.
        let _ = self.put_keys_back(conn)?;
        self.put_back_controls(conn)?;
        self.put_back_hosts(conn)?;
        conn.flush()?;
        Ok(())
    }

    fn put_back_property(
        &self,
        conn: &RustConnection,
        name: Atom,
        before: Option<&xproto::GetPropertyReply>,
    ) -> Result<(), CoverError> {
        match before {
            None => conn.delete_property(self.root, name)?,
            Some(was) => {
                let (format, count) = (was.format, was.value_len);
                conn.change_property(
                    PropMode::REPLACE,
                    self.root,
                    name,
                    was.type_,
                    format,
                    count,
                    &was.value,
                )?
            }
        };
        Ok(())
    }

    /// Puts back locks, and what each key and button does; whether all of it could be. What is as it was is not touched.
    pub(super) fn put_keys_back(&self, conn: &RustConnection) -> Result<bool, CoverError> {
        if self.has_xkb {
            // Num Lock may belong to the workstation; Caps Lock is always somebody's.
            let (all, caps) = (ModMask::from(0xff_u8), ModMask::LOCK);
            let device = xkb::ID::USE_CORE_KBD.into();
            conn.xkb_latch_lock_state(device, caps, ModMask::from(0_u8), true, xkb::Group::M1, all, true, 0)?;
        }
        if let (Some(was), Some(now)) = (&self.keyboard, keyboard(conn)?)
            && !first_groups(was).eq(first_groups(&now))
        {
            let (first, last) = (conn.setup().min_keycode, conn.setup().max_keycode);
            conn.change_keyboard_mapping(last - first + 1, first, was.keysyms_per_keycode, &was.keysyms)?;
        }
        self.put_mappings_back(conn)
    }

    /// Of that, what cannot be changed while a key or a button is down.
    pub(super) fn put_mappings_back(&self, conn: &RustConnection) -> Result<bool, CoverError> {
        let mut is_whole = true;
        if let (Some(was), Some(now)) = (&self.modifiers, reply(conn.get_modifier_mapping()?.reply())?)
            && was.keycodes != now.keycodes
        {
            // Refused while one of these keys is down, as buttons are.
            let set = reply(conn.set_modifier_mapping(&was.keycodes)?.reply())?;
            is_whole &= set.is_none_or(|set| set.status != MappingStatus::BUSY);
        }
        if let (Some(was), Some(now)) = (&self.pointer, reply(conn.get_pointer_mapping()?.reply())?)
            && was.map != now.map
        {
            let set = reply(conn.set_pointer_mapping(&was.map)?.reply())?;
            is_whole &= set.is_none_or(|set| set.status != MappingStatus::BUSY);
        }
        conn.flush()?;
        Ok(is_whole)
    }

    fn put_back_controls(&self, conn: &RustConnection) -> Result<(), CoverError> {
        if let Some(was) = &self.repeat {
            let is_on = was.global_auto_repeat == AutoRepeatMode::ON;
            let control = ChangeKeyboardControlAux::new()
                .key_click_percent(i32::from(was.key_click_percent))
                .bell_percent(i32::from(was.bell_percent))
                .bell_pitch(i32::from(was.bell_pitch))
                .bell_duration(i32::from(was.bell_duration))
                .auto_repeat_mode(if is_on { AutoRepeatMode::ON } else { AutoRepeatMode::OFF });
            conn.change_keyboard_control(&control)?;
        }
        if let Some(was) = &self.speed {
            let part = |of: u16| of.cast_signed();
            let (numerator, denominator) =
                (part(was.acceleration_numerator), part(was.acceleration_denominator).max(1));
            conn.change_pointer_control(numerator, denominator, part(was.threshold), true, true)?;
        }
        if let Some(was) = &self.saver {
            let time = |of: u16| of.cast_signed();
            conn.set_screen_saver(
                time(was.timeout),
                time(was.interval),
                was.prefer_blanking,
                was.allow_exposures,
            )?;
            conn.force_screen_saver(ScreenSaver::RESET)?;
        }
        Ok(())
    }

    fn put_back_hosts(&self, conn: &RustConnection) -> Result<(), CoverError> {
        let (Some(was), Some(now)) = (&self.hosts, reply(conn.list_hosts()?.reply())?) else { return Ok(()) };
        let has = |hosts: &[xproto::Host], host: &xproto::Host| {
            hosts.iter().any(|other| other.family == host.family && other.address == host.address)
        };
        for host in now.hosts.iter().filter(|host| !has(&was.hosts, host)) {
            conn.change_hosts(HostMode::DELETE, host.family, &host.address)?;
        }
        for host in was.hosts.iter().filter(|host| !has(&now.hosts, host)) {
            conn.change_hosts(HostMode::INSERT, host.family, &host.address)?;
        }
        if was.mode != now.mode {
            conn.set_access_control(if was.mode == AccessControl::ENABLE {
                AccessControl::ENABLE
            } else {
                AccessControl::DISABLE
            })?;
        }
        Ok(())
    }
}

fn property(
    conn: &RustConnection,
    root: Window,
    name: Atom,
) -> Result<Option<xproto::GetPropertyReply>, CoverError> {
    let found = conn.get_property(false, root, name, AtomEnum::ANY, 0, PROPERTY_SIZE_MAX)?.reply();
    Ok(reply(found)?.filter(|found| found.type_ != NONE && found.bytes_after == 0))
}

/// What each key types, in its first two groups: in further ones the server repeats them as it likes.
fn first_groups(mapping: &xproto::GetKeyboardMappingReply) -> impl Iterator<Item = [u32; 4]> + '_ {
    mapping.keysyms.chunks(usize::from(mapping.keysyms_per_keycode).max(1)).map(|symbols| {
        let symbol = |at: usize| symbols.get(at).copied().unwrap_or(NONE);
        [symbol(0), symbol(1), symbol(2), symbol(3)]
    })
}

fn keyboard(conn: &RustConnection) -> Result<Option<xproto::GetKeyboardMappingReply>, CoverError> {
    let (first, last) = (conn.setup().min_keycode, conn.setup().max_keycode);
    reply(conn.get_keyboard_mapping(first, last - first + 1)?.reply())
}

//! The keyboards and mice of the workstation, and the masters (cursor and focus) that they move.
//!
//! Our grabs are of the first pair of masters: another pair is removed, and a device that somebody took out of its
//! pair for himself counts as held by another program.

use std::collections::BTreeSet;

use x11rb::{
    CURRENT_TIME, NONE,
    connection::Connection as _,
    protocol::{
        xinput::{
            ChangeMode, ConnectionExt as _, Device, DeviceType, EventMask, GrabOwner, HierarchyChange,
            HierarchyChangeData, HierarchyChangeDataAttachSlave, HierarchyChangeDataDetachSlave,
            HierarchyChangeDataRemoveMaster, XIChangePropertyAux, XIDeviceInfo, XIEventMask,
            XIGetPropertyItems,
        },
        xproto::{Atom, AtomEnum, ConnectionExt as _, GrabMode, GrabStatus, PropMode, Window},
    },
    rust_connection::RustConnection,
};

use super::{CoverError, reply};

/// The first pair of masters, which no program can remove.
const POINTER: u16 = 2;
const KEYBOARD: u16 = 3;
/// Where a device that we detached belongs. Kept by the X server, so that it outlives us.
const BELONGS_TO: &[u8] = b"TAPWARD_BELONGS_TO";
/// What XTEST's own devices carry.
const XTEST: &[u8] = b"XTEST Device";

/// The X input devices; nothing is done on servers without XInput 2.
#[derive(Debug, Clone)]
pub(super) struct Devices {
    root: Window,
    atoms: Option<(Atom, Atom)>,
    /// Badge readers that the agent has for itself, by its own word.
    readers: BTreeSet<u16>,
}

impl Devices {
    /// Attaches again what a shield that crashed left detached.
    pub(super) fn set_up(conn: &RustConnection, root: Window) -> Result<Self, CoverError> {
        let has_version = reply(conn.xinput_xi_query_version(2, 2)?.reply());
        let (belongs_to, xtest) = (conn.intern_atom(false, BELONGS_TO)?, conn.intern_atom(false, XTEST)?);
        let atoms = reply(belongs_to.reply())?.zip(reply(xtest.reply())?);
        let atoms = atoms.map(|(belongs_to, xtest)| (belongs_to.atom, xtest.atom));
        let atoms = atoms.filter(|_| matches!(has_version, Ok(Some(_))));
        let devices = Self { root, atoms, readers: BTreeSet::new() };
        if devices.atoms.is_some() {
            let mask = EventMask { deviceid: Device::ALL.into(), mask: vec![XIEventMask::HIERARCHY] };
            conn.xinput_xi_select_events(root, &[mask])?;
            devices.attach(conn)?;
        }
        Ok(devices)
    }

    /// A device is the agent's own, or no longer.
    pub(super) fn note_reader(&mut self, device: u16, is_taken: bool) {
        if is_taken {
            self.readers.insert(device);
        } else {
            self.readers.remove(&device);
        }
    }

    /// The agent is gone, and nothing is its own.
    pub(super) fn forget_readers(&mut self) {
        self.readers.clear();
    }

    /// Takes the keyboards and mice from the masters: nothing that is typed or moved reaches any program. How many.
    pub(super) fn detach(&self, conn: &RustConnection) -> Result<usize, CoverError> {
        let Some((belongs_to, xtest)) = self.atoms else { return Ok(0) };
        let mut count = 0;
        for device in self.list(conn)? {
            let is_slave = [DeviceType::SLAVE_POINTER, DeviceType::SLAVE_KEYBOARD].contains(&device.type_);
            let is_reader = self.readers.contains(&device.deviceid);
            if !is_slave || is_reader || property(conn, device.deviceid, xtest)? == Some(1) {
                continue;
            }
            let home = XIChangePropertyAux::Data32(vec![u32::from(device.attachment)]);
            let (id, kind) = (device.deviceid, AtomEnum::CARDINAL.into());
            conn.xinput_xi_change_property(id, PropMode::REPLACE, belongs_to, kind, 1, &home)?;
            let detach = HierarchyChangeDataDetachSlave { deviceid: id };
            change(conn, HierarchyChangeData::DetachSlave(detach))?;
            count += 1;
        }
        Ok(count)
    }

    /// Attaches what [`Devices::detach`] took, each where it was. How many.
    pub(super) fn attach(&self, conn: &RustConnection) -> Result<usize, CoverError> {
        let Some((belongs_to, _)) = self.atoms else { return Ok(0) };
        let mut count = 0;
        for device in self.list(conn)?.iter().filter(|device| device.type_ == DeviceType::FLOATING_SLAVE) {
            let Some(master) = property(conn, device.deviceid, belongs_to)? else { continue };
            let master = u16::try_from(master).unwrap_or(KEYBOARD);
            let attach = HierarchyChangeDataAttachSlave { deviceid: device.deviceid, master };
            change(conn, HierarchyChangeData::AttachSlave(attach))?;
            conn.xinput_xi_delete_property(device.deviceid, belongs_to)?;
            count += 1;
        }
        conn.flush()?;
        Ok(count)
    }

    /// Removes every pair of masters but the first, which gets its devices; whether no program has one of the devices for itself.
    pub(super) fn are_free(&self, conn: &RustConnection) -> Result<bool, CoverError> {
        let Some((belongs_to, _)) = self.atoms else { return Ok(true) };
        let mut are_free = true;
        for device in self.list(conn)? {
            let id = device.deviceid;
            if device.type_ == DeviceType::MASTER_POINTER && id != POINTER {
                let remove = HierarchyChangeDataRemoveMaster {
                    deviceid: id,
                    return_mode: ChangeMode::ATTACH,
                    return_pointer: POINTER,
                    return_keyboard: KEYBOARD,
                };
                change(conn, HierarchyChangeData::RemoveMaster(remove))?;
            }
            let is_floating = device.type_ == DeviceType::FLOATING_SLAVE && !self.readers.contains(&id);
            if is_floating && property(conn, id, belongs_to)?.is_none() {
                are_free &= self.is_free(conn, id)?;
            }
        }
        conn.flush()?;
        Ok(are_free)
    }

    /// A device without a master: either nobody uses it, or a program has it for itself.
    fn is_free(&self, conn: &RustConnection, id: u16) -> Result<bool, CoverError> {
        let (mode, own) = (GrabMode::ASYNC, GrabOwner::NO_OWNER);
        let grab = conn.xinput_xi_grab_device(self.root, CURRENT_TIME, NONE, id, mode, mode, own, &[0])?;
        let status = reply(grab.reply())?.map(|grab| grab.status);
        if status == Some(GrabStatus::SUCCESS) {
            conn.xinput_xi_ungrab_device(CURRENT_TIME, id)?;
        }
        Ok(status != Some(GrabStatus::ALREADY_GRABBED))
    }

    fn list(&self, conn: &RustConnection) -> Result<Vec<XIDeviceInfo>, CoverError> {
        let devices = conn.xinput_xi_query_device(Device::ALL)?.reply();
        Ok(reply(devices)?.map(|devices| devices.infos).unwrap_or_default())
    }
}

fn change(conn: &RustConnection, data: HierarchyChangeData) -> Result<(), CoverError> {
    // In units of four bytes, as the protocol has them.
    let len = if matches!(data, HierarchyChangeData::RemoveMaster(_)) { 3 } else { 2 };
    conn.xinput_xi_change_hierarchy(&[HierarchyChange { len, data }])?;
    Ok(())
}

fn property(conn: &RustConnection, device: u16, name: Atom) -> Result<Option<u32>, CoverError> {
    let property = conn.xinput_xi_get_property(device, false, name, 0, 0, 1)?.reply();
    Ok(reply(property)?.and_then(|property| match property.items {
        XIGetPropertyItems::Data8(values) => values.first().map(|value| u32::from(*value)),
        XIGetPropertyItems::Data16(values) => values.first().map(|value| u32::from(*value)),
        XIGetPropertyItems::Data32(values) => values.first().copied(),
        XIGetPropertyItems::InvalidValue(_) => None,
    }))
}

//! Devices of the X server, grabbed one by one (XInput 2): no other client gets a key of them, and the keyboard that they
//! belonged to loses them for that time.
//!
//! Which device is which stands in the properties that the X server's drivers give it. A device that a program can type
//! on (XTEST) may say anything of itself, and is none.

use std::{io, time::Duration};

use agent_runtime::config::WedgeClaim;
use rustix::event::{PollFd, PollFlags, poll};
use x11rb::{
    connection::{Connection as _, RequestConnection as _},
    protocol::{
        Event,
        xinput::{
            self, ConnectionExt as _, DeviceId, DeviceType, EventMask, HierarchyMask, KeyEventFlags,
            XIEventMask,
        },
        xproto::{GrabMode, GrabStatus},
    },
    rust_connection::RustConnection,
};

use super::super::{Absent, Device, Hold, Place, Taken, keys::KeyEvent};
use crate::{
    idle::SyntheticInput,
    screen::{DeviceTeller, ToldDevice},
    x_devices::{self, is_claimed},
};

/// An X server counts keys from here.
const X_KEYCODES_FROM: u16 = 8;

/// The display of this session.
pub(super) struct Display {
    synthetic: SyntheticInput,
    devices: DeviceTeller,
    /// What tells of devices that come.
    watched: Option<RustConnection>,
}

impl Display {
    pub(super) fn of_this_session(synthetic: SyntheticInput, devices: DeviceTeller) -> Self {
        Self { synthetic, devices, watched: None }
    }

    fn try_take(&mut self, claim: &WedgeClaim, taken: &Taken) -> Result<Option<Grabbed>, XError> {
        // Watched for before it is looked for: what comes in between is told.
        let (connection, root) = connect()?;
        let mut refused = None;
        for device in keyboards(&connection, claim, self.synthetic)? {
            let Some(hold) = taken.hold(&format!("x11 {device}")) else { continue };
            // Before it is ours: to the shield somebody else would have it.
            let told = self.devices.tell(device).ok_or(XError::NotTold)?;
            match grab(&connection, root, device)? {
                GrabStatus::SUCCESS => {
                    return Ok(Some(Grabbed { connection, device, _told: told, _hold: hold }));
                }
                status => refused = Some(status),
            }
        }
        self.watched = Some(connection);
        refused.map_or(Ok(None), |status| Err(XError::Refused(status)))
    }
}

impl Place for Display {
    fn take(&mut self, claim: &WedgeClaim, taken: &Taken) -> Result<Box<dyn Device>, Absent> {
        match self.try_take(claim, taken) {
            Ok(Some(grabbed)) => Ok(Box::new(grabbed)),
            Ok(None) => Err(Absent::NotThere),
            Err(error) => Err(Absent::Refused(error.to_string())),
        }
    }

    fn wait(&mut self, limit: Option<Duration>) {
        let Some(connection) = self.watched.take() else {
            // No display: it is refused, so there is a limit.
            std::thread::park_timeout(limit.unwrap_or_default());
            return;
        };
        // Any event will do: only devices are told of here. A display that goes is looked for again.
        let Some(limit) = limit else {
            let _ = connection.wait_for_event();
            return;
        };
        if matches!(connection.poll_for_event(), Ok(None)) {
            let limit = limit.try_into().ok();
            let _ = poll(&mut [PollFd::new(connection.stream(), PollFlags::IN)], limit.as_ref());
        }
    }
}

/// Why there is no device.
#[derive(Debug, thiserror::Error)]
enum XError {
    #[error("another program has the device ({0:?})")]
    Refused(GrabStatus),
    #[error("the shield does not hear that the device is taken")]
    NotTold,
    #[error("the X server has no XInput 2")]
    NoXInput,
    #[error("the display does not answer: {0}")]
    Connect(#[from] x11rb::errors::ConnectError),
    #[error("the display is gone: {0}")]
    Connection(#[from] x11rb::errors::ConnectionError),
    #[error("the display refuses: {0}")]
    Reply(#[from] x11rb::errors::ReplyError),
}

/// A connection that is told of devices that come and go.
fn connect() -> Result<(RustConnection, u32), XError> {
    let (connection, screen) = RustConnection::connect(None)?;
    let root = connection.setup().roots.get(screen).ok_or(XError::NoXInput)?.root;
    if connection.extension_information(xinput::X11_EXTENSION_NAME)?.is_none() {
        return Err(XError::NoXInput);
    }
    connection.xinput_xi_query_version(2, 2)?.reply()?;
    let devices = EventMask {
        deviceid: xinput::Device::ALL.into(),
        mask: vec![XIEventMask::HIERARCHY | XIEventMask::PROPERTY],
    };
    connection.xinput_xi_select_events(root, &[devices])?.check()?;
    Ok((connection, root))
}

/// Keyboards of this claim.
fn keyboards(
    connection: &RustConnection,
    claim: &WedgeClaim,
    synthetic: SyntheticInput,
) -> Result<Vec<DeviceId>, XError> {
    let mut keyboards = Vec::new();
    for device in connection.xinput_xi_query_device(xinput::Device::ALL)?.reply()?.infos {
        let types = matches!(device.type_, DeviceType::SLAVE_KEYBOARD | DeviceType::FLOATING_SLAVE);
        if !types || !device.enabled {
            continue;
        }
        let is_typed_on = x_devices::is_synthetic(connection, device.deviceid)?;
        if is_typed_on && synthetic == SyntheticInput::Ignored {
            continue;
        }
        if is_claimed(connection, device.deviceid, claim)? {
            keyboards.push(device.deviceid);
        }
    }
    Ok(keyboards)
}

fn grab(connection: &RustConnection, root: u32, device: DeviceId) -> Result<GrabStatus, XError> {
    let keys = u32::from(XIEventMask::KEY_PRESS | XIEventMask::KEY_RELEASE);
    let asked = connection.xinput_xi_grab_device(
        root,
        x11rb::CURRENT_TIME,
        x11rb::NONE,
        device,
        GrabMode::ASYNC,
        GrabMode::ASYNC,
        xinput::GrabOwner::NO_OWNER,
        &[keys],
    )?;
    Ok(asked.reply()?.status)
}

/// A device that is ours until this is dropped: the grab ends with its connection, then the shield is told, then another claim
/// may have it.
struct Grabbed {
    connection: RustConnection,
    device: DeviceId,
    _told: ToldDevice,
    _hold: Hold,
}

impl Device for Grabbed {
    #[expect(clippy::wildcard_enum_match_arm, reason = "of an X server's events only a few are ours")]
    fn next(&mut self) -> io::Result<Vec<KeyEvent>> {
        let event = self.connection.wait_for_event().map_err(io::Error::other)?;
        let key = |detail: u32| u16::try_from(detail).unwrap_or(u16::MAX).saturating_sub(X_KEYCODES_FROM);
        match event {
            Event::XinputKeyPress(press) if press.deviceid == self.device => {
                let is_repeated = u32::from(press.flags) & u32::from(KeyEventFlags::KEY_REPEAT) != 0;
                Ok(if is_repeated { Vec::new() } else { vec![KeyEvent::Pressed(key(press.detail))] })
            }
            Event::XinputKeyRelease(release) if release.deviceid == self.device => {
                Ok(vec![KeyEvent::Released(key(release.detail))])
            }
            Event::XinputHierarchy(change) => {
                let gone = HierarchyMask::SLAVE_REMOVED | HierarchyMask::DEVICE_DISABLED;
                let is_gone = change
                    .infos
                    .iter()
                    .any(|info| info.deviceid == self.device && u32::from(info.flags) & u32::from(gone) != 0);
                if is_gone { Err(io::ErrorKind::NotConnected.into()) } else { Ok(Vec::new()) }
            }
            _ => Ok(Vec::new()),
        }
    }
}

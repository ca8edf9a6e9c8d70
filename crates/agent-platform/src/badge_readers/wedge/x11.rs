//! Devices of the X server, grabbed one by one (XInput 2): no other client gets a key of them, and the keyboard that they
//! belonged to loses them for that time.
//!
//! Which device is which stands in the properties that the X server's drivers give it. A device that a program can type
//! on (XTEST) may say anything of itself, and is none.

use std::{io, time::Duration};

use agent_runtime::config::WedgeClaim;
use tracing::warn;
use x11rb::{
    connection::{Connection as _, RequestConnection as _},
    protocol::{
        Event,
        xinput::{
            self, ConnectionExt as _, DeviceId, DeviceType, EventMask, HierarchyMask, KeyEventFlags,
            XIEventMask, XIGetPropertyItems,
        },
        xproto::{ConnectionExt as _, GrabMode, GrabStatus},
    },
    rust_connection::RustConnection,
};

use super::super::{Absent, Device, Hold, Place, Taken, keys::KeyEvent};
use crate::{backoff::Backoff, idle::SyntheticInput};

/// An X server counts keys from here.
const X_KEYCODES_FROM: u16 = 8;
/// A display that is gone is looked for again after at most this long, then twice as long, up to the other.
const RETRY_FIRST: Duration = Duration::from_millis(500);
const RETRY_MAX: Duration = Duration::from_secs(10);

/// The display of this session.
pub(super) struct Display {
    synthetic: SyntheticInput,
    /// What tells of devices that come.
    watched: Option<RustConnection>,
    backoff: Backoff,
}

impl Display {
    pub(super) fn of_this_session(synthetic: SyntheticInput) -> Self {
        Self { synthetic, watched: None, backoff: Backoff::new(RETRY_FIRST, RETRY_MAX) }
    }

    fn try_take(&mut self, claim: &WedgeClaim, taken: &Taken) -> Result<Option<Grabbed>, XError> {
        // Watched for before it is looked for: what comes in between is told.
        let (connection, root) = connect()?;
        let mut is_refused = false;
        for device in keyboards(&connection, claim, self.synthetic)? {
            let Some(hold) = taken.hold(&format!("x11 {device}")) else { continue };
            match grab(&connection, root, device)? {
                GrabStatus::SUCCESS => return Ok(Some(Grabbed { connection, device, _hold: hold })),
                status => {
                    warn!("The X server does not give the keyboard-wedge reader to us: {status:?}");
                    is_refused = true;
                }
            }
        }
        self.watched = Some(connection);
        if is_refused { Err(XError::Refused) } else { Ok(None) }
    }
}

impl Place for Display {
    fn take(&mut self, claim: &WedgeClaim, taken: &Taken) -> Result<Box<dyn Device>, Absent> {
        match self.try_take(claim, taken) {
            Ok(Some(grabbed)) => {
                self.backoff.reset();
                Ok(Box::new(grabbed))
            }
            Ok(None) => {
                self.backoff.reset();
                Err(Absent::NotThere)
            }
            Err(error) => {
                warn!("Keyboard-wedge readers of the X server: {error}");
                Err(Absent::Refused)
            }
        }
    }

    fn wait(&mut self) {
        let Some(connection) = self.watched.take() else {
            // No display, or nobody to tell when it is free: the only case in which it is asked again unasked.
            std::thread::park_timeout(self.backoff.pause());
            return;
        };
        // Any event will do: only devices are told of here. A display that goes is looked for again.
        if connection.wait_for_event().is_err() {
            std::thread::park_timeout(self.backoff.pause());
        }
    }
}

/// Why there is no device.
#[derive(Debug, thiserror::Error)]
enum XError {
    #[error("another program has the device")]
    Refused,
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
        let property = |name: &[u8]| property(connection, device.deviceid, name);
        let is_synthetic =
            matches!(property(b"XTEST Device")?, XIGetPropertyItems::Data8(bytes) if bytes == [1]);
        if is_synthetic && synthetic == SyntheticInput::Ignored {
            continue;
        }
        let id = property(b"Device Product ID")?;
        let is_kind = matches!(id, XIGetPropertyItems::Data32(id)
            if id == [u32::from(claim.vendor), u32::from(claim.product)]);
        if is_kind && is_at_port(claim, &property(b"Device Node")?) {
            keyboards.push(device.deviceid);
        }
    }
    Ok(keyboards)
}

fn is_at_port(claim: &WedgeClaim, node: &XIGetPropertyItems) -> bool {
    let Some(port) = &claim.port else { return true };
    matches!(node, XIGetPropertyItems::Data8(bytes)
        if bytes.split(|byte| *byte == 0).next() == Some(port.as_bytes()))
}

fn property(
    connection: &RustConnection,
    device: DeviceId,
    name: &[u8],
) -> Result<XIGetPropertyItems, XError> {
    /// In units of 4 bytes.
    const LENGTH_MAX: u32 = 64;
    let name = connection.intern_atom(true, name)?.reply()?.atom;
    if name == x11rb::NONE {
        return Ok(XIGetPropertyItems::InvalidValue(0));
    }
    Ok(connection.xinput_xi_get_property(device, false, name, 0, 0, LENGTH_MAX)?.reply()?.items)
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

/// A device that is ours until this is dropped: the grab ends with its connection.
struct Grabbed {
    connection: RustConnection,
    device: DeviceId,
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

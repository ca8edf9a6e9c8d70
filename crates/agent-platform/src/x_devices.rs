//! Which input device of an X server is which: what the server's drivers say of it.

use agent_runtime::config::WedgeClaim;
use x11rb::{
    errors::ReplyError,
    protocol::{
        xinput::{ConnectionExt as _, DeviceId, XIGetPropertyItems},
        xproto::ConnectionExt as _,
    },
    rust_connection::RustConnection,
};

/// By this the server marks the devices that programs feed.
const SYNTHETIC: &[u8] = b"XTEST Device";
/// Vendor and product.
pub(crate) const PRODUCT: &[u8] = b"Device Product ID";
/// The kernel's file of the device.
const NODE: &[u8] = b"Device Node";

/// Whether a program types on it (XTEST).
///
/// # Errors
/// When the display is gone.
pub(crate) fn is_synthetic(connection: &RustConnection, device: DeviceId) -> Result<bool, ReplyError> {
    let value = property(connection, device, SYNTHETIC)?;
    Ok(matches!(value, XIGetPropertyItems::Data8(bytes) if bytes.first() == Some(&1)))
}

/// Whether it is a keyboard-wedge reader of this claim.
///
/// # Errors
/// When the display is gone.
pub(crate) fn is_claimed(
    connection: &RustConnection,
    device: DeviceId,
    claim: &WedgeClaim,
) -> Result<bool, ReplyError> {
    let id = property(connection, device, PRODUCT)?;
    let is_kind = matches!(id, XIGetPropertyItems::Data32(id)
        if id == [u32::from(claim.vendor), u32::from(claim.product)]);
    let Some(port) = claim.port.as_ref().filter(|_| is_kind) else { return Ok(is_kind) };
    let node = property(connection, device, NODE)?;
    Ok(matches!(node, XIGetPropertyItems::Data8(bytes)
        if bytes.split(|byte| *byte == 0).next() == Some(port.as_bytes())))
}

fn property(
    connection: &RustConnection,
    device: DeviceId,
    name: &[u8],
) -> Result<XIGetPropertyItems, ReplyError> {
    /// In units of 4 bytes.
    const LENGTH_MAX: u32 = 64;
    let name = connection.intern_atom(true, name)?.reply()?.atom;
    if name == x11rb::NONE {
        return Ok(XIGetPropertyItems::InvalidValue(0));
    }
    match connection.xinput_xi_get_property(device, false, name, 0, 0, LENGTH_MAX)?.reply() {
        Ok(property) => Ok(property.items),
        // It was unplugged meanwhile: it has no property any more, and the display is not gone with it.
        Err(ReplyError::X11Error(_)) => Ok(XIGetPropertyItems::InvalidValue(0)),
        Err(error @ ReplyError::ConnectionError(_)) => Err(error),
    }
}

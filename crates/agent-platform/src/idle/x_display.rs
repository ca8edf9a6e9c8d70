//! One connection to the X server: which devices a person can touch, and how long each was untouched.

use std::{collections::BTreeMap, os::fd::BorrowedFd, time::Duration};

use tracing::{info, warn};
use x11rb::{
    connection::Connection,
    errors::{ConnectError, ConnectionError, ReplyError, ReplyOrIdError},
    protocol::{
        Event,
        sync::{self, ConnectionExt as _, CreateAlarmAux, Int64, TESTTYPE, VALUETYPE},
        xinput::{self, ConnectionExt as _, DeviceType, XIDeviceInfo, XIEventMask},
        xproto::{Atom, ConnectionExt as _},
    },
    rust_connection::RustConnection,
};

use super::{
    super::{Counting, SyntheticInput},
    display::{Drained, QUIET},
};
use crate::x_devices;

/// Every device; `XIAllDevices`.
const ALL_DEVICES: u16 = 0;

/// Why the display cannot be asked: the connection is of no more use.
#[derive(Debug, thiserror::Error)]
pub(super) enum XError {
    #[error("cannot connect: {0}")]
    Connect(#[from] ConnectError),
    #[error("the connection ended: {0}")]
    Connection(#[from] ConnectionError),
    #[error("the server refused: {0}")]
    Reply(#[from] ReplyError),
    #[error("the server refused: {0}")]
    Id(#[from] ReplyOrIdError),
}

/// Devices with their idle counters.
#[derive(Debug)]
pub(super) struct XDisplay {
    connection: RustConnection,
    counting: Counting,
    /// Changes when a device says what it is.
    product: Atom,
    counters: Vec<sync::Counter>,
    alarms: Vec<sync::Alarm>,
}

impl XDisplay {
    pub(super) fn open(display: Option<&str>, counting: Counting) -> Result<Self, XError> {
        let (connection, screen) = RustConnection::connect(display)?;
        let root = connection.setup().roots[screen].root;
        connection.sync_initialize(3, 1)?.reply()?;
        connection.xinput_xi_query_version(2, 2)?.reply()?;
        let product = connection.intern_atom(false, x_devices::PRODUCT)?.reply()?.atom;
        let changes = vec![XIEventMask::HIERARCHY | XIEventMask::PROPERTY];
        let devices = xinput::EventMask { deviceid: ALL_DEVICES, mask: changes };
        connection.xinput_xi_select_events(root, &[devices])?.check()?;
        let mut opened = Self { connection, counting, product, counters: Vec::new(), alarms: Vec::new() };
        opened.list_devices()?;
        Ok(opened)
    }

    /// Readable when [`XDisplay::drain`] has something to do.
    pub(super) fn fd(&self) -> BorrowedFd<'_> {
        use std::os::fd::AsFd as _;
        self.connection.stream().as_fd()
    }

    /// Time since the last touch of any device; `None` where there is no device, or none that tells.
    pub(super) fn untouched_for(&mut self) -> Result<Option<Duration>, XError> {
        match self.query_counters() {
            // A device was unplugged since we listed them.
            Err(XError::Reply(ReplyError::X11Error(_))) => {
                self.list_devices()?;
                self.query_counters()
            }
            result => result,
        }
    }

    /// Alarms on each device, from now on.
    pub(super) fn arm(&mut self) -> Result<(), XError> {
        self.disarm()?;
        let quiet = Int64 { hi: 0, lo: u32::try_from(QUIET.as_millis()).unwrap_or(u32::MAX) };
        for counter in self.counters.clone() {
            // Both directions: the server looks at a counter only when one of them is due.
            for test in [TESTTYPE::POSITIVE_TRANSITION, TESTTYPE::NEGATIVE_TRANSITION] {
                let alarm = self.connection.generate_id()?;
                let settings = CreateAlarmAux::new()
                    .counter(counter)
                    .value_type(VALUETYPE::ABSOLUTE)
                    .value(quiet)
                    .test_type(test)
                    .delta(Int64 { hi: 0, lo: 0 })
                    .events(1);
                self.connection.sync_create_alarm(alarm, &settings)?.check()?;
                self.alarms.push(alarm);
            }
        }
        Ok(())
    }

    /// No alarms any more; idempotent.
    pub(super) fn disarm(&mut self) -> Result<(), XError> {
        for alarm in self.alarms.drain(..) {
            // An alarm whose device was unplugged is gone already: its error is read and dropped.
            self.connection.sync_destroy_alarm(alarm)?.ignore_error();
        }
        self.connection.flush()?;
        Ok(())
    }

    /// Takes all events up; lists the devices anew when one came or went.
    pub(super) fn drain(&mut self) -> Result<Drained, XError> {
        let mut drained = Drained { has_alarm: false };
        let mut is_stale = false;
        while let Some(event) = self.connection.poll_for_event()? {
            drained.has_alarm |= matches!(event, Event::SyncAlarmNotify(_));
            is_stale |= matches!(event, Event::XinputHierarchy(_))
                || matches!(event, Event::XinputProperty(ref change) if change.property == self.product);
        }
        if is_stale {
            let is_armed = !self.alarms.is_empty();
            self.disarm()?;
            self.list_devices()?;
            if is_armed {
                self.arm()?;
            }
            drained.has_alarm = true;
        }
        Ok(drained)
    }

    fn query_counters(&self) -> Result<Option<Duration>, XError> {
        let asked = self
            .counters
            .iter()
            .map(|counter| self.connection.sync_query_counter(*counter))
            .collect::<Result<Vec<_>, _>>()?;
        let values = asked
            .into_iter()
            .map(|answer| Ok(answer.reply()?.counter_value))
            .collect::<Result<Vec<_>, XError>>()?;
        Ok(shortest(&values))
    }

    fn list_devices(&mut self) -> Result<(), XError> {
        let counters: BTreeMap<Vec<u8>, sync::Counter> = self
            .connection
            .sync_list_system_counters()?
            .reply()?
            .counters
            .into_iter()
            .map(|counter| (counter.name, counter.counter))
            .collect();
        let devices = self.connection.xinput_xi_query_device(ALL_DEVICES)?.reply()?.infos;
        self.counters.clear();
        for device in devices {
            if self.is_a_persons(&device)?
                && let Some(counter) = counters.get(format!("DEVICEIDLETIME {}", device.deviceid).as_bytes())
            {
                self.counters.push(*counter);
            }
        }
        if self.counters.is_empty() {
            warn!("This display has no device that a person could touch: inactivity is unknown");
        } else {
            info!(devices = self.counters.len(), "Counting the input of {} devices", self.counters.len());
        }
        Ok(())
    }

    /// Masters repeat what their slaves do, XTEST's included: only slaves count. A claimed badge reader types like a
    /// keyboard, and is none.
    fn is_a_persons(&self, device: &XIDeviceInfo) -> Result<bool, XError> {
        let is_slave = [DeviceType::SLAVE_POINTER, DeviceType::SLAVE_KEYBOARD, DeviceType::FLOATING_SLAVE]
            .contains(&device.type_);
        if !is_slave {
            return Ok(false);
        }
        if self.counting.synthetic == SyntheticInput::Ignored
            && x_devices::is_synthetic(&self.connection, device.deviceid)?
        {
            return Ok(false);
        }
        for claim in &self.counting.wedges {
            if x_devices::is_claimed(&self.connection, device.deviceid, claim)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// Counters are milliseconds. A negative one is a fault of the server and tells of no input: where no other device
/// tells either, the last input is unknown.
fn shortest(values: &[Int64]) -> Option<Duration> {
    let milliseconds = values.iter().map(|value| (i64::from(value.hi) << 32) | i64::from(value.lo));
    milliseconds.filter_map(|value| u64::try_from(value).ok()).min().map(Duration::from_millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_that_cannot_be_true_tells_of_no_input_and_one_beside_it_does() {
        for negative in [Int64 { hi: -1, lo: u32::MAX }, Int64 { hi: i32::MIN, lo: 0 }] {
            assert_eq!(shortest(&[negative]), None);
            assert_eq!(shortest(&[negative, milliseconds(5)]), Some(Duration::from_millis(5)));
        }
        assert_eq!(shortest(&[]), None);
    }

    #[test]
    fn the_device_that_was_touched_last_tells_and_both_halves_of_a_counter_count() {
        let days = Int64 { hi: 1, lo: 2 };

        assert_eq!(shortest(&[days, milliseconds(7), milliseconds(9)]), Some(Duration::from_millis(7)));
        assert_eq!(shortest(&[days]), Some(Duration::from_millis((1 << 32) + 2)));
    }

    fn milliseconds(lo: u32) -> Int64 {
        Int64 { hi: 0, lo }
    }
}

//! Section `readers`: which badge readers this workstation has, where that cannot be seen.

use super::key::{
    READERS_WEDGE, READERS_WEDGE_PORT, READERS_WEDGE_PRODUCT, READERS_WEDGE_THROUGH, READERS_WEDGE_VENDOR,
    WEDGE_KEYS, WedgeKey,
};

/// More keyboard-wedge readers than this are refused.
pub const WEDGES_MAX: usize = 16;
/// A port is at most this long: the kernel gives no longer path.
const PORT_SIZE_BYTES_MAX: usize = 256;

/// The badge readers of this workstation.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReadersConfig {
    /// PC/SC readers.
    pub pcsc: PcscUse,
    /// Keyboard-wedge readers, each claimed by its device.
    pub wedges: Vec<WedgeClaim>,
}

/// Whether PC/SC readers are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PcscUse {
    /// Those that are there.
    #[default]
    WhenPresent,
    /// One must be there: the screen says so while there is none.
    Required,
    /// None, whatever is plugged in.
    Off,
}

/// A keyboard-wedge reader: whatever else types like a keyboard is never looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WedgeClaim {
    /// USB vendor.
    pub vendor: u16,
    /// USB product.
    pub product: u16,
    /// Where it is plugged in, as the kernel or the display server names it; anywhere by default.
    pub port: Option<String>,
    /// How it is taken from everybody else.
    pub through: WedgeThrough,
}

/// How a keyboard-wedge reader is taken from everybody else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WedgeThrough {
    /// From the kernel, for us alone: nobody else gets a key of it, whatever display server runs.
    #[default]
    Evdev,
    /// From the X server, for us alone: where the agent's user may not open the device.
    X11,
}

pub(super) fn pcsc_from_text(text: &str) -> Option<PcscUse> {
    match text {
        "when-present" => Some(PcscUse::WhenPresent),
        "required" => Some(PcscUse::Required),
        "off" => Some(PcscUse::Off),
        _ => None,
    }
}

/// What is wrong with one key of a table.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    /// With its section; numbered where there are several tables.
    pub(super) name: String,
    /// Empty where it is missing.
    pub(super) value: String,
    pub(super) accepted: &'static str,
}

/// Reads `[[readers.wedge]]`.
pub(super) fn wedges_from_value(value: &toml::Value) -> Result<Vec<WedgeClaim>, Vec<Wrong>> {
    let tables = value.as_array().filter(|tables| tables.len() <= WEDGES_MAX);
    let tables =
        tables.and_then(|tables| tables.iter().map(toml::Value::as_table).collect::<Option<Vec<_>>>());
    let Some(tables) = tables else {
        let name = READERS_WEDGE.name.to_owned();
        return Err(vec![Wrong { name, value: value.to_string(), accepted: READERS_WEDGE.accepted }]);
    };
    let mut wrong = Vec::new();
    let claims =
        tables.iter().enumerate().filter_map(|(index, table)| claim(index, table, &mut wrong)).collect();
    if wrong.is_empty() { Ok(claims) } else { Err(wrong) }
}

fn claim(index: usize, table: &toml::Table, wrong: &mut Vec<Wrong>) -> Option<WedgeClaim> {
    let mut reader = TableReader { index, table, wrong };
    reader.refuse_unknown_keys();
    let vendor = reader.value(READERS_WEDGE_VENDOR, number_from_text);
    let product = reader.value(READERS_WEDGE_PRODUCT, number_from_text);
    let port = reader.value(READERS_WEDGE_PORT, port_from_text);
    let through = reader.value(READERS_WEDGE_THROUGH, through_from_text);
    Some(WedgeClaim { vendor: vendor?, product: product?, port: port?, through: through? })
}

struct TableReader<'a> {
    index: usize,
    table: &'a toml::Table,
    wrong: &'a mut Vec<Wrong>,
}

impl TableReader<'_> {
    fn value<T>(&mut self, key: WedgeKey, from_text: impl Fn(&str) -> Option<T>) -> Option<T> {
        let written = self.table.get(key.name);
        let text = match written {
            Some(value) => value.as_str(),
            None => key.default,
        };
        let value = text.and_then(from_text);
        if value.is_none() {
            let written = written.map(toml::Value::to_string).unwrap_or_default();
            self.refuse(key.name, written, key.accepted);
        }
        value
    }

    fn refuse_unknown_keys(&mut self) {
        for (name, value) in self.table {
            if !WEDGE_KEYS.iter().any(|key| key.name == name) {
                self.refuse(name, value.to_string(), "vendor, product, port and through");
            }
        }
    }

    fn refuse(&mut self, key: &str, value: String, accepted: &'static str) {
        let name = format!("{}[{}].{key}", READERS_WEDGE.name, self.index);
        self.wrong.push(Wrong { name, value, accepted });
    }
}

/// `0x0c27`, as `lsusb` prints it behind `0x`.
fn number_from_text(text: &str) -> Option<u16> {
    let digits = text.strip_prefix("0x")?;
    let is_number = digits.len() == 4 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_number.then(|| u16::from_str_radix(digits, 16).ok()).flatten()
}

#[expect(clippy::option_option, reason = "outside: whether it is one; inside: whether it is said")]
fn port_from_text(text: &str) -> Option<Option<String>> {
    let is_port = text.len() <= PORT_SIZE_BYTES_MAX && text.bytes().all(|byte| byte.is_ascii_graphic());
    is_port.then(|| (!text.is_empty()).then(|| text.to_owned()))
}

fn through_from_text(text: &str) -> Option<WedgeThrough> {
    match text {
        "evdev" => Some(WedgeThrough::Evdev),
        "x11" => Some(WedgeThrough::X11),
        _ => None,
    }
}

//! What the file says of the apps of a session.

use std::time::Duration;

use launch_contract::{App, Argv};
use toml::de::{DeTable, DeValue};

use super::Reader;
use crate::{Apps, Policy, key, value::SAVE_GRACE_RANGE};

/// Each value legal alone.
#[derive(Debug, Default)]
pub(super) struct RawApps {
    start: Option<launch_contract::Apps>,
    save_grace: Option<Duration>,
}

impl RawApps {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        Self {
            start: reader.take(key::APPS_START, list),
            save_grace: reader.duration(key::APPS_SAVE_GRACE, SAVE_GRACE_RANGE, false),
        }
    }

    pub(super) fn resolve_into(self, policy: &mut Policy) {
        let default = Apps::default();
        policy.apps = Apps {
            start: self.start.unwrap_or(default.start),
            save_grace: self.save_grace.unwrap_or(default.save_grace),
        };
    }
}

fn list(value: &DeValue<'_>) -> Option<launch_contract::Apps> {
    let DeValue::Array(members) = value else { return None };
    let apps: Option<Vec<App>> = members
        .iter()
        .map(|member| match member.get_ref() {
            DeValue::Table(table) => app(table),
            DeValue::String(_)
            | DeValue::Integer(_)
            | DeValue::Float(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_)
            | DeValue::Array(_) => None,
        })
        .collect();
    launch_contract::Apps::try_from(apps?).ok()
}

fn app(table: &DeTable<'_>) -> Option<App> {
    let known = ["id", "command", "save", "contract"];
    if table.keys().any(|name| !known.contains(&name.get_ref().as_ref())) {
        return None;
    }
    let id = table.get("id")?.get_ref().as_str()?.parse().ok()?;
    let save = match table.get("save") {
        Some(save) => Some(command(save.get_ref())?),
        None => None,
    };
    let contract = match table.get("contract") {
        Some(contract) => contract.get_ref().as_bool()?,
        None => false,
    };
    let argv = command(table.get("command")?.get_ref())?;
    Some(App { id, argv, save, contract })
}

fn command(value: &DeValue<'_>) -> Option<Argv> {
    let DeValue::Array(words) = value else { return None };
    let words: Option<Vec<String>> =
        words.iter().map(|word| word.get_ref().as_str().map(str::to_owned)).collect();
    Argv::try_from(words?).ok()
}

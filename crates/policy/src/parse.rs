//! From text to [`Policy`]: first every key is taken out of the document, then what is left over is
//! refused, then the values are resolved against each other. Nothing stops at the first problem.
//!
//! The document is walked by hand rather than derived: a derived reader stops at its first error.

mod apps;
mod badges;

use std::{collections::BTreeSet, ops::Range as Span, time::Duration};

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use self::{apps::RawApps, badges::RawBadges};
use crate::{
    Policy, Problem, Refused,
    key::{self, KEYS, Key},
    value::{
        ABSOLUTE_RANGE, AbsoluteLimit, AutomaticLogoff, CONCEAL_RANGE, Conceal, HEARTBEAT_RANGE, Heartbeat,
        INACTIVITY_RANGE, INACTIVITY_WITHOUT_REASON_MAX, InactivityLimit, REASON_CHARS_RANGE, Range,
        SPOOL_AGE_RANGE, SPOOL_RECORDS_RANGE, SpoolMax, TapOut, WARNING_RANGE,
    },
};

/// A policy file is at most this large.
const POLICY_SIZE_BYTES_MAX: usize = 64 * 1024;

/// What the file says, each value legal alone.
#[derive(Debug, Default)]
struct Raw {
    after: Option<Duration>,
    warning: Option<Duration>,
    reason: Option<String>,
    absolute_limit: Option<Duration>,
    tap_out: Option<TapOut>,
    /// Within it, `None` is never.
    conceal_after: Option<Option<Duration>>,
    conceal_reason: Option<String>,
    heartbeat: Option<Duration>,
    badges: RawBadges,
    apps: RawApps,
    spool_age: Option<Duration>,
    spool_records: Option<u64>,
}

pub(crate) fn policy(text: &str) -> Result<Policy, Refused> {
    if text.len() > POLICY_SIZE_BYTES_MAX {
        let accepted = format!("a policy file has at most {POLICY_SIZE_BYTES_MAX} bytes");
        return Err(Refused {
            problems: vec![Problem::new(1, "", &format!("{} bytes", text.len()), accepted)],
        });
    }
    let mut reader = Reader::new(text);
    let allows_short_limits = reader.take(key::DANGER_ALLOW_SHORT_LIMITS, DeValue::as_bool).unwrap_or(false);
    let raw = reader.raw(allows_short_limits);
    reader.refuse_unknown_keys();
    if reader.problems.is_empty() {
        return Ok(resolve(raw, allows_short_limits));
    }
    Err(Refused { problems: in_order(reader.problems) })
}

/// By line; what was made out of a line that is no TOML says nothing more than that.
fn in_order(mut problems: Vec<Problem>) -> Vec<Problem> {
    let broken_lines: BTreeSet<_> =
        problems.iter().filter(|problem| problem.key.is_empty()).map(|problem| problem.line).collect();
    problems.retain(|problem| problem.key.is_empty() || !broken_lines.contains(&problem.line));
    problems.sort();
    problems
}

fn resolve(raw: Raw, allows_short_limits: bool) -> Policy {
    let default = Policy::default();
    let after = raw.after.map_or(default.automatic_logoff.after(), InactivityLimit);
    let warning = raw.warning.unwrap_or(default.automatic_logoff.warning());
    let mut policy = Policy {
        automatic_logoff: AutomaticLogoff::resolve(after, warning, raw.reason),
        absolute_limit: raw.absolute_limit.map_or(default.absolute_limit, AbsoluteLimit),
        tap_out: raw.tap_out.unwrap_or(default.tap_out),
        conceal: Conceal::resolve(
            raw.conceal_after.unwrap_or(default.conceal.after()),
            raw.conceal_reason,
            after,
        ),
        heartbeat: raw.heartbeat.map_or(default.heartbeat, Heartbeat),
        spool_max: SpoolMax {
            age: raw.spool_age.unwrap_or(default.spool_max.age),
            records: raw.spool_records.unwrap_or(default.spool_max.records),
        },
        allows_short_limits,
        ..default
    };
    raw.badges.resolve_into(&mut policy);
    raw.apps.resolve_into(&mut policy);
    policy
}

struct Reader<'t> {
    text: &'t str,
    document: DeTable<'t>,
    problems: Vec<Problem>,
}

impl<'t> Reader<'t> {
    fn new(text: &'t str) -> Self {
        let (document, errors) = DeTable::parse_recoverable(text);
        let mut reader = Self { text, document: document.into_inner(), problems: Vec::new() };
        for error in errors {
            let span = error.span().unwrap_or(0..0);
            let line = line_of(text, span.start);
            let content = text.lines().nth(line - 1).unwrap_or_default().trim();
            reader.problems.push(Problem::new(line, "", content, error.message().to_owned()));
        }
        reader
    }

    fn raw(&mut self, allows_short_limits: bool) -> Raw {
        let reason = self.reason(key::AUTOMATIC_LOGOFF_REASON);
        let conceal_reason = self.reason(key::CONCEAL_REASON);
        Raw {
            after: self.after(allows_short_limits, reason.is_some()),
            warning: self.duration(key::AUTOMATIC_LOGOFF_WARNING, WARNING_RANGE, allows_short_limits),
            reason,
            absolute_limit: self.duration(key::SESSION_ABSOLUTE_LIMIT, ABSOLUTE_RANGE, allows_short_limits),
            tap_out: self.take(key::SESSION_TAP_OUT, |value| match value.as_str()? {
                "cover" => Some(TapOut::Cover),
                "sign_out" => Some(TapOut::SignOut),
                _ => None,
            }),
            conceal_after: self.conceal_after(allows_short_limits, conceal_reason.is_some()),
            conceal_reason,
            heartbeat: self.duration(key::HEARTBEAT, HEARTBEAT_RANGE, allows_short_limits),
            badges: RawBadges::read(self),
            apps: RawApps::read(self),
            spool_age: self.duration(key::SPOOL_MAX_AGE, SPOOL_AGE_RANGE, allows_short_limits),
            spool_records: self.take(key::SPOOL_MAX_RECORDS, |value| {
                let integer = value.as_integer()?;
                let records = u64::from_str_radix(integer.as_str(), integer.radix()).ok()?;
                SPOOL_RECORDS_RANGE.contains(&records).then_some(records)
            }),
        }
    }

    fn reason(&mut self, key: Key) -> Option<String> {
        self.take(key, |value| {
            let reason = value.as_str()?.trim();
            REASON_CHARS_RANGE.contains(&reason.chars().count()).then(|| reason.to_owned())
        })
    }

    fn after(&mut self, allows_short_limits: bool, has_reason: bool) -> Option<Duration> {
        let without_reason = Range { max: INACTIVITY_WITHOUT_REASON_MAX, ..INACTIVITY_RANGE };
        let range = if has_reason { INACTIVITY_RANGE } else { without_reason };
        self.duration(key::AUTOMATIC_LOGOFF_AFTER, range, allows_short_limits)
    }

    fn conceal_after(&mut self, allows_short_limits: bool, has_reason: bool) -> Option<Option<Duration>> {
        self.take(key::CONCEAL_AFTER, |value| match value.as_str()? {
            "off" => has_reason.then_some(None),
            text => CONCEAL_RANGE.holding(text, allows_short_limits).map(Some),
        })
    }

    fn duration(&mut self, key: Key, range: Range, allows_short_limits: bool) -> Option<Duration> {
        self.take(key, |value| range.holding(value.as_str()?, allows_short_limits))
    }

    /// Takes `key` out of the document; a value that `read` does not accept becomes a problem.
    fn take<T>(&mut self, key: Key, read: impl FnOnce(&DeValue<'t>) -> Option<T>) -> Option<T> {
        let (sections, name) = match key.name.rsplit_once('.') {
            Some((sections, name)) => (sections.split('.').collect(), name),
            None => (Vec::new(), key.name),
        };
        let mut table = &mut self.document;
        for section in sections {
            // A section that is no table is left, and refused with the unknown keys.
            let DeValue::Table(inner) = table.get_mut(section)?.get_mut() else { return None };
            table = inner;
        }
        let value = table.remove(name)?;
        let read = read(value.get_ref());
        if read.is_none() {
            self.problems.push(problem(self.text, key.name, &value, key.accepted.to_owned()));
        }
        read
    }

    fn refuse_unknown_keys(&mut self) {
        let mut leftover = Vec::new();
        refuse_leftover(self.text, "", &self.document, &mut leftover);
        self.problems.append(&mut leftover);
    }
}

fn refuse_leftover(text: &str, section: &str, table: &DeTable<'_>, problems: &mut Vec<Problem>) {
    for (name, value) in table {
        let key = if section.is_empty() {
            name.get_ref().to_string()
        } else {
            format!("{section}.{}", name.get_ref())
        };
        let inner: Vec<&str> = KEYS
            .iter()
            .filter_map(|known| known.name.strip_prefix(key.as_str())?.strip_prefix('.').map(|_| known.name))
            .collect();
        if inner.is_empty() {
            let known = KEYS.map(|known| known.name).join(", ");
            // The name's line: an unknown section's value is the whole section.
            let line = line_of(text, name.span().start);
            let accepted = format!("one of the keys {known}");
            problems.push(Problem::new(line, &key, source(text, value.span()), accepted));
        } else if let DeValue::Table(table) = value.get_ref() {
            refuse_leftover(text, &key, table, problems);
        } else {
            problems.push(problem(text, &key, value, format!("a section with {}", inner.join(", "))));
        }
    }
}

fn problem(text: &str, key: &str, value: &Spanned<DeValue<'_>>, accepted: String) -> Problem {
    Problem::new(line_of(text, value.span().start), key, source(text, value.span()), accepted)
}

fn source(text: &str, span: Span<usize>) -> &str {
    text.get(span).unwrap_or_default()
}

fn line_of(text: &str, offset: usize) -> usize {
    let before = text.as_bytes().get(..offset).unwrap_or(text.as_bytes());
    1 + before.iter().filter(|byte| **byte == b'\n').count()
}

//! Search parameters, strictly: what is not understood is refused, never passed over.

use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};
use protocol::v1::problem::ProblemCode;
use uuid::Uuid;

use crate::{
    error::ApiError,
    store::{
        Place,
        audit_events::{Cursor, Search, Through},
    },
};

/// Events of one page, unless `_count` says otherwise.
pub const COUNT_DEFAULT: u32 = 100;
/// Events of one page, at most.
pub const COUNT_MAX: u32 = 500;
/// Parameters of one search, at most.
const PARAMETERS_MAX: usize = 12;

/// One search, understood.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parameters {
    /// What to look for.
    pub search: Search,
    /// Events of one page.
    pub count: Option<u32>,
    /// Which page; the first when absent.
    pub page: Option<PageMark>,
}

/// Servers that one page mark names, at most.
const NODES_MAX: usize = 500;

/// Where a page begins, and what had been received when the first one was read: pages show one state,
/// though every page read is itself received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageMark {
    /// The last event of the page before.
    pub after: Cursor,
    /// The newest events of the state shown.
    pub through: Through,
}

impl PageMark {
    /// As it stands in an address.
    #[must_use]
    pub fn spelled(&self) -> String {
        let place = |place: &Place| format!("{}-{}", place.node, place.number);
        let through: Vec<_> = self.through.0.iter().map(place).collect();
        format!("{}.{}.{}", self.after.recorded_at, place(&self.after.place), through.join("_"))
    }

    fn read(text: &str) -> Option<Self> {
        let number = |text: &str| text.parse::<i64>().ok().filter(|number| *number >= 0);
        let place = |text: &str| {
            let (node, count) = text.split_once('-')?;
            Some(Place { node: number(node)?, number: number(count)? })
        };
        let mut parts = text.split('.');
        let recorded_at = number(parts.next()?)?;
        let after = Cursor { recorded_at, place: place(parts.next()?)? };
        let through: Vec<_> = parts.next()?.split('_').map(place).collect::<Option<_>>()?;
        if through.len() > NODES_MAX {
            return None;
        }
        let mark = Self { after, through: Through(through) };
        (parts.next().is_none() && mark.spelled() == text).then_some(mark)
    }
}

impl Parameters {
    /// Reads the pairs of a query string.
    ///
    /// # Errors
    /// `request.malformed`, with the parameter and what it takes.
    pub fn read(pairs: &[(String, String)]) -> Result<Self, ApiError> {
        if pairs.len() > PARAMETERS_MAX {
            return Err(refused("A search has at most 12 parameters."));
        }
        let mut read = Self::default();
        for (name, value) in pairs {
            read.take(name, value)?;
        }
        Ok(read)
    }

    fn take(&mut self, name: &str, value: &str) -> Result<(), ApiError> {
        match name {
            "_id" => once(&mut self.search.id, "_id", id(value, "_id")?),
            "user" => once(&mut self.search.user_id, "user", id(value, "user")?),
            "workstation" => once(&mut self.search.workstation_id, "workstation", id(value, "workstation")?),
            "agent:identifier" => self.take_agent(value),
            "date" => self.take_date(value),
            "_count" => {
                let count = value.parse().ok().filter(|count| (1..=COUNT_MAX).contains(count));
                let count = count.ok_or_else(|| refused("`_count` takes a whole number from 1 to 500."))?;
                once(&mut self.count, "_count", count)
            }
            "page" => {
                let mark = PageMark::read(value)
                    .ok_or_else(|| refused("`page` takes what a `next` link carried, unchanged."))?;
                once(&mut self.page, "page", mark)
            }
            "_format" if matches!(value, "json" | "application/fhir+json" | "application/json") => Ok(()),
            "_sort" if value == "date" => Ok(()),
            _ => Err(refused(
                "A search takes `date`, `user`, `workstation`, `agent:identifier`, `_id`, `_count`, `page`, \
                 `_sort=date` and `_format=json`, and nothing else.",
            )),
        }
    }

    fn take_agent(&mut self, value: &str) -> Result<(), ApiError> {
        let words = "`agent:identifier` takes `urn:tapward:user|<id>` or `urn:tapward:workstation|<id>`.";
        match value.split_once('|') {
            Some((audit::fhir::USER_SYSTEM, user)) => {
                once(&mut self.search.user_id, "user", id(user, "agent:identifier")?)
            }
            Some((audit::fhir::WORKSTATION_SYSTEM, workstation)) => {
                once(&mut self.search.workstation_id, "workstation", id(workstation, "agent:identifier")?)
            }
            Some(_) | None => Err(refused(words)),
        }
    }

    /// `ge`, `gt`, `le`, `lt`, `eq` or nothing, and a day (UTC) or an instant.
    fn take_date(&mut self, value: &str) -> Result<(), ApiError> {
        let (prefix, text) = match value.split_at_checked(2) {
            Some((prefix @ ("ge" | "gt" | "le" | "lt" | "eq"), text)) => (prefix, text),
            Some(_) | None => ("eq", value),
        };
        let (start, end) = span(text).ok_or_else(|| {
            refused(
                "`date` takes a day or an instant, with ge, gt, le, lt or eq before it: \
                 ge2026-11-22, lt2026-11-22T08:00:00Z.",
            )
        })?;
        match prefix {
            "ge" => once(&mut self.search.from, "date", start),
            "gt" => once(&mut self.search.from, "date", end),
            "le" => once(&mut self.search.until, "date", end),
            "lt" => once(&mut self.search.until, "date", start),
            _ => {
                once(&mut self.search.from, "date", start)?;
                once(&mut self.search.until, "date", end)
            }
        }
    }
}

/// The time that a value of FHIR's type date spans: whole days, or one millisecond.
fn span(text: &str) -> Option<(Timestamp, Timestamp)> {
    if let (10, Ok(day)) = (text.len(), text.parse::<Date>()) {
        let start = day.to_zoned(TimeZone::UTC).ok()?.timestamp();
        let end = day.tomorrow().ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp();
        return Some((start, end));
    }
    let instant: Timestamp = text.parse().ok()?;
    let start = Timestamp::from_millisecond(instant.as_millisecond()).ok()?;
    Some((start, start.checked_add(SignedDuration::from_millis(1)).ok()?))
}

fn id(value: &str, name: &str) -> Result<Uuid, ApiError> {
    Uuid::try_parse(value).map_err(|_| refused(&format!("`{name}` takes the id of one thing, a UUID.")))
}

fn once<T>(place: &mut Option<T>, name: &str, value: T) -> Result<(), ApiError> {
    if place.is_some() {
        return Err(refused(&format!("`{name}` is given twice for the same end.")));
    }
    *place = Some(value);
    Ok(())
}

fn refused(detail: &str) -> ApiError {
    ApiError::new(ProblemCode::RequestMalformed).detail(detail)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::unwrap_in_result)]

    use super::*;

    #[test]
    fn days_and_instants_span_what_their_prefix_says() {
        let day = "2026-11-22T00:00:00Z";
        let next_day = "2026-11-23T00:00:00Z";
        for (value, from, until) in [
            ("2026-11-22", Some(day), Some(next_day)),
            ("eq2026-11-22", Some(day), Some(next_day)),
            ("ge2026-11-22", Some(day), None),
            ("gt2026-11-22", Some(next_day), None),
            ("lt2026-11-22", None, Some(day)),
            ("le2026-11-22", None, Some(next_day)),
            ("ge2026-11-22T01:00:00+01:00", Some(day), None),
            ("lt2026-11-23T00:00:00.000Z", None, Some(next_day)),
        ] {
            let read = read(&[("date", value)]).unwrap();

            assert_eq!(read.search.from, from.map(|at| at.parse().unwrap()), "{value}");
            assert_eq!(read.search.until, until.map(|at| at.parse().unwrap()), "{value}");
        }
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        let user = "7e6c8f3d-2b4a-4f10-b0c9-6a5d4e3f2a1b";
        for pairs in [
            &[("patient", "1")][..],
            &[("_count", "0")],
            &[("_count", "501")],
            &[("_count", "-1")],
            &[("_count", "1e2")],
            &[("_count", "5"), ("_count", "5")],
            &[("user", "Maria")],
            &[("user", user), ("agent:identifier", &format!("urn:tapward:user|{user}"))],
            &[("agent:identifier", user)],
            &[("agent:identifier", "urn:mrn|4711")],
            &[("agent", user)],
            &[("date", "")],
            &[("date", "yesterday")],
            &[("date", "ge2026-13-01")],
            &[("date", "ne2026-11-22")],
            &[("date", "2026-11")],
            &[("date", "ge2026-11-22"), ("date", "gt2026-11-22")],
            &[("date", "é2026")],
            &[("page", "1")],
            &[("page", "1.2.3")],
            &[("page", "1.1-2.1-3.1-4")],
            &[("page", "1.1-2.")],
            &[("page", "1.1-2.1-3_")],
            &[("page", "-1.1-2.1-3")],
            &[("page", "01.1-2.1-3")],
            &[("_sort", "-date")],
            &[("_format", "xml")],
            &[("", "")],
            &[("_format", "json"); 13],
        ] {
            let refusal = read(pairs).unwrap_err();

            assert_eq!(refusal.code, ProblemCode::RequestMalformed, "{pairs:?}");
            assert!(refusal.detail.is_some(), "{pairs:?}");
        }
    }

    #[test]
    fn a_page_mark_comes_back_as_it_was() {
        let place = |node, number| Place { node, number };
        for through in [vec![place(1, 250)], vec![place(1, 250), place(2, 0), place(7, 31)]] {
            let after = Cursor { recorded_at: 1_790_000_000_123, place: place(2, 17) };
            let mark = PageMark { after, through: Through(through) };

            assert_eq!(PageMark::read(&mark.spelled()), Some(mark));
        }
    }

    fn read(pairs: &[(&str, &str)]) -> Result<Parameters, ApiError> {
        let pairs: Vec<_> =
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Parameters::read(&pairs)
    }
}

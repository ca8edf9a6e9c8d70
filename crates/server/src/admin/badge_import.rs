//! `badge import`: a list of badges, one a line: `name,number,grade`.
//!
//! Asked for all or none, the list comes as one, and one bad row leaves all as it was (`badge_import/whole.rs`); asked
//! for the good ones, it comes in batches of a few, each one transaction, and a list that broke off is simply imported
//! again: a badge that is hers already is no error. People sign in meanwhile; only while a whole list is taken over they
//! wait, a second or so for 50 000 rows of the 200 000 that it may have. One that was lost or revoked is a bad row: the list
//! may be older than that. No answer shows a number.

pub mod whole;

pub(crate) mod row;

use std::collections::{HashMap, HashSet};

use protocol::{secret::WireSecret, v1::problem::ProblemCode};
use serde::{Deserialize, Serialize};

use self::row::Row;
use super::{badges::refusal, message::Answer};
use crate::{
    app::App,
    badges::{self, Bound, Wish},
    error::ApiError,
    identity::badge::NumberIndex,
    routes::body::invalid,
    store::{
        Connection, StoreError,
        badges::EnrolledBy,
        transact,
        users::{self, User},
    },
    trail::{self, About},
};

/// Rows of one batch where the good ones are asked for.
pub const BATCH_ROWS: usize = 1_000;
/// A list has at most this many rows.
pub const ROWS_MAX: usize = 200_000;

/// Why a row is bad that names nobody.
const NOBODY: &str = "Nobody has this name. Correct it (`tapward-server user list` shows all), or add the person first (`user add`).";

/// One line of the list, as it stands there.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImportLine {
    /// Counted from 1.
    pub line: u64,
    /// What it says.
    pub text: WireSecret,
}

/// A row that cannot be imported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BadRow {
    /// Counted from 1.
    pub line: u64,
    /// Why, without the number.
    pub reason: String,
    /// Where it cannot be beside other badges: with what. Rows before it on the same list may be these.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub clash: Option<Clash>,
}

/// What a row clashes with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Clash {
    /// The badge is another person's.
    Holder,
    /// The person has as many badges as one may have.
    OtherBadges,
}

impl BadRow {
    /// A row that is bad by itself.
    fn new(line: u64, reason: impl Into<String>) -> Self {
        Self { line, reason: reason.into(), clash: None }
    }

    /// The row of which no badge was made, if it is a bad one.
    fn of(line: u64, bound: Bound) -> Option<Self> {
        let clash = match bound {
            Bound::Taken => Some(Clash::Holder),
            Bound::TooMany => Some(Clash::OtherBadges),
            Bound::Anew | Bound::Before | Bound::KeptCryptographic | Bound::Revoked => None,
        };
        refusal(bound).map(|words| Self { clash, ..Self::new(line, words) })
    }
}

/// What became of a list, or of one batch of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Imported {
    /// Badges that are somebody's now.
    pub imported: u64,
    /// Rows of badges that were theirs before, there or on an earlier row.
    pub unchanged: u64,
    /// Lines among these whose badge proves a key, and stays so, though the row says that it is a mere number.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub kept_cryptographic: Vec<u64>,
    /// Whether nothing was imported, because all or none was asked for.
    pub is_nothing_done: bool,
    /// By line.
    pub bad: Vec<BadRow>,
}

impl Imported {
    /// This batch, and the next.
    pub fn add(&mut self, next: Self) {
        self.imported += next.imported;
        self.unchanged += next.unchanged;
        self.kept_cryptographic.extend(next.kept_cryptographic);
        self.is_nothing_done |= next.is_nothing_done;
        self.bad.extend(next.bad);
    }
}

/// Imports one batch, or the whole list.
///
/// # Errors
/// `request.invalid` for too many rows, and faults of the store: nothing of it was imported then.
pub(super) async fn import(
    app: &App,
    lines: Vec<ImportLine>,
    is_all_or_none: bool,
) -> Result<Answer, ApiError> {
    if lines.len() > ROWS_MAX {
        return Err(invalid("A list has at most 200000 rows."));
    }
    if is_all_or_none {
        // Whoever asked may go away; what was begun is finished all the same.
        let app = app.clone();
        let told = tokio::spawn(async move { whole::import(&app, &lines).await }).await;
        let told = told.map_err(|_| ApiError::new(ProblemCode::ServerFault))??;
        return Ok(Answer::BadgesImported(told));
    }
    if lines.len() > BATCH_ROWS {
        return Err(invalid("A batch of a list has at most 1000 rows."));
    }
    let told = transact!(app.store, |write| {
        let now = app.clock.now();
        let mut importing = Importing { app, people: HashMap::new(), now };
        let (mut numbers, mut holders) = (HashSet::new(), Vec::new());
        let mut told = Imported::default();
        for line in &lines {
            match importing.row(write, line).await? {
                // One badge is one, on however many rows it stands.
                Ok((Bound::Anew, number, holder)) if numbers.insert(number) => holders.push(holder),
                Ok((bound, ..)) => {
                    told.unchanged += 1;
                    told.kept_cryptographic.extend((bound == Bound::KeptCryptographic).then_some(line.line));
                }
                Err(bad) => told.bad.push(bad),
            }
        }
        for holder in holders {
            trail::administration(write, holder, "badge.import", now).await?;
            told.imported += 1;
        }
        Ok::<_, ApiError>(told)
    })?;
    Ok(Answer::BadgesImported(told))
}

struct Importing<'a> {
    app: &'a App,
    people: HashMap<String, Option<User>>,
    now: jiff::Timestamp,
}

impl Importing<'_> {
    /// Binds the badge of one row, and tells what became of it, which and whose it is, or says why not.
    async fn row(
        &mut self,
        write: &mut Connection,
        line: &ImportLine,
    ) -> Result<Result<(Bound, NumberIndex, About), BadRow>, StoreError> {
        let row = match Row::parse(line.text.expose()) {
            Ok(row) => row,
            Err(reason) => return Ok(Err(BadRow::new(line.line, reason))),
        };
        let name = row.name.as_str().to_owned();
        if !self.people.contains_key(&name) {
            let found = users::find_by_name(write, &row.name).await?;
            self.people.insert(name.clone(), found);
        }
        let Some(Some(user)) = self.people.get(&name) else {
            return Ok(Err(BadRow::new(line.line, NOBODY)));
        };
        let number = row.number.index(&self.app.keys.index);
        let wish = Wish { user_id: user.id, number, grade: row.grade, by: EnrolledBy::List };
        let bound = badges::bind(write, wish, self.now).await?;
        let holder = About::default().user(Some(user));
        Ok(BadRow::of(line.line, bound).map_or(Ok((bound, number, holder)), Err))
    }
}

//! `badge import`: a list of badges, one a line: `name,number,grade`.
//!
//! Asked for all or none, the list comes as one, and one bad row leaves all as it was (`badge_import/whole.rs`); asked
//! for the good ones, it comes in batches of a few, each one transaction, and a list that broke off is simply imported
//! again: a badge that is hers already is no error. People sign in meanwhile; only while a whole list is taken over they
//! wait, a second or so for 50 000 rows of the 200 000 that it may have. One that was lost or revoked is a bad row: the list
//! may be older than that. No answer shows a number.

pub mod whole;

mod row;

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
        StoreError, Write,
        badges::EnrolledBy,
        users::{self, User},
    },
    trail::{self, About},
};

/// Rows of one batch where the good ones are asked for.
pub const BATCH_ROWS: usize = 1_000;
/// A list has at most this many rows.
pub const ROWS_MAX: usize = 200_000;

/// Why a row is bad that names nobody.
const NOBODY: &str = "Nobody has this name.";

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
}

/// What became of a list, or of one batch of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Imported {
    /// Badges that are somebody's now.
    pub imported: u64,
    /// Rows of badges that were theirs before, there or on an earlier row.
    pub unchanged: u64,
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
    let mut write = app.store.write().await?;
    let now = app.clock.now();
    let mut importing = Importing { app, people: HashMap::new(), now };
    let (mut numbers, mut holders) = (HashSet::new(), Vec::new());
    let mut told = Imported::default();
    for line in lines {
        match importing.row(&mut write, &line.text).await? {
            // One badge is one, on however many rows it stands.
            Ok(Some((number, holder))) if numbers.insert(number) => holders.push(holder),
            Ok(_) => told.unchanged += 1,
            Err(reason) => told.bad.push(BadRow { line: line.line, reason }),
        }
    }
    for holder in holders {
        trail::administration(&mut write, holder, "badge.import", now).await?;
        told.imported += 1;
    }
    write.commit().await?;
    Ok(Answer::BadgesImported(told))
}

struct Importing<'a> {
    app: &'a App,
    people: HashMap<String, Option<User>>,
    now: jiff::Timestamp,
}

impl Importing<'_> {
    /// Binds the badge of one row, and tells which and whose it is where it was not before, or says why not.
    async fn row(
        &mut self,
        write: &mut Write,
        text: &WireSecret,
    ) -> Result<Result<Option<(NumberIndex, About)>, String>, StoreError> {
        let row = match Row::parse(text.expose()) {
            Ok(row) => row,
            Err(reason) => return Ok(Err(reason)),
        };
        let name = row.name.as_str().to_owned();
        if !self.people.contains_key(&name) {
            let found = users::find_by_name(write, &row.name).await?;
            self.people.insert(name.clone(), found);
        }
        let Some(Some(user)) = self.people.get(&name) else {
            return Ok(Err(String::from(NOBODY)));
        };
        let number = row.number.index(&self.app.keys.index);
        let wish = Wish { user_id: user.id, number, grade: row.grade, by: EnrolledBy::List };
        let bound = badges::bind(write, wish, self.now).await?;
        let holder = (bound == Bound::Anew).then(|| (number, About::default().user(Some(user))));
        Ok(match refusal(bound) {
            None => Ok(holder),
            Some(words) => Err(words.to_owned()),
        })
    }
}

//! `badge import`: a list of badges, one a line: `name,number,grade`.
//!
//! A batch is one transaction. Asked for all or none, the list is one batch, and one bad row leaves all as it was;
//! asked for the good ones, it comes in batches of a few, so that nobody waits long to sign in meanwhile, and a list
//! that broke off is simply imported again: a badge that is hers already is no error. One that was lost or revoked is a
//! bad row: the list may be older than that. No answer shows a number.

use std::collections::HashMap;

use protocol::{secret::WireSecret, v1::badge::BadgeGrade};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{badges::refusal, message::Answer};
use crate::{
    app::App,
    badges::{self, Bound, Wish},
    error::ApiError,
    identity::{badge::BadgeNumber, name::UserName},
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
    /// Badges that were theirs before.
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

/// Imports one batch.
///
/// # Errors
/// `request.invalid` for too many rows, and faults of the store: nothing of the batch was imported then.
pub(super) async fn import(
    app: &App,
    lines: Vec<ImportLine>,
    is_all_or_none: bool,
) -> Result<Answer, ApiError> {
    if lines.len() > ROWS_MAX {
        return Err(invalid("A list has at most 200000 rows."));
    }
    let mut write = app.store.write().await?;
    let now = app.clock.now();
    let mut importing = Importing { app, people: HashMap::new(), now };
    let mut holders = Vec::new();
    let mut told = Imported::default();
    for line in lines {
        match importing.row(&mut write, &line.text).await? {
            Ok(Some(holder)) => holders.push(holder),
            Ok(None) => told.unchanged += 1,
            Err(reason) => told.bad.push(BadRow { line: line.line, reason }),
        }
    }
    if is_all_or_none && !told.bad.is_empty() {
        // Dropped, the transaction is rolled back.
        return Ok(Answer::BadgesImported(Imported {
            is_nothing_done: true,
            bad: told.bad,
            ..Imported::default()
        }));
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
    /// Binds the badge of one row, and tells whose it is where it was not before, or says why not.
    async fn row(
        &mut self,
        write: &mut Write,
        text: &WireSecret,
    ) -> Result<Result<Option<About>, String>, StoreError> {
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
            return Ok(Err(String::from("Nobody has this name.")));
        };
        let number = row.number.index(&self.app.keys.index);
        let wish = Wish { user_id: user.id, number, grade: row.grade, by: EnrolledBy::List };
        let bound = badges::bind(write, wish, self.now).await?;
        let holder = (bound == Bound::Anew).then(|| About::default().user(Some(user)));
        Ok(match refusal(bound) {
            None => Ok(holder),
            Some(words) => Err(words.to_owned()),
        })
    }
}

/// What one row says.
#[derive(Debug)]
struct Row {
    name: UserName,
    number: BadgeNumber,
    grade: BadgeGrade,
}

impl Row {
    fn parse(text: &str) -> Result<Self, String> {
        let cells = cells(text).ok_or("A quotation mark is open at the end of the line.")?;
        let [name, number, grade] = cells.as_slice() else {
            return Err(format!("A row has 3 columns (name,number,grade); this one has {}.", cells.len()));
        };
        let grade = match grade.trim() {
            "uid" => BadgeGrade::Uid,
            "cryptographic" => BadgeGrade::Cryptographic,
            _ => return Err(String::from("The grade is neither `uid` nor `cryptographic`.")),
        };
        Ok(Self {
            name: UserName::parse(name).ok_or("The name is empty or has characters that no name has.")?,
            number: BadgeNumber::parse(number.trim()).map_err(|unusable| unusable.to_string())?,
            grade,
        })
    }
}

/// The cells of one line (RFC 4180, without line breaks in cells); `None` where a quotation mark stays open.
fn cells(text: &str) -> Option<Vec<Zeroizing<String>>> {
    let mut cells = vec![Zeroizing::new(String::with_capacity(text.len()))];
    let mut is_quoted = false;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let cell = cells.last_mut()?;
        match character {
            '"' if is_quoted && characters.peek() == Some(&'"') => {
                characters.next();
                cell.push('"');
            }
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => cells.push(Zeroizing::new(String::with_capacity(text.len()))),
            other => cell.push(other),
        }
    }
    (!is_quoted).then_some(cells)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_row_is_read_as_spreadsheets_write_it() {
        for text in
            ["maria,uid:04a1b2c3,uid", " Maria , uid:04a1b2c3 , uid ", "\"maria\",\"uid:04a1b2c3\",\"uid\""]
        {
            let row = Row::parse(text).unwrap();

            assert_eq!((row.name.as_str(), row.grade), ("maria", BadgeGrade::Uid), "{text}");
        }
        assert_eq!(
            Row::parse("\"o\"\"hara, m\",wedge:1234,cryptographic").unwrap().name.as_str(),
            "o\"hara, m"
        );
    }

    #[test]
    fn a_bad_row_says_what_is_wrong_and_shows_no_number() {
        for (text, words) in [
            ("maria;uid:04a1b2c3;uid", "3 columns"),
            ("maria,uid:04a1b2c3", "3 columns"),
            (",uid:04a1b2c3,uid", "name is empty"),
            ("maria,uid:08a1b2c3,uid", "another number each time"),
            ("maria,04a1b2c3,uid", "technology:number"),
            ("maria,uid:04a1b2c3,gold", "grade"),
            ("\"maria,uid:04a1b2c3,uid", "quotation mark"),
        ] {
            let reason = Row::parse(text).unwrap_err();

            assert!(reason.contains(words) && !reason.contains("a1b2c3"), "{text}: {reason}");
        }
    }
}

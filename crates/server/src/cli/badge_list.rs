//! `badge import`: reads the list, sends it, and names the earlier line where two rows of it contradict each other.

use std::{
    collections::{HashMap, HashSet},
    io::Write as _,
    path::Path,
};

use anyhow::{Context as _, Result, bail};
use protocol::{secret::WireSecret, v1::badge::BADGES_OF_A_PERSON_MAX};
use zeroize::Zeroizing;

use super::args::How;
use crate::{
    admin::{
        badge_import::{BATCH_ROWS, BadRow, Clash, ImportLine, Imported, ROWS_MAX, row::Row},
        message::{Answer, Command},
        socket,
    },
    identity::badge::BadgeNumber,
};

/// Sends the list in `file` to the server on `data`.
pub(super) async fn import(data: &Path, file: &Path, how: How) -> Result<Answer> {
    let bytes = std::fs::read(file).with_context(|| format!("{} cannot be read", file.display()))?;
    let bytes = Zeroizing::new(bytes);
    let lines = text(&bytes).and_then(lines);
    let lines = lines.with_context(|| format!("{} cannot be imported", file.display()))?;
    if lines.is_empty() {
        bail!("{} holds no badges: one a line is wanted, as name,number,grade", file.display());
    }
    if lines.len() > ROWS_MAX {
        bail!("{} has more than {ROWS_MAX} rows: import it in parts", file.display());
    }
    let batch = if how.all_or_none { lines.len() } else { BATCH_ROWS };
    let mut told = Imported::default();
    let mut done = 0;
    for batch in lines.chunks(batch) {
        progress(done, lines.len());
        let command = Command::BadgeImport { lines: batch.to_vec(), is_all_or_none: how.all_or_none };
        let Answer::BadgesImported(next) = socket::ask(data, &command).await? else {
            bail!("the answer is of another version");
        };
        told.add(next);
        done += batch.len();
    }
    progress(done, lines.len());
    name_earlier_lines(&lines, &mut told.bad);
    Ok(Answer::BadgesImported(told))
}

/// Why nothing of a list was imported although all of it was asked for; nothing where some was.
pub(super) fn failure(told: &Imported) -> Option<String> {
    let is_failure = told.is_nothing_done || told.imported == 0 && told.unchanged == 0;
    is_failure.then(|| match told.bad.len() {
        1 => String::from("Nothing was imported: 1 row is bad."),
        bad => format!("Nothing was imported: {bad} rows are bad."),
    })
}

fn text(bytes: &[u8]) -> Result<&str> {
    std::str::from_utf8(bytes).map_err(|error| {
        let line = 1 + bytes[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count();
        anyhow::anyhow!("line {line} is not UTF-8: save the list as UTF-8 (in Excel: CSV UTF-8)")
    })
}

/// Every row with its line, without the heading and empty lines.
fn lines(text: &str) -> Result<Vec<ImportLine>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut lines = (1..).zip(text.lines()).filter(|(_, text)| !text.trim().is_empty()).peekable();
    if let Some((_, first)) = lines.next_if(|(_, text)| text.trim().to_ascii_lowercase().starts_with("sep="))
        && first.trim().get(4..) != Some(",")
    {
        bail!("its first line asks for another separator: commas are wanted, as in name,number,grade");
    }
    lines.next_if(|(_, text)| is_heading(text));
    Ok(lines.map(|(line, text)| ImportLine { line, text: WireSecret::new(text.to_owned()) }).collect())
}

fn is_heading(text: &str) -> bool {
    let text: String = text.chars().filter(|character| !matches!(character, '"' | ' ')).collect();
    text.eq_ignore_ascii_case("name,number,grade")
}

/// Where a row clashes with good ones before it, says which these are: what the server knows of a row before it may have
/// come in another batch.
fn name_earlier_lines(lines: &[ImportLine], bad: &mut [BadRow]) {
    if bad.iter().all(|row| row.clash.is_none()) {
        return;
    }
    let mut clashes: HashMap<u64, &mut BadRow> = bad.iter_mut().map(|row| (row.line, row)).collect();
    let mut holders: HashMap<BadgeNumber, (u64, String)> = HashMap::new();
    let mut badges: HashMap<String, Vec<u64>> = HashMap::new();
    let mut theirs: HashSet<(String, BadgeNumber)> = HashSet::new();
    for line in lines {
        let Ok(row) = Row::parse(line.text.expose()) else { continue };
        let name = row.name.as_str();
        let Some(bad) = clashes.get_mut(&line.line) else {
            holders.entry(row.number.clone()).or_insert_with(|| (line.line, name.to_owned()));
            if theirs.insert((name.to_owned(), row.number)) {
                badges.entry(name.to_owned()).or_default().push(line.line);
            }
            continue;
        };
        match bad.clash {
            Some(Clash::Holder) => {
                if let Some((earlier, _)) = holders.get(&row.number).filter(|(_, holder)| holder != name) {
                    bad.reason = format!(
                        "Line {earlier} gives this badge to another person. Take one of the two out."
                    );
                }
            }
            Some(Clash::OtherBadges) => {
                if let Some(earlier) = badges.get(name) {
                    bad.reason = format!(
                        "This person has {BADGES_OF_A_PERSON_MAX} badges, as many as one may have, with what {} of this \
                         list gives. Take one out, or revoke one first.",
                        listed(earlier)
                    );
                }
            }
            None => {}
        }
    }
}

fn listed(lines: &[u64]) -> String {
    let numbers: Vec<String> = lines.iter().map(ToString::to_string).collect();
    match numbers.split_last() {
        Some((last, [])) => format!("line {last}"),
        Some((last, others)) => format!("lines {} and {last}", others.join(", ")),
        None => String::new(),
    }
}

/// On standard error, where no program reads; nobody minds if it cannot be written.
fn progress(done: usize, of: usize) {
    if of > BATCH_ROWS {
        let _ = writeln!(std::io::stderr(), "{done} of {of} rows");
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn heading_and_empty_lines_are_no_rows_and_every_row_knows_its_line() {
        let rows = lines(
            "\u{feff}\r\nsep=,\r\nName,Number,Grade\r\nmaria,uid:04a1b2c3,uid\r\n\r\njonas,wedge:1234,uid\n",
        )
        .unwrap();

        let numbered: Vec<_> = rows.iter().map(|row| (row.line, row.text.expose())).collect();
        assert_eq!(numbered, [(4, "maria,uid:04a1b2c3,uid"), (6, "jonas,wedge:1234,uid")]);
        assert_eq!(lines("maria,uid:04a1b2c3,uid").unwrap().len(), 1, "a heading is not needed");
    }

    #[test]
    fn a_list_that_asks_for_another_separator_is_told_which_is_wanted() {
        let error = lines("sep=;\nname;number;grade\n").unwrap_err().to_string();

        assert!(error.contains("commas are wanted"), "{error}");
    }

    #[test]
    fn a_list_that_is_not_utf_8_is_told_its_line_and_how_to_save_it() {
        let error = text(b"name,number,grade\nmar\xeda,uid:04a1b2c3,uid\n").unwrap_err().to_string();

        assert!(error.starts_with("line 2 ") && error.contains("CSV UTF-8"), "{error}");
    }

    #[test]
    fn a_bad_row_that_clashes_with_what_is_not_on_the_list_keeps_its_reason() {
        let list = lines("maria,wedge:1234,uid\njonas,wedge:5678,uid\n").unwrap();
        let row = |line, clash| BadRow { line, reason: String::from("as told"), clash: Some(clash) };
        let mut bad = vec![row(1, Clash::Holder), row(2, Clash::OtherBadges)];
        name_earlier_lines(&list, &mut bad);

        assert!(bad.iter().all(|row| row.reason == "as told"), "{bad:?}");
    }
}

//! `badge …`: numbers come from standard input or a file, never from the command line, where others see them.

use std::{io::Write as _, path::Path};

use anyhow::{Context as _, Result, bail};
use protocol::{secret::WireSecret, v1::badge::BADGE_NUMBER_SIZE_BYTES_MAX};
use zeroize::Zeroizing;

use super::{
    args::{Badge, How},
    run::first_line,
};
use crate::admin::{
    badge_import::{BATCH_ROWS, ImportLine, Imported, ROWS_MAX},
    message::{Answer, Command},
    socket,
};

/// Asks the server on `data` what was typed.
pub(super) async fn ask(data: &Path, verb: Badge) -> Result<Answer> {
    let command = match verb {
        Badge::Enrol { name, grade } => {
            let number = first_line(BADGE_NUMBER_SIZE_BYTES_MAX)?
                .context("standard input holds no badge number in its first line")?;
            Command::BadgeEnrol { name, number, grade: grade.into() }
        }
        Badge::Revoke { badge, of } => Command::BadgeRevoke { badge_id: badge, name: of },
        Badge::List { of } => return list(data, of).await,
        Badge::Import { file, how } => return import(data, &file, how).await,
    };
    socket::ask(data, &command).await
}

/// Every page, as one answer.
async fn list(data: &Path, of: Option<String>) -> Result<Answer> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let command = Command::BadgeList { of: of.clone(), after };
        let Answer::Badges { badges, next } = socket::ask(data, &command).await? else {
            bail!("the answer is of another version");
        };
        all.extend(badges);
        after = next;
        if after.is_none() {
            return Ok(Answer::Badges { badges: all, next: None });
        }
    }
}

async fn import(data: &Path, file: &Path, how: How) -> Result<Answer> {
    let text = std::fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
    let text = Zeroizing::new(text);
    let lines = lines(&text);
    if lines.len() > ROWS_MAX {
        bail!("{} has more than {ROWS_MAX} rows: import it in parts", file.display());
    }
    let batch = if how.all_or_none { lines.len().max(1) } else { BATCH_ROWS };
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
    Ok(Answer::BadgesImported(told))
}

/// Every row with its line, without the heading and empty lines.
fn lines(text: &str) -> Vec<ImportLine> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    (1..)
        .zip(text.lines())
        .filter(|(line, text)| !(text.trim().is_empty() || *line == 1 && is_heading(text)))
        .map(|(line, text)| ImportLine { line, text: WireSecret::new(text.to_owned()) })
        .collect()
}

fn is_heading(text: &str) -> bool {
    let text: String = text.chars().filter(|character| !matches!(character, '"' | ' ')).collect();
    text.eq_ignore_ascii_case("name,number,grade")
}

/// On standard error, where no program reads; nobody minds if it cannot be written.
fn progress(done: usize, of: usize) {
    if of > BATCH_ROWS {
        let _ = writeln!(std::io::stderr(), "{done} of {of} rows");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heading_and_empty_lines_are_no_rows_and_every_row_knows_its_line() {
        let rows = lines("\u{feff}Name,Number,Grade\r\nmaria,uid:04a1b2c3,uid\r\n\r\njonas,wedge:1234,uid\n");

        let numbered: Vec<_> = rows.iter().map(|row| (row.line, row.text.expose())).collect();
        assert_eq!(numbered, [(2, "maria,uid:04a1b2c3,uid"), (4, "jonas,wedge:1234,uid")]);
        assert_eq!(lines("maria,uid:04a1b2c3,uid").len(), 1, "a heading is not needed");
    }
}

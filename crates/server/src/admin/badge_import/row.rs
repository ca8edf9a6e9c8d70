//! One row of a list: `name,number,grade`.

use protocol::v1::badge::BadgeGrade;
use zeroize::Zeroizing;

use crate::identity::{badge::BadgeNumber, name::UserName};

/// What one row says.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) name: UserName,
    pub(crate) number: BadgeNumber,
    pub(crate) grade: BadgeGrade,
}

impl Row {
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let cells = cells(text).ok_or("A quotation mark is open at the end of the line.")?;
        let [name, number, grade] = cells.as_slice() else {
            if cells.len() == 1 && text.contains(';') {
                return Err(String::from(
                    "The columns are separated by semicolons. Separate them by commas: name,number,grade.",
                ));
            }
            return Err(format!("A row has 3 columns (name,number,grade); this one has {}.", cells.len()));
        };
        let grade = match grade.trim().to_ascii_lowercase().as_str() {
            "uid" => BadgeGrade::Uid,
            "cryptographic" => BadgeGrade::Cryptographic,
            _ => return Err(String::from("The grade is neither `uid` nor `cryptographic`.")),
        };
        Ok(Self {
            name: UserName::parse(name).ok_or("The name is empty or has characters that no name has.")?,
            number: BadgeNumber::typed(number).map_err(|unusable| unusable.to_string())?,
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
            ["maria,uid:04a1b2c3,uid", " Maria , UID:04A1B2C3 , UID ", "\"maria\",\"uid:04a1b2c3\",\"uid\""]
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
            ("maria;uid:04a1b2c3;uid", "Separate them by commas"),
            ("maria,uid:04a1b2c3", "3 columns"),
            (",uid:04a1b2c3,uid", "name is empty"),
            ("maria,uid:08a1b2c3,uid", "another number each time"),
            ("maria,04a1b2c3,uid", "write uid: or wedge: before it"),
            ("maria,uid:04a1b2c3,gold", "grade"),
            ("\"maria,uid:04a1b2c3,uid", "quotation mark"),
        ] {
            let reason = Row::parse(text).unwrap_err();

            assert!(reason.contains(words) && !reason.contains("a1b2c3"), "{text}: {reason}");
        }
    }
}

//! The enrolment code: `TW1-<96-bit secret>-<128-bit prefix of SHA-256 of the authority's SPKI>`, both in
//! base32 (RFC 4648, no padding), 20 and 26 characters.

use std::fmt;

use zeroize::Zeroizing;

/// A longer text is no code: bound for whoever reads it.
pub const CODE_SIZE_BYTES_MAX: usize = 128;
const PREFIX: &str = "TW1";
const SECRET_CHARACTERS: usize = 20;
const AUTHORITY_CHARACTERS: usize = 26;
const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// The first 128 bits of the SHA-256 of an authority's public key (SPKI, DER).
pub type AuthorityPrefix = [u8; 16];

/// What is wrong with a code; never the code itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    /// It is no code of this kind.
    #[error("an enrolment code looks like TW1-…-…, three parts with dashes between them")]
    Shape,
    /// A part has the wrong number of characters: something is missing, or typed twice.
    #[error("part {part} of the enrolment code has {is} characters instead of {should_be}")]
    Length {
        /// 2 or 3.
        part: u8,
        /// As given.
        is: usize,
        /// As it must be.
        should_be: usize,
    },
    /// A character that no code has (0, 1, 8 and 9 do not occur).
    #[error(
        "the enrolment code has a character that none has; codes have the letters A to Z and the digits 2 to 7"
    )]
    Character,
}

/// A parsed code; `Debug` hides the secret.
#[derive(Clone)]
pub struct EnrolmentCode {
    secret: Zeroizing<String>,
    authority: AuthorityPrefix,
}

impl EnrolmentCode {
    /// A code for whoever has this authority.
    #[cfg(test)]
    pub(super) fn of(authority: AuthorityPrefix) -> Self {
        Self { secret: Zeroizing::new("A".repeat(SECRET_CHARACTERS)), authority }
    }

    /// Reads a code as somebody typed or pasted it.
    ///
    /// # Errors
    /// [`CodeError`], which says what to mend.
    pub fn parse(text: &str) -> Result<Self, CodeError> {
        let text = text.trim();
        if text.len() > CODE_SIZE_BYTES_MAX {
            return Err(CodeError::Shape);
        }
        let typed = Zeroizing::new(text.to_ascii_uppercase());
        let mut parts = typed.split('-');
        let (Some(PREFIX), Some(secret), Some(authority), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(CodeError::Shape);
        };
        check_length(2, secret, SECRET_CHARACTERS)?;
        check_length(3, authority, AUTHORITY_CHARACTERS)?;
        // Decoded to find a slip of the finger here and not at the server.
        decode::<12>(secret)?;
        Ok(Self { secret: Zeroizing::new(secret.to_owned()), authority: decode::<16>(authority)? })
    }

    /// The secret part, for the server.
    #[must_use]
    pub fn secret(&self) -> &str {
        &self.secret
    }

    /// Which authority the server's certificate must come from.
    #[must_use]
    pub fn authority(&self) -> AuthorityPrefix {
        self.authority
    }
}

impl fmt::Debug for EnrolmentCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EnrolmentCode(…)")
    }
}

fn check_length(part: u8, text: &str, should_be: usize) -> Result<(), CodeError> {
    match text.chars().count() {
        is if is == should_be => Ok(()),
        is => Err(CodeError::Length { part, is, should_be }),
    }
}

/// Base32 without padding into exactly `SIZE` bytes; bits left over must be zero.
fn decode<const SIZE: usize>(text: &str) -> Result<[u8; SIZE], CodeError> {
    let mut bytes = [0; SIZE];
    let (mut buffer, mut bits, mut length) = (0_u32, 0, 0);
    for character in text.bytes() {
        let value = ALPHABET.iter().position(|known| *known == character).ok_or(CodeError::Character)?;
        buffer = (buffer << 5) | u32::try_from(value).unwrap_or(0);
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            *bytes.get_mut(length).ok_or(CodeError::Shape)? =
                u8::try_from((buffer >> bits) & 0xff).unwrap_or(0);
            length += 1;
            buffer &= (1 << bits) - 1;
        }
    }
    if length == SIZE && buffer == 0 { Ok(bytes) } else { Err(CodeError::Character) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "MZXW6YTBOJRGC4TSMFXA";
    const AUTHORITY: &str = "AAAQEAYEAUDAOCAJBIFQYDIOB4";

    #[test]
    fn a_code_is_read_as_it_was_printed_typed_or_pasted() {
        for text in [
            format!("TW1-{SECRET}-{AUTHORITY}"),
            format!("  tw1-{}-{}\n", SECRET.to_lowercase(), AUTHORITY.to_lowercase()),
        ] {
            let code = EnrolmentCode::parse(&text).unwrap();

            assert_eq!(code.secret(), SECRET);
            assert_eq!(code.authority(), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]);
        }
    }

    #[test]
    fn a_code_that_is_none_says_what_to_mend() {
        let cases = [
            (String::new(), CodeError::Shape),
            ("hello".into(), CodeError::Shape),
            (format!("TW2-{SECRET}-{AUTHORITY}"), CodeError::Shape),
            (format!("TW1-{SECRET}-{AUTHORITY}-X"), CodeError::Shape),
            (format!("TW1-{SECRET}"), CodeError::Shape),
            (
                format!("TW1-{}-{AUTHORITY}", &SECRET[1..]),
                CodeError::Length { part: 2, is: 19, should_be: 20 },
            ),
            (format!("TW1-{SECRET}-{AUTHORITY}A"), CodeError::Length { part: 3, is: 27, should_be: 26 }),
            (format!("TW1-{}1-{AUTHORITY}", &SECRET[1..]), CodeError::Character),
            (format!("TW1-{SECRET}-{}Ä", &AUTHORITY[1..]), CodeError::Character),
            ("TW1-".repeat(1000), CodeError::Shape),
        ];
        for (text, error) in cases {
            assert_eq!(EnrolmentCode::parse(&text).unwrap_err(), error, "{text}");
        }
    }

    #[test]
    fn a_code_does_not_show_its_secret() {
        let code = EnrolmentCode::parse(&format!("TW1-{SECRET}-{AUTHORITY}")).unwrap();

        assert!(!format!("{code:?}").contains(SECRET));
    }
}

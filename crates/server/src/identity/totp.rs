//! One-time codes (RFC 6238): SHA-1, six digits, 30 s, one step of skew either way.
//!
//! A match is not yet a success: the caller spends the step with a compare-and-set in the database
//! (RFC 6238, 5.2), so that one code signs in once, whatever runs at the same time or restarts.

use jiff::Timestamp;
use protocol::secret::WireSecret;
use totp_rs::{Builder, Secret, Totp};
use zeroize::Zeroizing;

use super::name::UserName;

/// Bytes of a new secret: 160 bits (RFC 4226, 4).
pub const SECRET_SIZE_BYTES: usize = 20;

/// A secret that cannot be used; the store holds something it should not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a TOTP secret cannot be used")]
pub struct SecretUnusable;

/// The step that `code` belongs to, if it is a code of this secret around `now`.
///
/// # Errors
/// [`SecretUnusable`].
pub fn matching_step(
    secret: &[u8],
    code: &WireSecret,
    now: Timestamp,
) -> Result<Option<i64>, SecretUnusable> {
    let code = code.expose();
    if code.len() != 6 || !code.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(None);
    }
    let seconds = u64::try_from(now.as_second()).unwrap_or(0);
    let step = builder(secret).build().map_err(|_| SecretUnusable)?.check(code, seconds);
    Ok(step.and_then(|step| i64::try_from(step).ok()))
}

/// What an authenticator app takes, as `otpauth://` URL.
///
/// # Errors
/// [`SecretUnusable`].
pub fn url(secret: &[u8], name: &UserName, issuer: &str) -> Result<WireSecret, SecretUnusable> {
    // A colon would end the issuer in the label of the URL.
    let issuer = issuer.replace(':', " ");
    let issuer = if issuer.trim().is_empty() { String::from("Tapward") } else { issuer };
    let totp: Totp = builder(secret)
        .with_account_name(name.as_str().replace(':', " "))
        .with_issuer(Some(issuer))
        .build()
        .map_err(|_| SecretUnusable)?;
    totp.to_url().map(WireSecret::new).map_err(|_| SecretUnusable)
}

/// A new secret.
#[must_use]
pub fn generate() -> Zeroizing<Vec<u8>> {
    Zeroizing::new(crate::keys::random::<SECRET_SIZE_BYTES>().to_vec())
}

fn builder(secret: &[u8]) -> Builder {
    Builder::new().with_secret(Secret::from(secret.to_vec()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    /// RFC 6238, appendix B, SHA-1, cut to six digits.
    const RFC_SECRET: &[u8] = b"12345678901234567890";

    fn step(code: &str, seconds: i64) -> Option<i64> {
        let now = Timestamp::from_second(seconds).unwrap();
        matching_step(RFC_SECRET, &WireSecret::new(code.to_owned()), now).unwrap()
    }

    #[test]
    fn the_codes_of_the_standard_match_their_steps() {
        let vectors = [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_234_567_890, "005924"),
            (20_000_000_000, "353130"),
        ];

        for (seconds, code) in vectors {
            assert_eq!(step(code, seconds), Some(seconds / 30), "{code}");
        }
    }

    #[test]
    fn a_code_is_good_one_step_early_or_late_and_no_more() {
        assert_eq!(step("287082", 59 - 30), Some(1));
        assert_eq!(step("287082", 59 + 30), Some(1));
        assert_eq!(step("287082", 59 + 60), None);
    }

    #[test]
    fn only_six_digits_are_a_code() {
        for code in ["", "28708", "2870820", "28708a", "287 082", " 287082", "２８７０８２", "-87082"] {
            assert_eq!(step(code, 59), None, "{code:?}");
        }
    }
}

//! Failures as they are told, and command lines that cannot be read: what stands where a number or a PIN was typed by
//! mistake is not repeated.

use std::{io::Write as _, process::ExitCode};

use clap::error::{ContextKind, ContextValue, Error, ErrorKind};

use crate::admin::socket::Refused;

/// Stands for what is not repeated.
const HIDDEN: &str = "…";
const HINT: &str = "\nWhat was typed is not repeated here. Badge numbers, PINs and passwords are read from standard input, \
                    never from the command line.\n";

/// Answers a command line that cannot be read, or that asks for help or the version.
#[must_use]
pub fn exit_for(error: Error, is_json: bool) -> ExitCode {
    if !error.use_stderr() {
        let _ = error.print();
        return ExitCode::SUCCESS;
    }
    let (error, is_hidden) = hidden(error);
    if is_json {
        let _ = writeln!(std::io::stderr(), "{}", object(Some("usage"), error.to_string().trim_end()));
    } else {
        let _ = error.print();
        let hint = if is_hidden { HINT } else { "" };
        let _ = write!(std::io::stderr(), "{hint}");
    }
    ExitCode::from(2)
}

/// Tells why a command was not done: words, or one JSON object, on standard error.
pub fn tell_failure(error: &anyhow::Error, is_json: bool) {
    let code = error.chain().find_map(|cause| cause.downcast_ref::<Refused>()).map(|refused| refused.code);
    let code = code.map(crate::error::spelled);
    let _ = if is_json {
        writeln!(std::io::stderr(), "{}", object(code.as_deref(), &format!("{error:#}")))
    } else {
        writeln!(std::io::stderr(), "tapward-server: {error:#}")
    };
}

fn object(code: Option<&str>, message: &str) -> serde_json::Value {
    match code {
        Some(code) => serde_json::json!({ "code": code, "message": message }),
        None => serde_json::json!({ "message": message }),
    }
}

/// The error without what may be a number or a PIN: words that stand where none is expected, and values that are none of
/// their kind.
fn hidden(mut error: Error) -> (Error, bool) {
    let is_option = matches!(error.get(ContextKind::InvalidArg), Some(ContextValue::String(what)) if what.starts_with("--"));
    let kind = error.kind();
    let what = if kind == ErrorKind::UnknownArgument && !is_option {
        ContextKind::InvalidArg
    } else if matches!(kind, ErrorKind::ValueValidation | ErrorKind::InvalidValue) && !is_option {
        ContextKind::InvalidValue
    } else if kind == ErrorKind::InvalidSubcommand {
        ContextKind::InvalidSubcommand
    } else {
        return (error, false);
    };
    let is_verb = matches!(error.get(what), Some(ContextValue::String(word))
        if what == ContextKind::InvalidSubcommand && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'));
    if is_verb {
        return (error, false);
    }
    for context in [ContextKind::Suggested, ContextKind::SuggestedArg, ContextKind::SuggestedSubcommand] {
        error.remove(context);
    }
    error.insert(what, ContextValue::String(HIDDEN.to_owned()));
    (error, true)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use clap::Parser as _;

    use super::*;
    use crate::cli::args::Cli;

    #[test]
    fn a_number_or_a_pin_that_was_typed_as_an_argument_is_not_repeated() {
        for (words, secret) in [
            (vec!["badge", "enrol", "maria", "uid:04a1b2c3"], "a1b2c3"),
            (vec!["badge", "enrol", "maria", "--number", "uid:04a1b2c3"], "a1b2c3"),
            (vec!["badge", "enrol", "maria", "--number=uid:04a1b2c3"], "a1b2c3"),
            (vec!["badge", "find", "uid:04a1b2c3"], "a1b2c3"),
            (vec!["badge", "uid:04a1b2c3"], "a1b2c3"),
            (vec!["badge", "revoke", "uid:04a1b2c3"], "a1b2c3"),
            (vec!["user", "pin", "maria", "271828"], "271828"),
            (vec!["user", "pin", "maria", "--pin", "271828"], "271828"),
        ] {
            let error = Cli::try_parse_from(["tapward-server"].iter().chain(&words)).unwrap_err();
            let (error, _) = hidden(error);

            let told = error.to_string();
            assert!(!told.contains(secret) && told.contains("error:"), "{words:?}: {told}");
        }
    }

    #[test]
    fn other_slips_are_repeated() {
        for (words, slip) in [
            (vec!["badge", "enroll"], "enroll"),
            (vec!["badge", "list", "--off", "maria"], "--off"),
            (vec!["workstation", "code", "--expires", "5"], "'5'"),
        ] {
            let error = Cli::try_parse_from(["tapward-server"].iter().chain(&words)).unwrap_err();
            let (error, is_hidden) = hidden(error);

            assert!(error.to_string().contains(slip) && !is_hidden, "{words:?}: {error}");
        }
    }

    #[test]
    fn what_is_no_id_of_a_badge_is_told_in_plain_words() {
        let told =
            Cli::try_parse_from(["tapward-server", "badge", "revoke", "notanid"]).unwrap_err().to_string();

        assert!(told.contains("`badge list` shows") && told.contains("--of NAME"), "{told}");
    }
}

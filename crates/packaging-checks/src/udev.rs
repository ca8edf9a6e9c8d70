//! The grammar of udev rules, as far as a misspelt one shows: systemd's own check (`udevadm verify`) came with version 254.

/// What can stand before an operator, without its `{…}`.
const KEYS: [&str; 20] = [
    "ACTION",
    "ATTR",
    "ATTRS",
    "DEVPATH",
    "DRIVER",
    "DRIVERS",
    "ENV",
    "GOTO",
    "GROUP",
    "IMPORT",
    "KERNEL",
    "KERNELS",
    "LABEL",
    "MODE",
    "NAME",
    "OWNER",
    "RUN",
    "SUBSYSTEM",
    "SUBSYSTEMS",
    "TAG",
];
const OPERATORS: [&str; 6] = ["==", "!=", "+=", "-=", ":=", "="];

/// Each line that is no rule, with what is wrong about it. Rules that are commented out as examples are read too: a
/// comment that begins with a key and an operator is one.
#[must_use]
pub fn udev_complaints(text: &str) -> Vec<String> {
    let is_rule = |line: &&str| !line.is_empty() && (!line.starts_with('#') || looks_like_a_rule(&line[1..]));
    text.lines()
        .map(str::trim)
        .filter(is_rule)
        .filter_map(|line| fault(line.trim_start_matches(['#', ' '])).map(|fault| format!("{fault}: {line}")))
        .collect()
}

fn looks_like_a_rule(comment: &str) -> bool {
    let key: String = comment.trim_start().chars().take_while(|letter| letter.is_ascii_uppercase()).collect();
    KEYS.contains(&key.as_str()) && OPERATORS.iter().any(|operator| comment.contains(operator))
}

fn fault(rule: &str) -> Option<String> {
    for part in parts(rule) {
        let Some((key, operator, value)) = OPERATORS
            .iter()
            .filter_map(|operator| part.split_once(operator).map(|(key, value)| (key, *operator, value)))
            .min_by_key(|(key, ..)| key.len())
        else {
            return Some(format!("`{part}` compares and sets nothing"));
        };
        let name = key.split('{').next().unwrap_or_default();
        if !KEYS.contains(&name) {
            return Some(format!("`{name}` is no key"));
        }
        let is_quoted = value.len() >= 2 && value.starts_with('"') && value.ends_with('"');
        if !is_quoted {
            return Some(format!("what follows `{key}{operator}` is not quoted"));
        }
    }
    None
}

/// Split at commas outside of quotes.
fn parts(rule: &str) -> Vec<&str> {
    let mut is_quoted = false;
    rule.split(|letter| {
        is_quoted ^= letter == '"';
        letter == ',' && !is_quoted
    })
    .map(str::trim)
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_that_udev_would_leave_out_is_told() {
        assert_eq!(
            udev_complaints("SUBSYSTEM==\"block\", ENV{A}=\"1,2\"\n# words, and GROUP of them\n"),
            [""; 0]
        );
        for (line, said) in [
            ("SUBSYSTEM==block", "not quoted"),
            ("SUBSYSTEMM==\"block\"", "no key"),
            ("SUBSYSTEM==\"block\" ENV{A}=\"1\", MODE", "compares and sets nothing"),
            ("# SUBSYSTEM==\"input\", GROUPP=\"tapward\"", "no key"),
        ] {
            let told = udev_complaints(line);
            assert!(told.len() == 1 && told[0].contains(said), "{line}: {told:?}");
        }
    }
}

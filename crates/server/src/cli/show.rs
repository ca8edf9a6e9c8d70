//! Answers in plain words.

use protocol::v1::{badge::BadgeGrade, session::SessionState};

use crate::admin::{
    badge_import::Imported,
    message::{Answer, BadgeLine},
};

/// The answer for a person to read.
#[must_use]
pub fn show(answer: &Answer) -> String {
    match answer {
        Answer::Authenticators { name, password, otpauth_url, sessions_ended, .. } => {
            let mut lines = vec![format!("Name      {name}")];
            lines.extend(password.as_ref().map(|password| format!("Password  {}", password.expose())));
            lines.extend(otpauth_url.as_ref().map(|url| format!("TOTP      {}", url.expose())));
            if password.is_some() || otpauth_url.is_some() {
                lines.push(String::from("Hand this over in person: it is shown once and kept nowhere."));
            }
            lines.extend(ended(*sessions_ended));
            lines.join("\n")
        }
        Answer::Users { users } => table(
            &["NAME", "DISPLAY NAME", "ROLE", "STATE"],
            users.iter().map(|user| {
                let mut states = Vec::new();
                states.extend(user.is_disabled.then_some("disabled"));
                states.extend(user.is_password_suspended.then_some("password suspended"));
                states.extend(user.is_pin_suspended.then_some("PIN suspended"));
                states.extend(user.is_totp_suspended.then_some("one-time codes suspended"));
                let state = if states.is_empty() { String::from("active") } else { states.join(", ") };
                let role = user.role.clone().unwrap_or_default();
                vec![user.name.clone(), user.display_name.clone(), role, state]
            }),
        ),
        Answer::Code { code_id, code, expires_at } => {
            format!("{}\nGood until {expires_at}. It is shown once. Its id is {code_id}.", code.expose())
        }
        Answer::Codes { codes } => table(
            &["ID", "NAME", "UNIT", "USES LEFT", "MADE", "GOOD UNTIL"],
            codes.iter().map(|code| {
                vec![
                    code.code_id.to_string(),
                    code.name.clone(),
                    code.unit.clone(),
                    code.uses_left.to_string(),
                    code.made_at.to_string(),
                    code.expires_at.to_string(),
                ]
            }),
        ),
        Answer::BadgeEnrolled { badge_id, grade, is_changed, is_grade_changed } => {
            let done = if *is_changed { "Done." } else { "It was so already." };
            let counts = format!(" It counts as {} from now on.", grade_spelled(*grade));
            let counts = if *is_grade_changed { counts.as_str() } else { "" };
            format!("{done}{counts} Its id is {badge_id}.")
        }
        Answer::Badge { badge } => badges(std::slice::from_ref(badge)),
        Answer::Badges { badges: all, .. } => badges(all),
        Answer::BadgesImported(told) => imported(told),
        Answer::Workstations { workstations } => table(
            &["NAME", "UNIT", "STATE", "LAST HEARD", "HOST", "ID"],
            workstations.iter().map(|workstation| {
                let state = match (workstation.is_revoked, workstation.is_cloned) {
                    (true, _) => "revoked",
                    (false, true) => "cloned: revoke it, then enrol it anew",
                    (false, false) => "active",
                };
                vec![
                    workstation.name.clone(),
                    workstation.unit.clone(),
                    state.to_owned(),
                    workstation.heard_at.to_string(),
                    workstation.host_name.clone(),
                    workstation.workstation_id.to_string(),
                ]
            }),
        ),
        Answer::Sessions { sessions } => table(
            &["SESSION", "USER", "WORKSTATION", "STATE", "SINCE"],
            sessions.iter().map(|session| {
                let state = match session.state {
                    SessionState::Open => "open",
                    SessionState::Lapsed => "lapsed",
                    SessionState::Ended => "ended",
                };
                vec![
                    session.session_id.to_string(),
                    session.user_name.clone(),
                    session.workstation.clone(),
                    state.to_owned(),
                    session.opened_at.to_string(),
                ]
            }),
        ),
        Answer::Token { name, token, expires_at } => {
            format!("{}\nThe token of {name}, good until {expires_at}. It is shown once.", token.expose())
        }
        Answer::Auditors { auditors } => table(
            &["NAME", "MADE", "GOOD UNTIL", "STATE"],
            auditors.iter().map(|auditor| {
                let state = if auditor.is_revoked { "revoked" } else { "active" };
                vec![
                    auditor.name.clone(),
                    auditor.made_at.to_string(),
                    auditor.expires_at.to_string(),
                    state.to_owned(),
                ]
            }),
        ),
        Answer::SpoolBatch { stored, already_there, refused } => {
            format!("Stored {stored}, already there {already_there}, refused {refused}.")
        }
        Answer::Recovered(recovered) => recovered.to_string(),
        Answer::Done { is_changed, sessions_ended } => {
            let mut lines = vec![String::from(if *is_changed { "Done." } else { "It was so already." })];
            lines.extend(ended(*sessions_ended));
            lines.join("\n")
        }
    }
}

const fn grade_spelled(grade: BadgeGrade) -> &'static str {
    match grade {
        BadgeGrade::Uid => "uid",
        BadgeGrade::Cryptographic => "cryptographic",
    }
}

fn badges(badges: &[BadgeLine]) -> String {
    table(
        &["ID", "NAME", "GRADE", "STATE", "ENROLLED", "LAST SEEN", "AT"],
        badges.iter().map(|badge| {
            vec![
                badge.badge_id.to_string(),
                badge.user_name.clone(),
                grade_spelled(badge.grade).to_owned(),
                String::from(if badge.is_revoked { "revoked" } else { "active" }),
                badge.enrolled_at.to_string(),
                badge.last_seen_at.map(|at| at.to_string()).unwrap_or_default(),
                badge.last_seen_workstation.clone().unwrap_or_default(),
            ]
        }),
    )
}

fn imported(told: &Imported) -> String {
    let kept = told.kept_cryptographic.iter().map(|line| {
        format!(
            "line {line}: This badge is hers already, as cryptographic, and stays so: only `badge enrol` makes it uid."
        )
    });
    let bad = told.bad.iter().map(|row| format!("line {}: {}", row.line, row.reason));
    let mut lines: Vec<String> = kept.chain(bad).collect();
    let (kept, bad) = (told.kept_cryptographic.len(), told.bad.len());
    let kept = if kept == 0 { String::new() } else { format!(" ({kept} of them with another grade)") };
    let Imported { imported, unchanged, .. } = told;
    lines.push(format!("Imported {imported}, already there {unchanged}{kept}, bad {bad}."));
    lines.join("\n")
}

fn ended(count: usize) -> Option<String> {
    match count {
        0 => None,
        1 => Some(String::from("1 session ended.")),
        count => Some(format!("{count} sessions ended.")),
    }
}

fn table(head: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let mut lines: Vec<Vec<String>> = vec![head.iter().map(ToString::to_string).collect()];
    lines.extend(rows);
    let widths: Vec<usize> = (0..head.len())
        .map(|column| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0))
        .collect();
    let written = lines.iter().map(|line| {
        let cells: Vec<String> =
            line.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        cells.join("  ").trim_end().to_owned()
    });
    written.collect::<Vec<_>>().join("\n")
}

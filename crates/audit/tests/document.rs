//! docs/AUDIT-EVENTS.md says what the code does: its examples and tables are generated.
#![allow(clippy::unwrap_used)]

mod every_record;

use std::{collections::BTreeSet, env, fmt::Write as _, fs, path::Path};

use audit::{
    apps::AppOutcome,
    codes::{FailClosedCause, LogoutCause, RequestedBy},
    fhir::{AuditEvent, USER_SYSTEM},
    record::{AuditRecord, Factors, What},
    stepping_away::{ConcealCause, ResumeMethod},
};

/// With this set, the document is rewritten instead of compared.
const UPDATE: &str = "TAPWARD_UPDATE_DOCS";
const BEGIN: &str = "<!-- generated: ";
const END: &str = "<!-- end -->";

#[test]
fn the_document_shows_what_is_generated() {
    let path = Path::new(&std::env::var("CARGO_MANIFEST_DIR").unwrap()).join("../../docs/AUDIT-EVENTS.md");
    let written = fs::read_to_string(&path).unwrap();

    let generated = with_sections(&written, section);

    if env::var_os(UPDATE).is_some() {
        fs::write(&path, generated).unwrap();
    } else {
        assert!(
            written == generated,
            "docs/AUDIT-EVENTS.md is stale: run {UPDATE}=1 cargo test -p audit --test document"
        );
    }
}

#[test]
fn the_document_has_an_example_of_every_kind_of_record() {
    let path = Path::new(&std::env::var("CARGO_MANIFEST_DIR").unwrap()).join("../../docs/AUDIT-EVENTS.md");
    let mut shown = BTreeSet::new();
    with_sections(&fs::read_to_string(path).unwrap(), |name| {
        shown.extend(name.strip_prefix("example ").map(|name| kind(&sample(name).what)));
        String::new()
    });

    let kinds: BTreeSet<_> = every_record::samples().iter().map(|sample| kind(&sample.record.what)).collect();

    assert_eq!(shown, kinds);
}

/// `document` with the text between each pair of marks made anew.
fn with_sections(document: &str, mut section: impl FnMut(&str) -> String) -> String {
    let mut whole = String::new();
    let mut lines = document.lines();
    while let Some(line) = lines.next() {
        whole.push_str(line);
        whole.push('\n');
        if let Some(name) = line.strip_prefix(BEGIN) {
            whole.push_str(&section(name.strip_suffix(" -->").unwrap()));
            whole.push_str(END);
            whole.push('\n');
            assert!(lines.any(|line| line == END), "`{name}` has no end");
        }
    }
    whole
}

fn section(name: &str) -> String {
    match name.split_once(' ') {
        Some(("example", name)) => example(name),
        Some(("table", "causes")) => causes(),
        Some(("table", "factors")) => coded("factors", Factors::ALL.map(|factors| What::Login { factors })),
        Some(("table", "conceal-causes")) => {
            coded("conceal-cause", ConcealCause::ALL.map(|cause| What::Concealed { cause }))
        }
        Some(("table", "resume-methods")) => {
            coded("resume-method", ResumeMethod::ALL.map(|method| What::Resumed { method }))
        }
        Some(("table", "app-outcomes")) => app_outcomes(),
        Some(("table", "alerts")) => alerts(),
        Some(("table", "fail-closed-causes")) => fail_closed_causes(),
        _ => panic!("nothing is generated for `{name}`"),
    }
}

fn example(name: &str) -> String {
    let json = serde_json::to_string_pretty(&AuditEvent::from(&sample(name))).unwrap();
    format!("```json\n{json}\n```\n")
}

fn app_outcomes() -> String {
    let mut table =
        "| code (`urn:tapward:app-outcome`) | display | outcome |\n| --- | --- | --- |\n".to_owned();
    for outcome in AppOutcome::ALL {
        let (code, result) = (outcome.code(), outcome.outcome().code());
        writeln!(table, "| `{}` | {} | {result} |", code.code, code.display).unwrap();
    }
    table
}

fn causes() -> String {
    let mut table =
        "| cause (`urn:tapward:logout-cause`) | display | requestor |\n| --- | --- | --- |\n".to_owned();
    for cause in LogoutCause::ALL {
        let requestor = match cause.requested_by() {
            RequestedBy::User => "user",
            RequestedBy::Workstation => "workstation",
            RequestedBy::Server => "server",
        };
        writeln!(table, "| `{}` | {} | {requestor} |", cause.code().code, cause.code().display).unwrap();
    }
    table
}

/// Code, text and requestor of what differs in one coded extension alone.
fn coded<const N: usize>(system: &str, all: [What; N]) -> String {
    let mut table = format!("| code (`urn:tapward:{system}`) | display | requestor |\n| --- | --- | --- |\n");
    for what in all {
        let event = AuditEvent::from(&AuditRecord { what, ..sample("concealed_user_tap") });
        let coding = event.extension.last().unwrap().value_coding.as_ref().unwrap();
        let requestor = event.agent.iter().find(|agent| agent.requestor).unwrap();
        let by = if requestor.who.identifier.system == USER_SYSTEM { "user" } else { "workstation" };
        writeln!(table, "| `{}` | {} | {by} |", coding.code, coding.display.as_deref().unwrap()).unwrap();
    }
    table
}

fn alerts() -> String {
    let mut table = "| alert (`urn:tapward:security-alert`) | display | DICOM | outcome |\n\
                     | --- | --- | --- | --- |\n"
        .to_owned();
    for sample in every_record::samples().iter().filter(|sample| sample.name.starts_with("alert_")) {
        let event = AuditEvent::from(&sample.record);
        let ours = event.subtype.last().unwrap();
        let dicom = match event.subtype.as_slice() {
            [dicom, _] => format!("{} {}", dicom.code, dicom.display.as_deref().unwrap()),
            _ => "-".to_owned(),
        };
        let display = ours.display.as_deref().unwrap();
        writeln!(table, "| `{}` | {display} | {dicom} | {} |", ours.code, event.outcome).unwrap();
    }
    table
}

fn fail_closed_causes() -> String {
    let mut table = "| cause (`urn:tapward:fail-closed-cause`) | display | code on screen |\n\
                     | --- | --- | --- |\n"
        .to_owned();
    for cause in FailClosedCause::ALL {
        let on_screen = code_on_screen(cause);
        writeln!(table, "| `{}` | {} | `{on_screen}` |", cause.code().code, cause.code().display).unwrap();
    }
    table
}

/// `agent-runtime` shows that its screen has these.
const fn code_on_screen(cause: FailClosedCause) -> &'static str {
    match cause {
        FailClosedCause::NotEnrolled => "workstation.not_enrolled",
        FailClosedCause::WorkstationUnknown => "workstation.unknown",
        FailClosedCause::WorkstationRevoked => "workstation.revoked",
        FailClosedCause::WorkstationCloned => "workstation.cloned",
        FailClosedCause::KeychainUnavailable => "keychain.unavailable",
        FailClosedCause::SpoolUnavailable => "spool.unavailable",
        FailClosedCause::SpoolFull => "spool.full",
        FailClosedCause::CoverUnconfirmed => "cover.unconfirmed",
        FailClosedCause::InactivityUnknown => "inactivity.unknown",
        FailClosedCause::AppsLeft => "apps.left",
        FailClosedCause::ConfigInvalid => "config.invalid",
    }
}

fn sample(name: &str) -> AuditRecord {
    let sample = every_record::samples().into_iter().find(|sample| sample.name == name);
    sample.unwrap_or_else(|| panic!("there is no record `{name}`")).record
}

/// As serde spells it in a record.
fn kind(what: &What) -> String {
    serde_json::to_value(what).unwrap()["kind"].as_str().unwrap().to_owned()
}

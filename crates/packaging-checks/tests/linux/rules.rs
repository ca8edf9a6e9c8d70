//! Rules of polkit and udev.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use packaging_checks::{Workstation, judge, udev_complaints};

/// polkit's own part: it takes the rules in the order of their files' names, and the first that answers counts.
const POLKIT: &str = r#"
const rules = [];
const polkit = {
  Result: { YES: "yes", NO: "no", AUTH_ADMIN: "auth_admin", AUTH_SELF: "auth_self", NOT_HANDLED: null },
  addRule: (rule) => rules.push(rule),
};
function answer(id, user) {
  for (const rule of rules) {
    const result = rule({ id, lookup: () => undefined }, { user, isInGroup: () => false, active: true, local: true });
    if (result) return result;
  }
  return "the distribution's";
}
"#;

/// In the order in which they are read.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert_eq!(files.len(), 2, "{files:?}");
    files
}

/// What polkit answers to each question, an action and a user, under these rules.
fn answers(rules: &str, questions: &[(&str, &str)]) -> Vec<String> {
    let asked: String = questions
        .iter()
        .map(|(action, user)| format!("console.log(answer(\"{action}\", \"{user}\"));\n"))
        .collect();
    let verdict = judge(Command::new("node").arg("-e").arg(format!("{POLKIT}\n{rules}\n{asked}"))).unwrap();
    assert!(verdict.is_success, "{}", verdict.said);
    verdict.said.lines().map(str::to_owned).collect()
}

fn ours() -> String {
    let workstation = Workstation::bare().unwrap();
    let rules = files(&workstation.root().join("etc/polkit-1/rules.d"));
    rules.iter().map(|file| fs::read_to_string(file).unwrap()).collect()
}

#[test]
fn whoever_sits_at_the_kiosk_needs_an_administrator_to_change_the_machine() {
    let ours = ours();
    for user in ["tapward", "tapward-session"] {
        for action in [
            "org.freedesktop.login1.power-off",
            "org.freedesktop.login1.reboot",
            "org.freedesktop.login1.suspend",
            "org.freedesktop.login1.hibernate",
            "org.freedesktop.login1.inhibit-block-sleep",
            "org.freedesktop.login1.inhibit-handle-power-key",
            "org.freedesktop.login1.chvt",
            "org.freedesktop.udisks2.filesystem-mount",
            "org.freedesktop.NetworkManager.network-control",
            "org.freedesktop.NetworkManager.settings.modify.own",
            "org.freedesktop.systemd1.manage-units",
            "org.freedesktop.policykit.exec",
            "org.freedesktop.timedate1.set-time",
        ] {
            assert_eq!(answers(&ours, &[(action, user)]), ["auth_admin"], "{action} by {user}");
        }
    }
}

#[test]
fn the_agent_may_do_what_it_needs_and_nobody_elses_answer_changes() {
    let asked = [
        ("org.freedesktop.login1.inhibit-delay-sleep", "tapward"),
        ("org.freedesktop.login1.inhibit-delay-shutdown", "tapward"),
        ("org.debian.pcsc-lite.access_pcsc", "tapward"),
        ("org.debian.pcsc-lite.access_card", "tapward"),
        ("org.freedesktop.login1.inhibit-delay-sleep", "tapward-session"),
        ("org.debian.pcsc-lite.access_card", "tapward-session"),
        ("org.freedesktop.login1.power-off", "administrator"),
    ];

    let told = answers(&ours(), &asked);
    assert_eq!(told, ["yes", "yes", "yes", "yes", "auth_admin", "auth_admin", "the distribution's"]);
}

#[test]
fn rules_that_let_a_user_slip_are_noticed() {
    let power_off = [("org.freedesktop.login1.power-off", "tapward-session")];

    let forgotten = ours().replace("subject.user !== \"tapward-session\"", "true");
    assert_eq!(answers(&forgotten, &power_off), ["the distribution's"]);
    assert_eq!(answers("", &power_off), ["the distribution's"]);
}

#[test]
fn udev_understands_every_rule_and_every_example() {
    let workstation = Workstation::bare().unwrap();
    for file in files(&workstation.root().join("etc/udev/rules.d")) {
        let told = udev_complaints(&fs::read_to_string(&file).unwrap());
        assert!(told.is_empty(), "{}: {told:?}", file.display());
    }
}

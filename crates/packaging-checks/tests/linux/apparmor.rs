//! AppArmor profiles: its parser takes them, as they are shipped and as somebody enforces them.

use std::{fs, path::Path, process::Command};

use packaging_checks::{Verdict, Workstation, judge};

/// What apparmor itself brings.
const DISTRIBUTIONS: &str = "/etc/apparmor.d";
const PROFILES: [&str; 2] = ["tapward", "tapward-launch"];

/// A folder of profiles with the distribution's abstractions in it.
fn installed() -> Workstation {
    let workstation = Workstation::install().unwrap();
    let copied = judge(
        Command::new("cp")
            .args(["-rn", &format!("{DISTRIBUTIONS}/.")])
            .arg(workstation.root().join("etc/apparmor.d")),
    )
    .unwrap();
    assert!(copied.is_success, "{}", copied.said);
    workstation
}

fn parse(folder: &Path, profile: &str) -> Verdict {
    // Neither loaded into this kernel nor cached: read.
    judge(
        Command::new("apparmor_parser")
            .args(["--skip-kernel-load", "--skip-cache", "--base"])
            .arg(folder)
            .arg(folder.join(profile)),
    )
    .unwrap()
}

#[test]
fn apparmor_takes_every_profile_as_shipped_and_as_enforced() {
    let workstation = installed();
    let folder = workstation.root().join("etc/apparmor.d");

    for profile in PROFILES {
        let verdict = parse(&folder, profile);
        assert!(verdict.is_success, "{profile}: {}", verdict.said);

        let text = fs::read_to_string(folder.join(profile)).unwrap();
        let enforced = text.replace(", complain)", ")");
        assert_ne!(text, enforced, "{profile} is shipped so that it complains");
        fs::write(folder.join("enforced"), enforced).unwrap();
        let verdict = parse(&folder, "enforced");
        assert!(verdict.is_success, "{profile}, enforced: {}", verdict.said);
    }
}

#[test]
fn a_profile_that_contradicts_the_grammar_is_refused() {
    let workstation = installed();
    let folder = workstation.root().join("etc/apparmor.d");
    let good = fs::read_to_string(folder.join("tapward")).unwrap();

    for (from, to) in [
        ("px -> &tapward-agent,", "px -> &tapward-agent"),
        ("include <abstractions/tapward-web>", "include <abstractions/tapward-wep>"),
        (" mr,\n", " mrq,\n"),
    ] {
        let broken = good.replacen(from, to, 1);
        assert_ne!(broken, good, "{from} stands nowhere");
        fs::write(folder.join("broken"), broken).unwrap();
        assert!(!parse(&folder, "broken").is_success, "{to} was taken");
    }
}

#[test]
fn apps_and_pages_are_denied_what_proves_the_workstation() {
    let workstation = Workstation::install().unwrap();
    let folder = workstation.root().join("etc/apparmor.d");
    let launch = fs::read_to_string(folder.join("tapward-launch")).unwrap();
    let web = fs::read_to_string(folder.join("abstractions/tapward-web")).unwrap();

    for denied in
        ["/var/lib/tapward/{,**} rwklmx,", "/run/credentials/{,**} rwklmx,", "/dev/input/** rwklmx,"]
    {
        assert!(launch.contains(&format!("audit deny {denied}")), "{denied}");
    }
    for family in ["inet", "inet6", "packet", "raw"] {
        assert!(web.contains(&format!("deny network {family},")), "{family}");
    }
}

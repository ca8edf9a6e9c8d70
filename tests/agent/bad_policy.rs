//! A refused policy never becomes a lax one, and never keeps anybody from signing in.

use std::{fs, path::PathBuf};

use agent_runtime::{
    policy_file::{PolicyInForce, PolicyOrigin},
    view::PolicyNotice,
};
use tempfile::TempDir;
use testkit::bedside::Bedside;

use crate::told::{MINUTE, SECOND, is_active};

const TEN_MINUTES: &str = "[automatic_logoff]\nafter = \"10 min\"\n";

#[test]
fn a_policy_of_ten_minutes_is_ten_minutes() {
    let files = Files::new();
    files.write(TEN_MINUTES);

    let mut bedside = files.bedside();

    assert_eq!(bedside.view().unwrap().policy_notice, None);
    assert_signed_out_after(&mut bedside, 10);
}

#[test]
fn without_a_policy_the_documented_fifteen_minutes_hold() {
    let files = Files::new();

    assert_eq!(files.load().origin, PolicyOrigin::Defaults);
    assert_signed_out_after(&mut files.bedside(), 15);
}

#[test]
fn a_bad_policy_leaves_the_last_good_one_in_force_and_the_screen_says_so() {
    let files = Files::new();
    files.write(TEN_MINUTES);
    assert_eq!(files.load().origin, PolicyOrigin::File);

    for bad in [
        "[automatic_logoff]\nafter = \"5 h\"\n",
        "[automatic_logoff]\nafter = ",
        "[automatic_logof]\nafter = \"10 min\"\n",
        "\u{0}\u{1}",
    ] {
        files.write(bad);
        let mut bedside = files.bedside();

        assert_eq!(bedside.view().unwrap().policy_notice, Some(PolicyNotice::LastGood));
        assert_signed_out_after(&mut bedside, 10);
    }
}

#[test]
fn a_policy_file_that_is_gone_leaves_the_last_good_one_in_force() {
    let files = Files::new();
    files.write(TEN_MINUTES);
    files.load();

    fs::remove_file(files.policy()).unwrap();

    assert_eq!(files.load().origin, PolicyOrigin::LastGood);
}

#[test]
fn a_bad_policy_where_there_never_was_a_good_one_means_five_minutes_and_sign_in_stays_possible() {
    let files = Files::new();
    files.write("nonsense");

    let mut bedside = files.bedside();

    assert_eq!(bedside.view().unwrap().policy_notice, Some(PolicyNotice::BuiltInStrict));
    assert_signed_out_after(&mut bedside, 5);
}

#[test]
fn a_policy_that_is_too_large_or_no_text_is_refused() {
    let files = Files::new();
    files.write(&format!("{TEN_MINUTES}#{}", "x".repeat(70_000)));
    assert_eq!(files.load().origin, PolicyOrigin::BuiltInStrict);

    fs::write(files.policy(), [0xff, 0xfe, 0x00]).unwrap();
    assert_eq!(files.load().origin, PolicyOrigin::BuiltInStrict);

    fs::remove_file(files.policy()).unwrap();
    fs::create_dir(files.policy()).unwrap();
    assert_eq!(files.load().origin, PolicyOrigin::BuiltInStrict);
}

#[test]
fn a_spoilt_copy_of_the_last_good_policy_is_not_trusted() {
    let files = Files::new();
    files.write(TEN_MINUTES);
    files.load();
    fs::write(files.0.path().join("policy.last-good.toml"), "[automatic_logoff]\nafter = \"99 h\"\n")
        .unwrap();
    files.write("nonsense");

    assert_eq!(files.load().origin, PolicyOrigin::BuiltInStrict);
}

#[test]
fn a_good_policy_holds_even_where_no_copy_of_it_can_be_kept() {
    let files = Files::new();
    files.write(TEN_MINUTES);

    let in_force = PolicyInForce::load(&files.policy(), &files.0.path().join("no such directory"));

    assert_eq!(in_force.origin, PolicyOrigin::File);
}

#[test]
fn a_newer_good_policy_replaces_the_last_good_one() {
    let files = Files::new();
    files.write(TEN_MINUTES);
    files.load();
    files.write("[automatic_logoff]\nafter = \"3 min\"\n");
    files.load();
    files.write("nonsense");

    assert_signed_out_after(&mut files.bedside(), 3);
}

#[test]
fn a_good_policy_that_was_only_looked_at_is_no_last_good_one() {
    let files = Files::new();
    files.write(TEN_MINUTES);

    assert_eq!(PolicyInForce::look(&files.policy(), files.0.path()).origin, PolicyOrigin::File);

    files.write("nonsense");
    assert_eq!(PolicyInForce::look(&files.policy(), files.0.path()).origin, PolicyOrigin::BuiltInStrict);
    assert_eq!(files.load().origin, PolicyOrigin::BuiltInStrict);
}

#[test]
fn a_weakened_safeguard_is_on_record_at_every_start() {
    let files = Files::new();
    files.write("danger_allow_short_limits = true\n");

    let mut bedside = files.bedside();
    assert_eq!(weakened(&bedside), 1);
    bedside.agent_is_killed();
    bedside.switch_on();

    assert_eq!(weakened(&bedside), 2);
}

#[test]
fn a_refused_policy_and_one_that_is_gone_are_on_record_at_every_start_and_a_good_one_is_not() {
    let files = Files::new();
    assert_eq!(refused(&files.bedside()), 0, "nothing was ever decided");
    files.write("[automatic_logoff]\nafter = \"10 min\"\n");
    assert_eq!(refused(&files.bedside()), 0);

    files.write("this is no policy");
    let mut bedside = files.bedside();
    assert_eq!(refused(&bedside), 1);
    bedside.agent_is_killed();
    bedside.switch_on();
    assert_eq!(refused(&bedside), 2);

    fs::remove_file(files.policy()).unwrap();
    assert_eq!(refused(&files.bedside()), 1);
}

struct Files(TempDir);

impl Files {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn policy(&self) -> PathBuf {
        self.0.path().join("policy.toml")
    }

    fn write(&self, text: &str) {
        fs::write(self.policy(), text).unwrap();
    }

    fn load(&self) -> PolicyInForce {
        PolicyInForce::load(&self.policy(), self.0.path())
    }

    fn bedside(&self) -> Bedside {
        let mut bedside = Bedside::switched_off();
        bedside.has_policy(self.load());
        bedside.switch_on();
        bedside
    }
}

fn weakened(bedside: &Bedside) -> usize {
    bedside.audit_trail.story().iter().filter(|words| *words == "alert: SafeguardWeakened").count()
}

fn refused(bedside: &Bedside) -> usize {
    bedside.audit_trail.story().iter().filter(|words| *words == "alert: PolicyRefused").count()
}

#[track_caller]
fn assert_signed_out_after(bedside: &mut Bedside, minutes: u32) {
    bedside.maria_signs_in();
    bedside.pass(minutes * MINUTE - SECOND);
    assert_eq!(bedside.keychain.holds(), Some(bedside.session()), "kept until then");
    assert!(!is_active(bedside), "covered, or warned, before");
    bedside.pass(2 * SECOND);
    assert!(bedside.screen.is_covered());
    assert_eq!(bedside.keychain.holds(), None);
}

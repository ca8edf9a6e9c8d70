//! The policy file as a site meets it: what holds, what is refused, and in which words.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::time::Duration;

use expect_test::{Expect, expect};
use launch_contract::{AgentMessage, Argv, COOKIE_BYTES_MAX, Cookie, Display, Verb};
use policy::{
    BadgeEnrolment, Elsewhere, Limits, Policy, Reach, ResumeMethod, SignInFactors, SignInMethod, TapOut,
    Weakened, duration, key::KEYS,
};
use proptest::prelude::*;

const SAMPLE: &str = include_str!("../../../packaging/policy/policy.toml");

#[test]
fn an_empty_file_is_the_default_policy() {
    let policy = Policy::parse("").unwrap();

    assert_eq!(policy, Policy::default());
    assert_eq!(
        policy.limits(),
        Limits {
            inactivity: minutes(15),
            warning: minutes(1),
            absolute: minutes(12 * 60),
            heartbeat: minutes(1),
            conceal_after: Some(minutes(5)),
            tap_out: TapOut::Cover,
        }
    );
    assert_eq!(policy.sign_in_factors(), &SignInFactors::default());
    assert_eq!(policy.spool_max().age(), minutes(30 * 24 * 60));
    assert_eq!(policy.spool_max().records(), 100_000);
    assert_eq!(policy.weakened(), []);
}

#[test]
fn every_key_that_is_set_holds() {
    let policy = Policy::parse(
        r#"
        heartbeat = "30s"
        automatic_logoff.after = "45min"
        automatic_logoff.warning = "2min"
        automatic_logoff.reason = "Operating theatre, hands are sterile"
        session.absolute_limit = "8h"
        session.tap_out = "sign_out"
        conceal.after = "90s"
        factors.sign_in = "password"
        spool.max.age = "7 days"
        spool.max.records = 5_000
        "#,
    )
    .unwrap();

    assert_eq!(
        policy.limits(),
        Limits {
            inactivity: minutes(45),
            warning: minutes(2),
            absolute: minutes(8 * 60),
            heartbeat: Duration::from_secs(30),
            conceal_after: Some(Duration::from_secs(90)),
            tap_out: TapOut::SignOut,
        }
    );
    assert_eq!(policy.automatic_logoff().reason(), Some("Operating theatre, hands are sterile"));
    assert!(policy.sign_in_factors().allow(SignInMethod::Password));
    assert_eq!(policy.spool_max().age(), minutes(7 * 24 * 60));
    assert_eq!(policy.spool_max().records(), 5_000);
}

#[test]
fn the_strict_policy_signs_out_after_five_minutes_and_asks_for_both_factors() {
    let strict = Policy::strict();

    assert_eq!(strict.automatic_logoff().after().get(), minutes(5));
    assert_eq!(strict.automatic_logoff().warning(), minutes(1));
    assert_eq!(strict.sign_in_factors(), &SignInFactors::default());
    assert_eq!((strict.grace().cryptographic(), strict.grace().uid()), (Duration::ZERO, Duration::ZERO));
    assert_eq!(strict.badge_enrolment(), BadgeEnrolment::Supervised);
    assert_eq!(strict.weakened(), []);
}

#[test]
fn a_short_limit_shortens_its_warning_to_half() {
    let policy = Policy::parse("automatic_logoff.after = '1min'").unwrap();

    assert_eq!(policy.automatic_logoff().warning(), Duration::from_secs(30));
}

#[test]
fn a_screen_covers_itself_at_the_latest_where_automatic_logoff_comes() {
    let short = Policy::parse("automatic_logoff.after = '2min'").unwrap();
    let late = Policy::parse("conceal.after = '60min'").unwrap();

    assert_eq!(short.conceal().after(), Some(minutes(2)));
    assert_eq!(late.conceal().after(), Some(minutes(15)));
}

#[test]
fn a_screen_that_never_covers_itself_needs_a_reason() {
    let policy = Policy::parse("conceal = { after = 'off', reason = 'Theatre, read from afar' }").unwrap();

    assert_eq!(policy.limits().conceal_after, None);
    assert_eq!(policy.conceal().reason(), Some("Theatre, read from afar"));
    check_refused(
        "[conceal]\nafter = \"off\"\n[session]\ntap_out = \"leave\"",
        expect![[r#"
            line 2: `conceal.after = "off"` is refused; accepted is 30s to 60min, where more than `automatic_logoff.after` counts as that; or "off", which needs `conceal.reason`
            line 4: `session.tap_out = "leave"` is refused; accepted is "cover" or "sign_out""#]],
    );
}

#[test]
fn the_apps_of_a_session_are_as_policy_lists_them() {
    let policy = Policy::parse(
        r#"
        apps.save_grace = "20s"
        [[apps.start]]
        id = "records"
        command = ["/usr/bin/records", "--kiosk"]
        save = ["/usr/bin/records", "--save-all"]
        [[apps.start]]
        id = "notes-2"
        command = ["/usr/bin/notes"]
        contract = true
        "#,
    )
    .unwrap();

    let [records, notes] = policy.apps().start().as_slice() else { panic!("{:?}", policy.apps()) };
    assert_eq!(
        (records.id.as_str(), records.argv.words()),
        ("records", &["/usr/bin/records", "--kiosk"].map(str::to_owned)[..])
    );
    assert_eq!(
        records.save.as_ref().map(Argv::words),
        Some(&["/usr/bin/records", "--save-all"].map(str::to_owned)[..])
    );
    assert_eq!((notes.id.as_str(), &notes.save, notes.contract), ("notes-2", &None, true));
    assert!(!records.contract);
    assert_eq!(policy.apps().save_grace(), Duration::from_secs(20));
    assert_eq!(Policy::default().apps().start().as_slice(), []);
    assert_eq!(Policy::strict().apps().start().as_slice(), []);
}

#[test]
fn an_app_that_cannot_be_started_is_refused_with_the_whole_file() {
    let one = |app: &str| format!("[apps]\nstart = [{app}]");
    let many =
        |count: usize| (0..count).map(|n| format!("{{ id = 'a{n}', command = ['/a'] }}")).collect::<Vec<_>>();
    for app in [
        "{ id = 'records' }",
        "{ command = ['/usr/bin/records'] }",
        "{ id = 'Records', command = ['/usr/bin/records'] }",
        "{ id = '', command = ['/usr/bin/records'] }",
        "{ id = 'r/r', command = ['/usr/bin/records'] }",
        "{ id = 'records', command = [] }",
        "{ id = 'records', command = '/usr/bin/records' }",
        "{ id = 'records', command = ['records'] }",
        "{ id = 'records', command = ['/usr/bin/records', 1] }",
        "{ id = 'records', command = ['/usr/bin/records'], save = [] }",
        "{ id = 'records', command = ['/usr/bin/records'], contract = 'yes' }",
        "{ id = 'records', command = ['/usr/bin/records'], user = 'root' }",
        "{ id = 'a', command = ['/a'] }, { id = 'a', command = ['/b'] }",
        "'records'",
        &format!("{{ id = '{}', command = ['/a'] }}", "a".repeat(41)),
        &format!("{{ id = 'a', command = ['/{}'] }}", "a".repeat(1024)),
        &many(33).join(","),
        "{ id = 'a', command = ['/usr/bin/../bin/a'] }",
        "{ id = 'a', command = ['/usr/bin/'] }",
        "{ id = 'a', command = ['/a'], save = ['/usr/../a'] }",
        &format!("{{ id = 'a', command = ['/a'{}] }}", format!(", '{}'", "a".repeat(1_000)).repeat(25)),
    ] {
        let refused = Policy::parse(&one(app)).unwrap_err();
        assert_eq!((refused.problems[0].line, refused.problems[0].key.as_str()), (2, "apps.start"), "{app}");
    }
    assert_eq!(Policy::parse(&one(&many(32).join(","))).unwrap().apps().start().as_slice().len(), 32);
    assert!(Policy::parse("apps.save_grace = '61s'").is_err());
}

#[test]
fn what_badges_open_is_as_policy_says() {
    let policy = Policy::parse(
        r#"
        factors = { sign_in = ["badge+pin", "badge+password"], resume = "badge+pin" }
        session.elsewhere = "allow(3)"
        badges.enrolment = "listed"
        [grace]
        reach = "unit"
        reason = "Twelve-hour shifts, badges replaced next year"
        period = { cryptographic = "0s", uid = "14h" }
        "#,
    )
    .unwrap();

    let allowed = SignInMethod::ALL.map(|method| policy.sign_in_factors().allow(method));
    assert_eq!(allowed, [false, true, true, true, false], "password and code are always enough");
    assert_eq!(ResumeMethod::ALL.map(|method| policy.resume_factors().allow(method)), [false, true, false]);
    assert_eq!(policy.elsewhere(), Elsewhere::Allow(3));
    assert_eq!(policy.badge_enrolment(), BadgeEnrolment::Listed);
    assert_eq!((policy.grace().cryptographic(), policy.grace().uid()), (Duration::ZERO, minutes(14 * 60)));
    assert_eq!((policy.grace().reach(), policy.grace().reason().is_some()), (Reach::Unit, true));
}

#[test]
fn a_long_grace_for_a_number_that_anybody_can_read_needs_a_reason() {
    check_refused(
        "grace.period.uid = '9h'\ngrace.period.cryptographic = '15h'\ngrace.reach = 'ward'",
        expect![[r#"
            line 1: `grace.period.uid = '9h'` is refused; accepted is 0s (never) to 14h; over 8h needs `grace.reason`
            line 2: `grace.period.cryptographic = '15h'` is refused; accepted is 0s (never) to 14h
            line 3: `grace.reach = 'ward'` is refused; accepted is "unit", "site" or "tenant""#]],
    );
}

#[test]
fn what_nobody_knows_of_badges_is_refused() {
    check_refused(
        "factors.sign_in = []\nfactors.resume = ['badge', 'badge']\nsession.elsewhere = 'allow(1)'\nbadges.enrolment = true",
        expect![[r#"
            line 1: `factors.sign_in = []` is refused; accepted is one or a list of "password", "password+totp", "badge+pin", "badge+password", "badge+totp"
            line 2: `factors.resume = ['badge', 'badge']` is refused; accepted is one or a list of "badge" (within the grace period), "badge+pin", "password"
            line 3: `session.elsewhere = 'allow(1)'` is refused; accepted is "follow", "move", or "allow(2)" to "allow(10)"
            line 4: `badges.enrolment = true` is refused; accepted is "self", "listed" or "supervised""#]],
    );
}

#[test]
fn a_limit_outside_its_range_is_refused_with_the_range() {
    check_refused(
        r#"
automatic_logoff.after = "59s"
automatic_logoff.warning = "19s"
session.absolute_limit = "25h"
heartbeat = "1s"
conceal.after = "29s"
spool.max.age = "1h"
spool.max.records = 999
"#,
        expect![[r#"
            line 2: `automatic_logoff.after = "59s"` is refused; accepted is 1min to 60min; over 15min needs `automatic_logoff.reason`
            line 3: `automatic_logoff.warning = "19s"` is refused; accepted is 20s to 30min; more than half of `automatic_logoff.after` counts as half of it
            line 4: `session.absolute_limit = "25h"` is refused; accepted is 15min to 24h
            line 5: `heartbeat = "1s"` is refused; accepted is 15s to 5min
            line 6: `conceal.after = "29s"` is refused; accepted is 30s to 60min, where more than `automatic_logoff.after` counts as that; or "off", which needs `conceal.reason`
            line 7: `spool.max.age = "1h"` is refused; accepted is 1 day to 365 days
            line 8: `spool.max.records = 999` is refused; accepted is a whole number from 1000 to 1000000"#]],
    );
}

#[test]
fn more_than_fifteen_minutes_without_a_reason_is_refused() {
    check_refused(
        "[automatic_logoff]\nafter = \"20min\"",
        expect![
            "line 2: `automatic_logoff.after = \"20min\"` is refused; accepted is 1min to 60min; over 15min needs `automatic_logoff.reason`"
        ],
    );
}

#[test]
fn a_reason_that_says_nothing_is_none() {
    check_refused(
        "[automatic_logoff]\nafter = \"20min\"\nreason = \"   because   \"",
        expect![[r#"
            line 2: `automatic_logoff.after = "20min"` is refused; accepted is 1min to 60min; over 15min needs `automatic_logoff.reason`
            line 3: `automatic_logoff.reason = "   because   "` is refused; accepted is text of 10 to 500 characters"#]],
    );
}

#[test]
fn more_than_an_hour_is_refused_whatever_the_reason() {
    check_refused(
        "[automatic_logoff]\nafter = \"61min\"\nreason = \"Nobody ever walks past this one\"",
        expect![
            "line 2: `automatic_logoff.after = \"61min\"` is refused; accepted is 1min to 60min; over 15min needs `automatic_logoff.reason`"
        ],
    );
}

#[test]
fn a_value_of_the_wrong_kind_is_refused() {
    check_refused(
        "heartbeat = 60\nautomatic_logoff.after = \"15\"\nfactors.sign_in = [\"password\", 1]\ndanger_allow_short_limits = \"yes\"",
        expect![[r#"
            line 1: `heartbeat = 60` is refused; accepted is 15s to 5min
            line 2: `automatic_logoff.after = "15"` is refused; accepted is 1min to 60min; over 15min needs `automatic_logoff.reason`
            line 3: `factors.sign_in = ["password", 1]` is refused; accepted is one or a list of "password", "password+totp", "badge+pin", "badge+password", "badge+totp"
            line 4: `danger_allow_short_limits = "yes"` is refused; accepted is true or false"#]],
    );
}

#[test]
fn factors_that_nobody_knows_are_refused() {
    check_refused(
        "factors.sign_in = \"none\"",
        expect![[
            r#"line 1: `factors.sign_in = "none"` is refused; accepted is one or a list of "password", "password+totp", "badge+pin", "badge+password", "badge+totp""#
        ]],
    );
}

#[test]
fn a_misspelled_key_is_refused_and_not_passed_over() {
    check_refused(
        "heartbeet = \"60s\"\n[automatic_logoff]\nafer = \"5min\"\n[lockout]\ntries = 3\n",
        expect![[r#"
            line 1: `heartbeet = "60s"` is refused; accepted is one of the keys automatic_logoff.after, automatic_logoff.warning, automatic_logoff.reason, session.absolute_limit, session.elsewhere, session.tap_out, conceal.after, conceal.reason, heartbeat, factors.sign_in, factors.resume, grace.period.cryptographic, grace.period.uid, grace.reason, grace.reach, badges.enrolment, apps.start, apps.save_grace, spool.max.age, spool.max.records, danger_allow_short_limits
            line 3: `automatic_logoff.afer = "5min"` is refused; accepted is one of the keys automatic_logoff.after, automatic_logoff.warning, automatic_logoff.reason, session.absolute_limit, session.elsewhere, session.tap_out, conceal.after, conceal.reason, heartbeat, factors.sign_in, factors.resume, grace.period.cryptographic, grace.period.uid, grace.reason, grace.reach, badges.enrolment, apps.start, apps.save_grace, spool.max.age, spool.max.records, danger_allow_short_limits
            line 4: `lockout = [lockout]` is refused; accepted is one of the keys automatic_logoff.after, automatic_logoff.warning, automatic_logoff.reason, session.absolute_limit, session.elsewhere, session.tap_out, conceal.after, conceal.reason, heartbeat, factors.sign_in, factors.resume, grace.period.cryptographic, grace.period.uid, grace.reason, grace.reach, badges.enrolment, apps.start, apps.save_grace, spool.max.age, spool.max.records, danger_allow_short_limits"#]],
    );
}

#[test]
fn a_section_written_as_a_value_is_refused() {
    check_refused(
        "spool = 3\n[[session]]\nabsolute_limit = \"8h\"",
        expect![[r#"
            line 1: `spool = 3` is refused; accepted is a section with spool.max.age, spool.max.records
            line 2: `session = [[session]]` is refused; accepted is a section with session.absolute_limit, session.elsewhere, session.tap_out"#]],
    );
}

#[test]
fn text_that_is_no_toml_is_refused_together_with_what_else_is_wrong() {
    check_refused(
        "heartbeat = \"1s\"\nheartbeat = \"60s\"\n[automatic_logoff\nafter 15min\n",
        expect![[r#"
            line 1: `heartbeat = "1s"` is refused; accepted is 15s to 5min
            line 2: `heartbeat = "60s"` is not understood; duplicate key
            line 3: `[automatic_logoff` is not understood; unclosed table, expected `]`
            line 4: `after 15min` is not understood; key with no value, expected `=`"#]],
    );
}

#[test]
fn a_long_or_odd_value_is_shown_shortened_on_one_line() {
    let long = format!("heartbeat = \"\"\"\n{}\u{7}\"\"\"", "x".repeat(300));

    check_refused(
        &long,
        expect![[r#"
        line 1: `heartbeat = """ xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…` is refused; accepted is 15s to 5min
        line 2: `xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…` is not understood; invalid multi-line basic string, expected `\`, characters"#]],
    );
}

#[test]
fn a_file_without_end_is_refused_unread() {
    check_refused(
        &"# \n".repeat(30_000),
        expect!["line 1: `90000 bytes` is not understood; a policy file has at most 65536 bytes"],
    );
}

#[test]
fn short_limits_need_the_ugly_key_and_are_named_with_it() {
    let limits = "automatic_logoff.after = '20s'\nautomatic_logoff.warning = '8s'\nsession.absolute_limit = '2min'\nheartbeat = '2s'\nconceal.after = '4s'";
    let policy = Policy::parse(&format!("danger_allow_short_limits = true\n{limits}")).unwrap();

    let weakened: Vec<_> = policy.weakened().iter().map(Weakened::to_string).collect();

    assert!(Policy::parse(limits).is_err());
    assert_eq!(policy.automatic_logoff().warning(), Duration::from_secs(8));
    expect![[r#"
        `danger_allow_short_limits` is set: limits may be below their ranges
        `automatic_logoff.after` is 20s, below its range, which begins at 1min
        `automatic_logoff.warning` is 8s, below its range, which begins at 10s
        `session.absolute_limit` is 2min, below its range, which begins at 15min
        `heartbeat` is 2s, below its range, which begins at 15s
        `conceal.after` is 4s, below its range, which begins at 20s"#]]
    .assert_eq(&weakened.join("\n"));
}

#[test]
fn the_ugly_key_is_named_even_where_nothing_is_short() {
    let policy = Policy::parse("danger_allow_short_limits = true").unwrap();

    assert_eq!(policy.weakened(), [Weakened::ShortLimitsAllowed]);
}

#[test]
fn the_ugly_key_lengthens_nothing() {
    check_refused(
        "danger_allow_short_limits = true\nautomatic_logoff.after = '16min'\nsession.absolute_limit = '25h'",
        expect![[r#"
            line 2: `automatic_logoff.after = '16min'` is refused; accepted is 1min to 60min; over 15min needs `automatic_logoff.reason`
            line 3: `session.absolute_limit = '25h'` is refused; accepted is 15min to 24h"#]],
    );
}

#[test]
fn the_sample_file_changes_nothing_and_explains_every_key() {
    assert_eq!(Policy::parse(SAMPLE).unwrap(), Policy::default());
    assert_eq!(sample_keys(), KEYS.iter().map(|key| key.name).collect::<std::collections::BTreeSet<_>>());
}

#[test]
fn the_sample_file_with_its_comment_marks_taken_off_is_still_the_default_but_for_the_reason() {
    let policy = Policy::parse(&uncommented()).unwrap();

    assert!(policy.automatic_logoff().reason().is_some() && policy.conceal().reason().is_some());
    assert!(policy.grace().reason().is_some());
    assert_eq!(policy.limits(), Policy::default().limits());
    assert_eq!(policy.spool_max(), Policy::default().spool_max());
    assert_eq!(policy.sign_in_factors(), Policy::default().sign_in_factors());
}

#[test]
fn the_documented_default_of_each_key_is_the_default() {
    for key in KEYS.iter().filter(|key| key.default != "none") {
        let alone = Policy::parse(&format!("{} = {}", key.name, key.default)).unwrap();

        assert_eq!(alone, Policy::default(), "{}", key.name);
    }
}

/// Programs and arguments, some of which the launcher does not take.
fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "/[a-z]{1,8}(/[a-z.]{1,3}){0,3}/?",
        2 => "[ -~]{0,40}",
        1 => (0..1_100_usize).prop_map(|length| "a".repeat(length)),
        1 => (0..1_000_usize).prop_map(|length| "\u{1}".repeat(length)),
    ]
}

fn listed_app() -> impl Strategy<Value = (Vec<String>, Option<Vec<String>>)> {
    let command = || {
        ("/[a-z]{1,8}(/[a-z.]{1,3}){0,3}/?", proptest::collection::vec(word(), 0..6))
            .prop_map(|(program, rest)| std::iter::once(program).chain(rest).collect::<Vec<_>>())
    };
    (command(), proptest::option::of(command()))
}

/// Each character by its number, as TOML has it.
fn quoted(words: &[String]) -> String {
    let quote = |word: &String| {
        format!(
            "\"{}\"",
            word.chars().map(|char| format!("\\u{:04x}", u32::from(char))).collect::<Vec<_>>().concat()
        )
    };
    format!("[{}]", words.iter().map(quote).collect::<Vec<_>>().join(","))
}

proptest! {
    #[test]
    fn whatever_apps_policy_takes_fit_what_the_launcher_is_told_and_are_all_there(
        listed in proptest::collection::vec(listed_app(), 0..8),
    ) {
        let tables: Vec<String> = listed
            .iter()
            .enumerate()
            .map(|(n, (command, save))| {
                let save = save.as_ref().map(|save| format!(", save = {}", quoted(save))).unwrap_or_default();
                format!("{{ id = 'a{n}', command = {}{save} }}", quoted(command))
            })
            .collect();
        let Ok(policy) = Policy::parse(&format!("apps.start = [{}]", tables.join(","))) else { return Ok(()) };

        let apps = policy.apps().start().clone();
        prop_assert_eq!(apps.as_slice().len(), listed.len());
        for (app, (command, save)) in apps.as_slice().iter().zip(&listed) {
            prop_assert_eq!(app.argv.words(), &command[..]);
            prop_assert_eq!(app.save.as_ref().map(Argv::words), save.as_deref());
        }
        let cookie = Cookie::new(vec![0; COOKIE_BYTES_MAX]).unwrap();
        let display = Display { name: ":65535.65535".parse().unwrap(), xauthority: Some(cookie) };
        let verb = Verb::Start { session: uuid::Uuid::max(), display, apps };
        let packet = AgentMessage { request: u64::MAX, verb }.encode().unwrap();
        prop_assert!(AgentMessage::decode(&packet).is_ok());
    }

    #[test]
    fn every_legal_key_alone_gives_a_legal_policy(line in legal_line()) {
        let policy = Policy::parse(&line);

        prop_assert!(policy.is_ok(), "{line}: {}", policy.unwrap_err());
        let limits = policy.unwrap().limits();
        prop_assert!(limits.warning <= limits.inactivity / 2);
        prop_assert!(limits.inactivity >= minutes(1) && limits.inactivity <= minutes(60));
        prop_assert!(limits.conceal_after.is_none_or(|after| after <= limits.inactivity));
        prop_assert!(limits.absolute >= minutes(15) && limits.absolute <= minutes(24 * 60));
    }

    #[test]
    fn all_legal_keys_together_are_legal_too(lines in proptest::collection::btree_map(0..13_usize, 0..1000_u64, 0..13)) {
        let text: String = lines.into_iter().map(|(which, at)| legal(which, at) + "\n").collect();

        prop_assert!(Policy::parse(&text).is_ok(), "{text}");
    }

    #[test]
    fn no_duration_outside_the_range_is_taken(seconds in 0..200_000_u64) {
        let parsed = Policy::parse(&format!("automatic_logoff.after = '{seconds}s'"));

        prop_assert_eq!(parsed.is_ok(), (60..=900).contains(&seconds));
    }

    #[test]
    fn no_text_panics(text in any::<String>()) {
        let _ = Policy::parse(&text).map_err(|refused| refused.to_string());
    }

    #[test]
    fn no_text_that_looks_like_a_policy_panics(text in "((\\[{1,2}(automatic_logoff|session|spool|spool.max|factors|x)\\]{1,2}|(after|warning|reason|heartbeat|max|age|sign_in|\"\") ?= ?(\"[0-9]{0,20}(min|s|h|µ)?\"|[0-9]{1,30}|true|\\[\\]|\\{ ?max ?= ?1 ?\\}|'''|\"é))\\r?\\n){0,8}") {
        let _ = Policy::parse(&text).map_err(|refused| refused.to_string());
    }

    #[test]
    fn every_refusal_names_a_line_that_the_file_has(text in "[a-z\\[\\]=\"' .\\n#0-9]{0,80}") {
        if let Err(refused) = Policy::parse(&text) {
            prop_assert!(!refused.problems.is_empty());
            for problem in refused.problems {
                prop_assert!(problem.line >= 1 && problem.line <= text.matches('\n').count() + 1);
                prop_assert!(!problem.accepted.is_empty());
            }
        }
    }
}

fn check_refused(text: &str, words: Expect) {
    words.assert_eq(&Policy::parse(text).unwrap_err().to_string());
}

fn minutes(count: u64) -> Duration {
    Duration::from_secs(count * 60)
}

fn legal_line() -> impl Strategy<Value = String> {
    (0..13_usize, 0..1000_u64).prop_map(|(which, at)| legal(which, at))
}

/// One legal line; `at` of 1000 parts from the least to the most.
fn legal(which: usize, at: u64) -> String {
    let seconds = |min: u64, max: u64| duration::write(Duration::from_secs(min + (max - min) * at / 999));
    match which {
        0 => format!("automatic_logoff.after = \"{}\"", seconds(60, 900)),
        1 => format!("automatic_logoff.warning = \"{}\"", seconds(20, 1800)),
        2 => format!("session.absolute_limit = \"{}\"", seconds(900, 86_400)),
        3 => format!("heartbeat = \"{}\"", seconds(15, 300)),
        4 => format!(
            "spool.max = {{ age = \"{}\", records = {} }}",
            seconds(86_400, 365 * 86_400),
            1_000 + 999 * at
        ),
        5 => format!("conceal.after = \"{}\"", seconds(30, 3600)),
        6 => format!("session.tap_out = \"{}\"", if at.is_multiple_of(2) { "cover" } else { "sign_out" }),
        7 => format!("grace.period.cryptographic = \"{}\"", seconds(0, 14 * 3600)),
        8 => format!("grace.period.uid = \"{}\"", seconds(0, 8 * 3600)),
        9 => format!("grace.reach = \"{}\"", ["unit", "site", "tenant"][usize::try_from(at % 3).unwrap()]),
        10 => format!("session.elsewhere = \"allow({})\"", 2 + at % 9),
        11 => format!(
            "factors.resume = [\"{}\"]",
            ["badge", "badge+pin", "password"][usize::try_from(at % 3).unwrap()]
        ),
        _ => {
            format!("factors.sign_in = \"{}\"", SignInMethod::ALL[usize::try_from(at % 5).unwrap()].written())
        }
    }
}

/// The sample file with every `# key = value` in force.
fn uncommented() -> String {
    SAMPLE
        .lines()
        .map(|line| match line.strip_prefix("# ") {
            Some(key_line) if is_key_line(key_line) => key_line,
            _ => line,
        })
        .collect::<Vec<_>>()
        .join("\n")
}

fn is_key_line(line: &str) -> bool {
    line.split_once(" = ").is_some_and(|(name, _)| name.chars().all(|c| c.is_ascii_lowercase() || c == '_'))
}

fn sample_keys() -> std::collections::BTreeSet<&'static str> {
    let mut section = String::new();
    let mut keys = std::collections::BTreeSet::new();
    for line in uncommented().lines() {
        if let Some(name) = line.strip_prefix('[') {
            section = format!("{}.", name.trim_end_matches(']'));
        } else if let Some((name, _)) = line.split_once(" = ").filter(|_| is_key_line(line)) {
            let full = format!("{section}{name}");
            keys.insert(KEYS.iter().find(|key| key.name == full).map_or("no such key", |key| key.name));
        }
    }
    keys
}

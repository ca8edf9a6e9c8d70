//! The verbs, and what is refused.

use std::fs;

use launch_contract::{
    Account, Answer, App, CloseOutcome, Code, Containment, SaveOutcome, SaveWhy, Verb, WithinMs,
};
use rustix::process::Signal;
use uuid::Uuid;

use crate::ward::{Ward, eventually, has, script, shell, written};

fn saved(app: &str, outcome: SaveOutcome) -> Answer {
    Answer::AppSaved { app: app.parse().unwrap(), outcome }
}

fn closed(app: &str, outcome: CloseOutcome) -> Answer {
    Answer::AppClosed { app: app.parse().unwrap(), outcome }
}

const CONTAINMENTS: [&str; 2] = ["cgroup", "subreaper"];

#[test]
fn the_launcher_says_what_it_is() {
    let mut ward = Ward::new(&["--containment", "cgroup"]);
    ward.launch();

    let hello = ward.connect();

    assert_eq!((hello.version, hello.account, hello.problem), (1, Account::Separate, None));
    assert_eq!((hello.containment, hello.can_freeze), (Containment::Cgroup, true));
}

#[test]
fn each_app_answers_for_itself_whether_it_started() {
    let mut ward = Ward::ready(&[]);
    fs::write(ward.path("secret"), "").unwrap();
    let app = |id: &str, program: &str| App {
        id: id.parse().unwrap(),
        argv: vec![program.to_owned()].try_into().unwrap(),
        save: None,
        contract: false,
    };
    let secret = ward.path("secret").to_str().unwrap().to_owned();

    let answers =
        ward.start(vec![app("none", "/no/such/program"), app("secret", &secret), app("sleep", "/bin/cat")]);

    let not = |app: &str, because| Answer::AppNotStarted { app: app.parse().unwrap(), because };
    assert_eq!(
        answers,
        [
            not("none", Code::ProgramMissing),
            not("secret", Code::ProgramNotAllowed),
            Answer::AppStarted { app: "sleep".parse().unwrap() },
            Answer::Done { left: 0 }
        ]
    );
}

#[test]
fn every_way_in_which_saving_can_end_is_told_by_app() {
    for containment in CONTAINMENTS {
        let mut ward = Ward::ready(&["--containment", containment]);
        let app =
            |id: &str, save: Option<&str>| App { save: save.map(shell), ..script(id, "exec sleep 1000") };
        ward.started(vec![
            app("saves", Some("echo saved > $HOME/work")),
            app("refuses", Some("exit 3")),
            app("hangs", Some("setsid sleep 1000 & sleep 1000")),
            app("cannot", None),
            script("ends", "exit 0"),
        ]);
        eventually("one app has ended", || {
            let leaf = |pid: &i32| fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
            !ward.processes().iter().any(|pid| leaf(pid).windows(16).any(|part| part == b"TAPWARD_APP=ends"))
        });

        let answers = ward.save(SaveWhy::Warning, 5_000);

        has(&answers, &saved("saves", SaveOutcome::Saved));
        has(&answers, &saved("refuses", SaveOutcome::Refused));
        has(&answers, &saved("hangs", SaveOutcome::NoAnswer));
        has(&answers, &saved("cannot", SaveOutcome::NoHook));
        has(&answers, &saved("ends", SaveOutcome::Gone));
        assert_eq!(answers.last(), Some(&Answer::Done { left: 0 }));
        assert_eq!(fs::read_to_string(ward.home().join("work")).unwrap(), "saved\n");
        eventually("the hanging command and what it started are gone, the apps are not", || {
            let mut apps = 0;
            for pid in ward.processes() {
                let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
                if environment.windows(17).any(|part| part == b"TAPWARD_APP=hangs") {
                    apps += 1;
                }
            }
            apps == 1
        });
    }
}

#[test]
fn an_app_of_the_contract_tells_how_far_it_is_and_that_it_has_saved() {
    let mut ward = Ward::ready(&[]);
    let editor = ward.editor("editor", false, true);
    ward.started(vec![editor]);
    eventually("the editor is there", || ward.home().join("keys").exists());

    let answers = ward.save(SaveWhy::Conceal, 20_000);

    let app = || "editor".parse().unwrap();
    assert_eq!(
        answers,
        [
            Answer::AppSaving { app: app(), percent: None },
            Answer::AppSaving { app: app(), percent: Some(50) },
            saved("editor", SaveOutcome::Saved),
            Answer::Done { left: 0 }
        ]
    );
    assert_eq!(ward.close(20_000), [closed("editor", CloseOutcome::Closed), Answer::Done { left: 0 }]);
}

#[test]
fn a_later_save_ends_an_earlier_one() {
    let mut ward = Ward::ready(&[]);
    let save = "until rm $HOME/go; do sleep 0.01; done; echo saved >> $HOME/saves";
    ward.started(vec![App { save: Some(shell(save)), ..script("slow", "exec sleep 1000") }]);
    let (session, within_ms) = (ward.session, WithinMs::try_from(20_000).unwrap());
    let first = ward.send(Verb::Save { session, why: SaveWhy::Conceal, within_ms });
    let second = ward.send(Verb::Save { session, why: SaveWhy::SignOut, within_ms });

    let answers = ward.answers(first);
    has(&answers, &saved("slow", SaveOutcome::NoAnswer));

    // Its command runs once more, because what was typed since is not in the first saving.
    fs::write(ward.home().join("go"), "").unwrap();
    written(&ward.home().join("saves"));
    fs::write(ward.home().join("go"), "").unwrap();
    has(&ward.answers(second), &saved("slow", SaveOutcome::Saved));
}

#[test]
fn whoever_minds_no_sigterm_is_killed_at_the_limit_and_the_others_close() {
    for containment in CONTAINMENTS {
        let mut ward = Ward::ready(&["--containment", containment]);
        ward.started(vec![
            script("stubborn", "trap '' TERM; echo on > $HOME/on; while :; do sleep 1000; done"),
            script("polite", "exec sleep 1000"),
            script("gone", "exit 0"),
            script("detaches", "setsid sh -c 'trap \"\" TERM; echo on > $HOME/off; (setsid sleep 1000 &) ; sleep 1000' & exit 0"),
        ]);
        written(&ward.home().join("on"));
        written(&ward.home().join("off"));

        let answers = ward.close(4_000);

        has(&answers, &closed("stubborn", CloseOutcome::Killed));
        has(&answers, &closed("polite", CloseOutcome::Closed));
        has(&answers, &closed("gone", CloseOutcome::Gone));
        has(&answers, &closed("detaches", CloseOutcome::Killed));
        assert_eq!(answers.last(), Some(&Answer::Done { left: 0 }));
        assert_eq!(ward.processes(), [0; 0], "{containment}");
    }
}

#[test]
fn a_name_that_is_no_text_hides_nobody() {
    for containment in CONTAINMENTS {
        let mut ward = Ward::ready(&["--containment", containment]);
        let body =
            "trap '' TERM; printf '\\377' > /proc/$$/comm; echo on > $HOME/on; while :; do sleep 1000; done";
        ward.started(vec![script("nameless", body)]);
        written(&ward.home().join("on"));

        has(&ward.close(500), &closed("nameless", CloseOutcome::Killed));

        assert_eq!(ward.processes(), [0; 0], "{containment}");
    }
}

#[test]
fn a_fork_bomb_is_gone_after_a_wipe() {
    for containment in CONTAINMENTS {
        let mut ward = Ward::ready(&["--containment", containment]);
        // Each leaves its parent and OS session, and goes on forking: a list of them is old before it is read.
        let body = "i=0; while [ $i -lt 40 ]; do \
            (setsid sh -c 'while :; do (sleep 0.01 &); sleep 0.02; done' &); i=$((i+1)); done; sleep 1000";
        ward.started(vec![script("bomb", body)]);
        eventually("it has gone off", || ward.processes().len() > 40);

        assert_eq!(ward.ask(Verb::Wipe {}), [Answer::Wiped]);

        assert_eq!(ward.processes(), [0; 0], "{containment}");
    }
}

#[test]
fn one_session_at_a_time_and_only_what_is_asked_of_it() {
    let mut ward = Ward::ready(&[]);
    let failed = |code| [Answer::Failed { code, left: 0 }];
    assert_eq!(ward.save(SaveWhy::Warning, 10), failed(Code::WrongSession));
    ward.started(vec![script("app", "exec sleep 1000")]);

    assert_eq!(ward.start(vec![]), failed(Code::SessionRunning));
    let ours = std::mem::replace(&mut ward.session, Uuid::from_u128(7));
    assert_eq!(ward.start(vec![]), failed(Code::SessionRunning));
    assert_eq!(ward.save(SaveWhy::Warning, 10), failed(Code::WrongSession));
    assert_eq!(ward.close(10), failed(Code::WrongSession));
    assert_eq!(ward.freeze(true), failed(Code::WrongSession));
    assert_eq!(ward.processes().len(), 1);
    ward.session = ours;
    ward.close(1_000);
    assert_eq!(ward.start(vec![]), failed(Code::SessionRunning), "its home is still there");
    assert_eq!(ward.ask(Verb::Wipe {}), [Answer::Wiped]);
    ward.started(vec![]);
}

#[test]
fn nobody_is_started_on_what_another_left() {
    let mut ward = Ward::ready(&[]);
    fs::create_dir(ward.home()).unwrap();

    assert_eq!(ward.start(vec![]), [Answer::Failed { code: Code::NotWiped, left: 0 }]);
}

#[test]
fn nobody_is_started_in_a_home_that_others_could_swap() {
    let mut ward = Ward::new(&[]);
    let open = ward.path("tmp").join("home");
    ward.option("--home", open.to_str().unwrap());
    ward.launch();

    assert_eq!(ward.connect().problem, Some(Code::HomeUnfit));
    assert_eq!(ward.start(vec![]), [Answer::Failed { code: Code::HomeUnfit, left: 0 }]);
    assert!(!open.exists());
}

#[test]
fn an_account_that_is_not_for_apps_runs_none() {
    for user in ["root", "0", "nobody", "messagebus", "no-such-user", "999"] {
        let mut ward = Ward::new(&["--user", user]);
        ward.launch();

        assert_eq!(ward.connect().problem, Some(Code::AccountUnfit), "{user}");
        assert_eq!(
            ward.start(vec![script("app", "id")]),
            [Answer::Failed { code: Code::AccountUnfit, left: 0 }]
        );
        assert_eq!(ward.ask(Verb::Wipe {}), [Answer::Failed { code: Code::AccountUnfit, left: 0 }]);
    }
    let mut ward = Ward::new(&[]);
    let agent = ward.agent_uid().to_string();
    ward.option("--user", &agent);
    ward.launch();
    assert_eq!(ward.connect().problem, Some(Code::AccountUnfit), "the agent's own");
}

#[test]
fn a_launcher_that_is_asked_to_end_leaves_nothing() {
    let mut ward = Ward::ready(&[]);
    ward.started(vec![script("app", "trap '' TERM; echo on > $HOME/on; sleep 1000")]);
    written(&ward.home().join("on"));

    ward.signal(Signal::TERM);

    assert_eq!(ward.ended(), Some(0));
    assert_eq!(ward.processes(), [0; 0]);
    assert!(!ward.home().exists() && !ward.path("run").exists());
}

#[test]
fn what_a_killed_launcher_left_is_wiped_by_the_next() {
    for containment in CONTAINMENTS {
        let mut ward = Ward::ready(&["--containment", containment]);
        ward.started(vec![script("app", "echo on > $HOME/on; exec sleep 1000")]);
        written(&ward.home().join("on"));
        ward.signal(Signal::KILL);
        ward.ended();
        ward.hang_up();
        assert_eq!(ward.processes().len(), 1);

        ward.launch();

        assert_eq!(ward.connect().problem, None);
        assert_eq!(ward.processes(), [0; 0]);
        assert!(!ward.home().exists());
    }
}

#[test]
fn print_jobs_that_may_be_left_are_said() {
    for (cancel, said) in [
        ("exit 0", Answer::Wiped),
        ("exit 1", Answer::Failed { code: Code::PrintJobsLeft, left: 1 }),
        ("exec sleep 1000", Answer::Failed { code: Code::PrintJobsLeft, left: 1 }),
    ] {
        let mut ward = Ward::new(&[]);
        let program = ward.path("cancel");
        fs::write(&program, format!("#!/bin/sh\n{cancel}\n")).unwrap();
        fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        fs::write(ward.path("cups.sock"), "").unwrap();
        ward.option("--cups", ward.path("cups.sock").to_str().unwrap());
        ward.option("--cancel", program.to_str().unwrap());
        ward.launch();
        ward.connect();

        assert_eq!(ward.ask(Verb::Wipe {}), [said]);
    }
}

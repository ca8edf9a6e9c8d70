//! Whether the apps of a session can be started, and are kept apart from the agent.

use agent_platform::apps::{self, AppsSettings, LauncherFacts};
use agent_runtime::policy_file::PolicyInForce;
use anyhow::bail;

use super::report::Report;
use crate::set_up;

pub(super) fn report(report: &mut Report, config: &agent_runtime::config::Config) {
    let policy = PolicyInForce::look(&config.policy_file, &config.state_directory);
    let settings = set_up::apps_settings(Some(config), &policy);
    match apps::look(&settings) {
        Ok(found) => say(report, found, settings.apps.start().as_slice().len()),
        Err(error) => report.of("apps", missing(&settings, &error)),
    }
}

fn missing(settings: &AppsSettings, error: &str) -> anyhow::Result<String> {
    bail!(
        "policy lists {} and the launcher cannot be asked: {error}; is tapward-launch.socket running, and do you ask as \
         the kiosk's user?",
        settings.apps.start().as_slice().len()
    )
}

fn say(report: &mut Report, launcher: Option<LauncherFacts>, listed: usize) {
    const WHAT: &str = "apps";
    let Some(launcher) = launcher else {
        return report.look_at(
            WHAT,
            "not enforced: policy lists none and no launcher runs, so whatever the desktop starts is neither closed nor wiped \
             between two people",
        );
    };
    let held = format!("{listed} listed, held together by {}", launcher.containment);
    if let Some(problem) = launcher.problem {
        return report.of(WHAT, Err(anyhow::anyhow!("the launcher cannot start any: {problem}")));
    }
    if !launcher.is_separate {
        return report.look_at(
            WHAT,
            &format!("not enforced: they run in the agent's own OS account, where each can read what is the agent's ({held})"),
        );
    }
    if !launcher.can_freeze {
        return report.look_at(
            WHAT,
            &format!("not enforced: they cannot be frozen while somebody else types ({held})"),
        );
    }
    report.good(WHAT, &format!("in an OS account of their own, {held}"));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(launcher: Option<LauncherFacts>) -> (String, usize) {
        let mut report = Report::default();
        say(&mut report, launcher, 2);
        (report.lines().remove(0), report.faults())
    }

    const WELL: LauncherFacts =
        LauncherFacts { is_separate: true, containment: "a control group", can_freeze: true, problem: None };

    #[test]
    fn the_doctor_says_where_nothing_keeps_apps_and_agent_apart() {
        let shared = LauncherFacts { is_separate: false, ..WELL };
        let warm = LauncherFacts { can_freeze: false, ..WELL };

        for launcher in [None, Some(shared), Some(warm)] {
            let (line, faults) = line(launcher);
            assert!(line.starts_with("LOOK AT  apps: not enforced: "), "{line}");
            assert_eq!(faults, 0, "people can sign in");
        }
        assert_eq!(
            line(Some(WELL)).0,
            "ok       apps: in an OS account of their own, 2 listed, held together by a control group"
        );
    }

    #[test]
    fn a_launcher_that_can_start_nothing_is_missing() {
        let (line, faults) = line(Some(LauncherFacts { problem: Some("account-unfit"), ..WELL }));

        assert_eq!(line, "MISSING  apps: the launcher cannot start any: account-unfit");
        assert_eq!(faults, 1);
    }
}

//! Shell scripts, the session's entry for display managers, and what `install.sh` puts where.

use std::{
    fs,
    os::unix::fs::{PermissionsExt as _, symlink},
    path::Path,
    process::Command,
};

use packaging_checks::{Workstation, judge, packaging};

const SCRIPTS: [&str; 4] =
    ["install.sh", "try-in-a-container.sh", "session/tapward-kiosk", "session/tapward-session"];
/// Where programs and files of the package lie, as other files of it name them.
const OURS: [&str; 2] = ["/usr/lib/tapward/", "/usr/share/tapward/"];

#[test]
fn shellcheck_finds_nothing_in_any_script() {
    for script in SCRIPTS {
        let verdict = judge(Command::new("shellcheck").arg(packaging().join(script))).unwrap();
        assert!(verdict.is_silent(), "{script}: {}", verdict.said);
    }
}

#[test]
fn shellcheck_refuses_a_script_that_forgets_its_quotes() {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("script");
    fs::write(&script, "#!/bin/sh\nrm -rf $1/*\n").unwrap();

    assert!(!judge(Command::new("shellcheck").arg(script)).unwrap().is_silent());
}

#[test]
fn display_managers_find_a_valid_session() {
    let entry = packaging().join("session/tapward.desktop");
    let validate = |file: &Path| judge(Command::new("desktop-file-validate").arg(file)).unwrap();
    let verdict = validate(&entry);
    assert!(verdict.is_silent(), "{}", verdict.said);

    let folder = tempfile::tempdir().unwrap();
    let broken = folder.path().join("tapward.desktop");
    fs::write(&broken, fs::read_to_string(entry).unwrap().replace("Exec=", "Exec")).unwrap();
    assert!(!validate(&broken).is_silent());
}

#[test]
fn whatever_a_file_names_of_ours_is_installed() {
    let workstation = Workstation::install().unwrap();
    let mut named = 0;
    for file in files_below(&packaging()) {
        let Ok(text) = fs::read_to_string(&file) else { continue };
        for prefix in OURS {
            for (at, _) in text.match_indices(prefix) {
                let path: String = text[at..]
                    .chars()
                    .take_while(|letter| letter.is_ascii_alphanumeric() || "/-_.".contains(*letter))
                    .collect();
                let path = path.trim_end_matches(['.', '/']);
                named += 1;
                assert!(workstation.root().join(&path[1..]).exists(), "{}: {path}", file.display());
            }
        }
    }
    assert!(named > 10, "only {named} were found");
}

/// What README.md says is installed nowhere.
fn installed_nowhere() -> Vec<String> {
    let readme = fs::read_to_string(packaging().join("README.md")).unwrap();
    let rows: Vec<_> =
        readme.lines().filter_map(|line| line.strip_prefix("| ")?.split_once(" | nowhere |")).collect();
    assert_eq!(rows.len(), 1, "{rows:?}");
    rows[0].0.split(", ").map(|name| name.trim_matches('`').to_owned()).collect()
}

#[test]
fn every_file_of_the_package_is_installed_or_said_to_be_installed_nowhere() {
    let nowhere = installed_nowhere();
    let workstation = Workstation::bare().unwrap();
    let installed: Vec<_> =
        files_below(workstation.root()).iter().map(|file| fs::read(file).unwrap()).collect();
    let mut of_none = nowhere.clone();
    for file in files_below(&packaging()) {
        let file = file.strip_prefix(packaging()).unwrap();
        let said = nowhere.iter().find(|name| file.starts_with(name));
        let is_installed = installed.contains(&fs::read(packaging().join(file)).unwrap());
        match said {
            Some(said) => {
                assert!(!is_installed, "{} is said to be installed nowhere", file.display());
                of_none.retain(|name| name != said);
            }
            None => {
                assert!(is_installed, "{} is not installed, and README.md does not say so", file.display())
            }
        }
    }
    assert!(of_none.is_empty(), "there is no such file: {of_none:?}");
}

#[test]
fn programs_are_installed_where_they_are_given_and_the_agent_is_found_by_its_name() {
    let programs = ["tapward-shield", "tapward-agent", "tapward-launch"];
    let workstation = Workstation::bare().unwrap();
    let root = workstation.root();
    for program in programs {
        let mode = fs::metadata(root.join("usr/lib/tapward").join(program)).unwrap().permissions().mode();
        assert_eq!(mode & 0o7777, 0o755, "{program}");
    }
    let agent = fs::canonicalize(root.join("usr/bin/tapward-agent")).unwrap();
    assert_eq!(agent, fs::canonicalize(root).unwrap().join("usr/lib/tapward/tapward-agent"));

    let without = tempfile::tempdir().unwrap();
    let install = Command::new(packaging().join("install.sh")).arg("--root").arg(without.path()).status();
    assert!(install.unwrap().success());
    for program in programs {
        assert!(!without.path().join("usr/lib/tapward").join(program).exists(), "{program}");
    }
    assert!(without.path().join("usr/bin/tapward-agent").symlink_metadata().is_err());
}

#[test]
fn a_kiosk_whose_xorg_does_not_start_tells_the_end_of_its_log() {
    for (xorg, what) in [("exec sleep 60", "says nothing"), ("exit 1", "ends at once")] {
        let runtime = tempfile::tempdir().unwrap();
        let server = runtime.path().join("Xorg");
        let log = r#"while [ "$1" != -logfile ]; do shift; done; echo "no screens found" > "$2""#;
        fs::write(&server, format!("#!/bin/sh\n{log}\n{xorg}\n")).unwrap();
        fs::set_permissions(&server, fs::Permissions::from_mode(0o755)).unwrap();
        let script = fs::read_to_string(packaging().join("session/tapward-kiosk")).unwrap();
        let shortened = script
            .replace("/usr/lib/xorg/Xorg ", &format!("{} ", server.display()))
            .replace("timeout 20 ", "timeout 1 ");
        assert!(shortened.contains("timeout 1 ") && shortened.contains(server.to_str().unwrap()));

        let said = judge(
            Command::new("sh")
                .args(["-c", &shortened])
                .env("XDG_RUNTIME_DIR", runtime.path())
                .env_remove("XDG_VTNR"),
        )
        .unwrap();

        assert!(!said.is_success, "an Xorg that {what}");
        for line in ["Xorg did not start", "no screens found"] {
            assert!(said.said.contains(line), "an Xorg that {what}: {}", said.said);
        }
    }
}

#[test]
fn installing_again_keeps_what_an_administrator_has_set_up() {
    let workstation = Workstation::install().unwrap();
    let root = workstation.root();
    let settings = root.join("etc/tapward/agent.toml");
    let readers = root.join("etc/udev/rules.d/70-tapward-readers.rules");
    let unit = root.join("usr/lib/systemd/system/tapward-kiosk.service");
    for file in [&settings, &readers, &unit] {
        fs::write(file, "# ours").unwrap();
    }

    workstation.install_again().unwrap();

    for file in [settings, readers] {
        assert_eq!(fs::read_to_string(&file).unwrap(), "# ours", "{}", file.display());
    }
    assert_ne!(fs::read_to_string(unit).unwrap(), "# ours", "a unit is the package's");
}

/// The commands of README.md between these words and the next ones, with the machine's own settings in this root folder.
fn commands_after(words: &str, root: &Path) -> String {
    let readme = fs::read_to_string(packaging().join("README.md")).unwrap();
    let (_, rest) = readme.split_once(words).unwrap();
    let (_, rest) = rest.split_once("```sh\n").unwrap();
    rest.split_once("```").unwrap().0.replace(" /etc/", &format!(" {}/etc/", root.display()))
}

/// Runs commands with a `systemctl` that changes this root folder alone; returns what it was to stop.
///
/// It stops and disables nothing where something of what it was told to disable is not there, as the one that asks a running
/// systemd does; with a root folder it would go on.
fn run_commands(commands: &str, root: &Path) -> String {
    let folder = tempfile::tempdir().unwrap();
    let systemctl = r#"
        now=
        for word; do
          shift
          if [ "$word" = --now ]; then now=1; else set -- "$@" "$word"; fi
        done
        [ "$1" != daemon-reload ] || exit 0
        if [ "$1" = disable ]; then
          for unit; do
            [ "$unit" = disable ] || [ -e "$ROOT/usr/lib/systemd/system/$unit.service" ] || exit 1
          done
        fi
        PATH=${PATH#*:} systemctl --root="$ROOT" "$@" || exit
        [ -z "$now" ] || echo "$*" >> "$STOPPED""#;
    for (name, script) in [("systemctl", systemctl), ("udevadm", ""), ("reboot", "")] {
        let file = folder.path().join(name);
        fs::write(&file, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let stopped = folder.path().join("stopped");
    fs::write(&stopped, "").unwrap();
    let path = std::env::var("PATH").unwrap();
    judge(
        Command::new("sh")
            .args(["-c", commands])
            .env("PATH", format!("{}:{path}", folder.path().display()))
            .env("ROOT", root)
            .env("STOPPED", &stopped),
    )
    .unwrap();
    fs::read_to_string(stopped).unwrap()
}

#[test]
fn whichever_display_manager_was_there_is_stopped_and_the_kiosks_unit_takes_its_place() {
    const LINK: &str = "etc/systemd/system/display-manager.service";
    fn with(display_manager: &str) -> Workstation {
        let workstation = Workstation::install().unwrap();
        let units = workstation.root().join("usr/lib/systemd/system");
        // As Debian's: the link is made by the package, and no [Install] tells of it.
        let unit = "[Unit]\nDescription=Display manager\n[Service]\nExecStart=/bin/true\n";
        fs::write(units.join(format!("{display_manager}.service")), unit).unwrap();
        let link = workstation.root().join(LINK);
        symlink(format!("/usr/lib/systemd/system/{display_manager}.service"), link).unwrap();
        workstation
    }

    for display_manager in ["lightdm", "gdm3", "gdm", "sddm"] {
        let workstation = with(display_manager);
        let root = workstation.root();
        let commands = commands_after("Then, in this order:", root);
        let stopped = run_commands(&commands, root);
        assert_eq!(stopped, format!("disable {display_manager}\n"), "{commands}");
        for (link, unit) in [
            (LINK, "system/tapward-kiosk.service"),
            (
                "etc/systemd/system/graphical.target.wants/tapward-kiosk.service",
                "system/tapward-kiosk.service",
            ),
            ("etc/systemd/system/sockets.target.wants/tapward-launch.socket", "system/tapward-launch.socket"),
            ("etc/systemd/user/default.target.wants/tapward-keyring.service", "user/tapward-keyring.service"),
            ("etc/systemd/system/default.target", "system/graphical.target"),
        ] {
            let target = fs::read_link(root.join(link)).unwrap();
            assert_eq!(target, Path::new("/usr/lib/systemd").join(unit), "{display_manager}: {link}");
        }
    }

    let workstation = with("lightdm");
    let stopped = run_commands("systemctl disable --now lightdm gdm3 sddm", workstation.root());
    assert_eq!(stopped, "", "one that is missing keeps the others running");
}

#[test]
fn whatever_was_installed_and_enabled_is_taken_away_again_and_nothing_else() {
    let workstation = Workstation::bare().unwrap();
    let root = workstation.root();
    // What a launcher that was killed leaves.
    let of_apps =
        ["run/tapward-session/bus", "var/lib/tapward-session.not-wiped", "var/lib/tapward-session/notes"];
    let foreign = ["etc/systemd/system/other.service", "usr/lib/tapward/other", "etc/tapward/skel/.profile"];
    let all = |commands: &str| {
        let enables =
            commands.lines().filter(|line| line.starts_with("systemctl") && line.contains(" enable "));
        enables.collect::<Vec<_>>().join("\n")
    };
    run_commands(&all(&commands_after("Then, in this order:", root)), root);
    assert!(root.join("etc/systemd/system/display-manager.service").symlink_metadata().is_ok());
    let removed = |arguments: &[&str]| {
        let said = workstation.script(arguments).unwrap();
        assert!(said.is_silent(), "{arguments:?}: {}", said.said);
        left_below(root)
    };

    assert_eq!(removed(&["--remove"]), [""; 0], "nobody has changed anything");

    workstation.install_again().unwrap();
    let kept = ["etc/udev/rules.d/70-tapward-readers.rules", "var/lib/tapward/spool"];
    for file in foreign.iter().chain(&kept).chain(&of_apps) {
        fs::create_dir_all(root.join(file).parent().unwrap()).unwrap();
        fs::write(root.join(file), "# ours").unwrap();
    }
    let mask = "etc/systemd/system/ctrl-alt-del.target";
    fs::remove_file(root.join(mask)).unwrap();
    symlink("/usr/lib/systemd/system/poweroff.target", root.join(mask)).unwrap();
    assert_eq!(
        removed(&["--remove"]),
        [mask, foreign[0], foreign[2], kept[0], of_apps[0], foreign[1], of_apps[1], of_apps[2], kept[1]]
    );
    assert_eq!(removed(&["--remove", "--purge"]), [mask, foreign[0], foreign[1]]);
}

#[test]
fn purging_without_removing_and_removing_with_programs_are_refused() {
    let workstation = Workstation::bare().unwrap();
    let before = left_below(workstation.root());

    for arguments in [&["--purge"][..], &["--remove", "--programs", "/nowhere"], &["--root"], &["--away"]] {
        assert!(!workstation.script(arguments).unwrap().is_success, "{arguments:?}");
    }
    assert_eq!(left_below(workstation.root()), before);
}

#[test]
fn keys_that_restart_the_machine_and_consoles_without_a_password_lead_nowhere() {
    let workstation = Workstation::install().unwrap();
    for target in ["ctrl-alt-del.target", "debug-shell.service", "kbrequest.target"] {
        let link = workstation.root().join("etc/systemd/system").join(target);
        assert_eq!(fs::read_link(link).unwrap(), Path::new("/dev/null"), "{target}");
    }
}

fn files_below(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            files.extend(files_below(&entry.path()));
        } else if entry.file_type().unwrap().is_file() {
            files.push(entry.path());
        }
    }
    files
}

/// Files and links, and folders that are named after us, sorted.
fn left_below(root: &Path) -> Vec<String> {
    let find =
        ["(", "!", "-type", "d", "-o", "-type", "d", "-name", "*tapward*", "-empty", ")", "-printf", "%P\\n"];
    let said = judge(Command::new("find").arg(root).args(find)).unwrap().said;
    let mut left: Vec<_> = said.lines().map(str::to_owned).collect();
    left.sort();
    left
}

//! OS users and folders, made in an empty root folder by the programs that make them on a workstation.

use std::{fs, path::Path};

use packaging_checks::{Verdict, Workstation, as_root, judge};

fn make_users(root: &Path) -> Verdict {
    judge(as_root("systemd-sysusers").unwrap().arg(format!("--root={}", root.display())).arg("tapward.conf"))
        .unwrap()
}

fn make_folders(root: &Path) -> Verdict {
    let mut command = as_root("systemd-tmpfiles").unwrap();
    judge(command.arg("--create").arg(format!("--root={}", root.display())).arg("tapward.conf")).unwrap()
}

/// What `stat` prints for a path in the root folder: mode, and the names of owner and group as that root knows them.
fn stat(root: &Path, path: &str) -> String {
    let told = judge(as_root("stat").unwrap().args(["-c", "%a %u %g"]).arg(root.join(path))).unwrap();
    assert!(told.is_success, "{path}: {}", told.said);
    let mut words = told.said.split(' ');
    let (mode, user, group) = (words.next().unwrap(), words.next().unwrap(), words.next().unwrap());
    let name_of = |file: &str, id: &str| {
        let lines = fs::read_to_string(root.join(file)).unwrap();
        let line = lines.lines().find(|line| line.split(':').nth(2) == Some(id));
        line.and_then(|line| line.split(':').next()).unwrap_or(id).to_owned()
    };
    format!("{mode} {}:{}", name_of("etc/passwd", user), name_of("etc/group", group))
}

#[test]
fn the_two_users_exist_without_a_password_and_neither_reads_what_is_the_others() {
    let workstation = Workstation::install().unwrap();
    let root = workstation.root();

    let users = make_users(root);
    assert!(users.is_success, "{}", users.said);
    let folders = make_folders(root);
    assert!(folders.is_success, "{}", folders.said);

    let passwords = judge(as_root("cat").unwrap().arg(root.join("etc/shadow"))).unwrap().said;
    for user in ["tapward", "tapward-session"] {
        let line = passwords.lines().find(|line| line.starts_with(&format!("{user}:"))).unwrap().to_owned();
        assert!(line.split(':').nth(1).unwrap().starts_with('!'), "{user} has a password");
    }
    for (path, expected) in [
        ("var/lib/tapward", "700 tapward:tapward"),
        ("var/lib/tapward/home", "700 tapward:tapward"),
        ("run/tapward", "755 0:0"),
        ("etc/tapward", "755 0:0"),
    ] {
        assert_eq!(stat(root, path).replace("root", "0"), expected, "{path}");
    }
    let accounts = fs::read_to_string(root.join("etc/passwd")).unwrap();
    assert!(accounts.lines().any(|line| {
        line.starts_with("tapward-session:") && line.ends_with(":/var/lib/tapward-session:/usr/sbin/nologin")
    }));
}

#[test]
fn whoever_asks_for_a_keyring_gets_ours_and_the_distributions_start_none() {
    let workstation = Workstation::install().unwrap();
    let root = workstation.root();
    assert!(make_users(root).is_success);
    assert!(make_folders(root).is_success);

    let home = root.join("var/lib/tapward/home");
    for name in ["org.freedesktop.secrets", "org.gnome.keyring", "org.freedesktop.impl.portal.Secret"] {
        let file = home.join(format!(".local/share/dbus-1/services/{name}.service"));
        let text = judge(as_root("cat").unwrap().arg(file)).unwrap().said;
        let lines: Vec<_> = text.lines().collect();
        let named = format!("Name={name}");
        assert_eq!(
            lines,
            ["[D-BUS Service]", &named, "Exec=/bin/false", "SystemdService=tapward-keyring.service"]
        );
    }
    for unit in ["gnome-keyring-daemon.service", "gnome-keyring-daemon.socket"] {
        let link = home.join(".config/systemd/user").join(unit);
        assert_eq!(judge(as_root("readlink").unwrap().arg(link)).unwrap().said, "/dev/null", "{unit}");
    }
}

#[test]
fn a_line_that_makes_nothing_is_refused() {
    let workstation = Workstation::install().unwrap();
    let root = workstation.root();
    assert!(make_users(root).is_success);

    for (file, good, broken) in [
        ("usr/lib/tmpfiles.d/tapward.conf", "d  /run/tapward ", "dd  /run/tapward "),
        (
            "usr/lib/tmpfiles.d/tapward.conf",
            "0700  tapward          tapward",
            "0700  tapwart          tapward",
        ),
    ] {
        let file = root.join(file);
        let text = fs::read_to_string(&file).unwrap();
        fs::write(&file, text.replacen(good, broken, 1)).unwrap();
        assert!(!make_folders(root).is_success, "{broken} was taken");
        fs::write(&file, text).unwrap();
    }
    let file = root.join("usr/lib/sysusers.d/tapward.conf");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replacen("u tapward ", "uu tapward ", 1)).unwrap();
    assert!(!make_users(root).is_success);
}

//! Xorg with our configuration, on a screen of its own.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use packaging_checks::{judge, packaging};
use tempfile::TempDir;

const SCREEN: &str = r#"
Section "Device"
    Identifier "device"
    Driver "dummy"
EndSection
Section "Screen"
    Identifier "screen"
    Device "device"
    DefaultDepth 24
EndSection
"#;

struct Server {
    process: Child,
    display: String,
    folder: TempDir,
}

impl Server {
    /// With `configuration` in its folder of configurations.
    fn start(configuration: &str) -> Self {
        Self::start_with(configuration, "")
    }

    /// With something in the machine's own `xorg.conf` besides.
    fn start_with(configuration: &str, besides: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("screen.conf"), format!("{SCREEN}\n{besides}")).unwrap();
        fs::create_dir(path("conf.d")).unwrap();
        fs::write(path("conf.d/10-tapward.conf"), configuration).unwrap();
        let mut process = Command::new("Xorg")
            .args(["-displayfd", "1", "-noreset", "-nolisten", "tcp", "-novtswitch", "-sharevts"])
            .arg("-config")
            .arg(path("screen.conf"))
            .arg("-configdir")
            .arg(path("conf.d"))
            .arg("-logfile")
            .arg(path("log"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut number = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut number).unwrap();
        let mut server = Self { process, display: format!(":{}", number.trim()), folder };
        if number.trim().is_empty() {
            let log = server.log();
            server.process.kill().unwrap();
            panic!("Xorg did not start:\n{log}");
        }
        server
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    fn extensions(&self) -> Vec<String> {
        let told =
            judge(Command::new("xdpyinfo").args(["-queryExtensions", "-display", &self.display])).unwrap();
        assert!(told.is_success, "{}", told.said);
        let lines = told.said.lines().filter(|line| line.contains("(opcode: "));
        lines.filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn ours() -> String {
    fs::read_to_string(packaging().join("xorg/10-tapward.conf")).unwrap()
}

fn has(extensions: &[String], name: &str) -> bool {
    extensions.iter().any(|extension| extension == name)
}

#[test]
fn no_program_can_type_for_a_person_or_listen_to_her_keys_by_xtest_or_record() {
    let server = Server::start(&ours());

    let extensions = server.extensions();
    for gone in ["XTEST", "RECORD"] {
        assert!(!has(&extensions, gone), "{gone} is there: {extensions:?}");
    }
    for needed in ["MIT-SCREEN-SAVER", "Composite", "SYNC", "RANDR", "XInputExtension", "XFIXES"] {
        assert!(has(&extensions, needed), "{needed} is gone: {extensions:?}");
    }
}

#[test]
fn xorg_takes_every_option_and_knows_every_extension_that_is_named() {
    let server = Server::start(&ours());

    let log = server.log();
    for option in ["DontVTSwitch", "DontZap", "BlankTime", "AutoAddGPU"] {
        assert!(log.contains(&format!("Option \"{option}\" \"")), "{option} was not read:\n{log}");
    }
    assert!(!log.contains("unrecognized extension"), "{log}");
}

#[test]
fn options_stand_in_one_section_of_their_kind_or_are_not_read() {
    // The kiosk's script tells of it in the journal, because nothing else would.
    let server = Server::start_with(
        &ours(),
        "Section \"ServerFlags\"\n    Option \"Xinerama\" \"false\"\nEndSection\n",
    );

    assert!(!server.log().contains("DontVTSwitch"));
    let script = fs::read_to_string(packaging().join("session/tapward-kiosk")).unwrap();
    assert!(script.contains("grep -q DontVTSwitch"));
}

#[test]
fn an_xorg_without_our_configuration_has_what_ours_takes_away() {
    let server = Server::start("");

    let extensions = server.extensions();
    assert!(has(&extensions, "XTEST") && has(&extensions, "RECORD"), "{extensions:?}");
    assert!(!server.log().contains("DontVTSwitch"));
}

#[test]
fn xtest_and_record_have_one_switch() {
    // What the configuration's comment says is lost hangs on this.
    let server = Server::start("Section \"Extensions\"\n    Option \"RECORD\" \"Disable\"\nEndSection\n");

    assert!(!has(&server.extensions(), "XTEST"));
}

#[test]
fn the_window_manager_has_no_key_and_no_menu_of_its_own() {
    fn ways_out(openbox: &str) -> Vec<&str> {
        let keys = openbox.matches("<keybind");
        let actions = openbox.split("<action name=\"").skip(1).filter_map(|rest| rest.split('"').next());
        let is_there = |section: &str| openbox.contains(&format!("<{section}"));
        keys.chain(actions.filter(|action| !["Focus", "Raise"].contains(action)))
            .chain(["keyboard", "mouse"].into_iter().filter(|section| !is_there(section)))
            .collect()
    }

    let file = packaging().join("session/openbox.xml");
    assert!(Path::new(&file).is_file());
    let good = fs::read_to_string(file).unwrap();
    assert_eq!(ways_out(&good), [""; 0]);

    let defaults = good.replace("<keyboard/>", "");
    assert_eq!(ways_out(&defaults), ["keyboard"], "openbox has its own keys where the section is missing");
    let menu = good.replace("<action name=\"Raise\"/>", "<action name=\"ShowMenu\"/>");
    assert_eq!(ways_out(&menu), ["ShowMenu"]);
    let key = good.replace("<keyboard/>", "<keyboard><keybind key=\"A-F4\"/></keyboard>");
    assert_eq!(ways_out(&key), ["<keybind"]);
}

//! Units and drop-ins: systemd understands them, and what matters stands in them.

use std::fs;

use packaging_checks::{
    Demand, Unit,
    Wants::{self, Absent, Is, NotWord, Word},
    Workstation, complaints, packaging,
};

const fn demand(section: &'static str, key: &'static str, wants: Wants, else_: &'static str) -> Demand {
    Demand { section, key, wants, else_ }
}

const NEVER_GIVES_UP: Demand =
    demand("Unit", "StartLimitIntervalSec", Is("0"), "systemd leaves it ended after some failures");
const BEGUN_AGAIN: Demand = demand("Service", "Restart", Is("always"), "what ended stays ended");
const NO_CORE: Demand = demand("Service", "LimitCORE", Is("1"), "a crash writes memory to the disk");
/// What is before it is stopped when the session has ended.
const OUTLASTS: &str = "tapward-session-pre.target";
const OUTLIVED: &str = "apps are ended at a shutdown of the machine while they are told to save";

const KIOSK: &[Demand] = &[
    NEVER_GIVES_UP,
    BEGUN_AGAIN,
    NO_CORE,
    demand("Service", "Type", Is("notify"), "a session that covers nothing counts as started"),
    demand("Service", "NotifyAccess", Is("main"), "something else can say that the shield lives"),
    demand("Service", "WatchdogSec", Is("10"), "a shield that hangs is left hanging"),
    demand("Service", "TimeoutStartSec", Is("30"), "an Xorg that hangs is left hanging"),
    demand("Service", "KillMode", Is("mixed"), "the agent is ended beside the shield that asks it to end"),
    demand("Service", "User", Is("tapward"), "the screen is root's"),
    demand("Service", "PAMName", Is("tapward-kiosk"), "Xorg gets no devices without root's rights"),
    demand("Service", "TTYPath", Is("/dev/tty1"), "Xorg has no console"),
    demand("Unit", "Conflicts", Word("getty@tty1.service"), "a login prompt has the console"),
    demand("Service", "OOMPolicy", Is("continue"), "one killed process takes the whole session with it"),
    demand("Service", "OOMScoreAdjust", Is("-800"), "the shield is killed before an app is"),
    demand("Service", "NoNewPrivileges", Is("yes"), "a program of the session can become root"),
    demand("Service", "CapabilityBoundingSet", Is(""), "a program of the session keeps a right of root's"),
    demand("Service", "ProtectSystem", Is("strict"), "a program of the session changes the system"),
    demand(
        "Unit",
        "Wants",
        NotWord("tapward-selftest.service"),
        "each new session waits for the self-test again",
    ),
    demand(
        "Unit",
        "After",
        Word("tapward-keyring-secret.service"),
        "the keyring is asked before it can be opened",
    ),
    demand("Unit", "After", Word(OUTLASTS), OUTLIVED),
    demand("Unit", "Wants", Word(OUTLASTS), OUTLIVED),
    demand(
        "Unit",
        "After",
        NotWord("tapward-launch.service"),
        "a launcher that hangs keeps the screen from being covered",
    ),
    demand("Service", "PrivateTmp", Absent, "apps do not find the display's socket"),
];
const PRE: &[Demand] = &[
    demand("Unit", "Before", Word("tapward-kiosk.service"), OUTLIVED),
    demand("Unit", "Before", Word("display-manager.service"), OUTLIVED),
];
const SCOPES: &[Demand] =
    &[demand("Unit", "Before", Word(OUTLASTS), "X server and agent are ended beside the shield")];
const LAUNCH: &[Demand] = &[
    demand("Unit", "Before", Word(OUTLASTS), OUTLIVED),
    NEVER_GIVES_UP,
    BEGUN_AGAIN,
    NO_CORE,
    demand("Service", "Type", Is("notify"), "it counts as ready before it is"),
    demand("Service", "WatchdogSec", Is("20"), "a launcher that hangs is left hanging"),
    demand("Service", "IPAddressDeny", Is("any"), "a root service has a network"),
    demand("Service", "KillMode", Is("process"), "what it wipes with when it is to end is ended beside it"),
    demand("Service", "Delegate", Is("yes"), "systemd and it both write its control groups"),
    demand("Service", "OOMPolicy", Is("continue"), "one killed app ends it"),
    demand(
        "Service",
        "CapabilityBoundingSet",
        Is(
            "CAP_SETUID CAP_SETGID CAP_SETPCAP CAP_KILL CAP_CHOWN CAP_DAC_OVERRIDE CAP_DAC_READ_SEARCH CAP_FOWNER",
        ),
        "it has more or less of root's rights than its verbs need",
    ),
    demand("Service", "PrivateNetwork", Absent, "apps have no network"),
    demand("Service", "RestrictAddressFamilies", Absent, "apps have no network"),
    demand("Service", "PrivateTmp", Absent, "apps do not find the display's socket"),
    demand("Service", "ProtectHome", Absent, "apps do not find what is theirs"),
    demand("Service", "User", Absent, "it cannot become the apps' user"),
    demand(
        "Service",
        "RestrictSUIDSGID",
        Absent,
        "openat2 is refused, and nothing that has a folder in it is wiped",
    ),
];
const LAUNCH_SOCKET: &[Demand] = &[
    demand("Socket", "ListenSequentialPacket", Is("/run/tapward/launch.sock"), "the agent asks in vain"),
    demand("Socket", "SocketUser", Is("root"), "somebody else can take the socket away"),
    demand("Socket", "SocketGroup", Is("tapward"), "the agent may not ask"),
    demand("Socket", "SocketMode", Is("0660"), "an app may ask"),
    demand("Socket", "Accept", Is("no"), "each connection starts a launcher"),
    demand("Socket", "TriggerLimitIntervalSec", Is("0"), "the socket is gone after some failures"),
    demand("Unit", "Wants", Word(OUTLASTS), OUTLIVED),
];
const SECRET: &[Demand] = &[
    NEVER_GIVES_UP,
    NO_CORE,
    demand("Service", "User", Is("tapward"), "the keyring's own user cannot read it"),
    demand("Service", "RemainAfterExit", Is("yes"), "the secret is gone when it is needed"),
    demand("Service", "TimeoutStartSec", Is("10"), "a TPM that hangs keeps the screen from being covered"),
    demand("Unit", "Before", Word("tapward-kiosk.service"), "the keyring is asked before it can be opened"),
    demand("Service", "PrivateNetwork", Is("yes"), "what holds a secret has a network"),
];
const KEYRING: &[Demand] = &[
    NEVER_GIVES_UP,
    BEGUN_AGAIN,
    NO_CORE,
    demand("Unit", "ConditionUser", Is("tapward"), "every OS user has it"),
    demand("Service", "Type", Is("dbus"), "whoever asks first is told that there is none"),
    demand(
        "Service",
        "BusName",
        Is("org.freedesktop.secrets"),
        "whoever asks first is told that there is none",
    ),
    demand(
        "Service",
        "StandardInput",
        Is("file:/run/credentials/tapward-keyring-secret.service/tapward-keyring"),
        "nothing opens it",
    ),
    demand(
        "Service",
        "LoadCredentialEncrypted",
        Absent,
        "a user's own systemd cannot unseal it before version 256",
    ),
];
const SELF_TEST: &[Demand] = &[
    NO_CORE,
    demand("Service", "Type", Is("oneshot"), "the session does not wait for it"),
    demand("Service", "RemainAfterExit", Is("yes"), "it runs again with each new session"),
    demand("Service", "TimeoutStartSec", Is("8"), "it holds the session up"),
    demand("Service", "TimeoutStopSec", Is("1"), "it holds the session up"),
    demand("Unit", "Before", Word("tapward-kiosk.service"), "it is no self-test before the session"),
];
const SERVER: &[Demand] = &[NEVER_GIVES_UP, BEGUN_AGAIN, NO_CORE];
const LOGIND: &[Demand] = &[
    demand("Login", "NAutoVTs", Is("0"), "another console asks for a login"),
    demand("Login", "ReserveVT", Is("0"), "another console asks for a login"),
    demand("Login", "KillUserProcesses", Is("yes"), "an old Xorg keeps the console from the next session"),
    demand("Login", "IdleAction", Is("ignore"), "the machine sleeps under a person"),
    demand("Login", "InhibitDelayMaxSec", Is("10"), "the machine sleeps before the logout is on disk"),
];
const CORE_FILES: &[Demand] =
    &[demand("Coredump", "Storage", Is("none"), "a clinical app's memory lies on the disk")];
const MANAGER: &[Demand] = &[demand(
    "Manager",
    "CtrlAltDelBurstAction",
    Is("none"),
    "Ctrl+Alt+Del seven times restarts the machine",
)];

const FILES: [(&str, &[Demand]); 12] = [
    ("systemd/tapward-kiosk.service", KIOSK),
    ("systemd/tapward-session-pre.target", PRE),
    ("systemd/session-.scope.d/50-tapward.conf", SCOPES),
    ("systemd/tapward-launch.service", LAUNCH),
    ("systemd/tapward-launch.socket", LAUNCH_SOCKET),
    ("systemd/tapward-keyring-secret.service", SECRET),
    ("systemd/user/tapward-keyring.service", KEYRING),
    ("systemd/tapward-selftest.service", SELF_TEST),
    ("systemd/tapward-server.service", SERVER),
    ("systemd/logind.conf.d/50-tapward.conf", LOGIND),
    ("systemd/coredump.conf.d/50-tapward.conf", CORE_FILES),
    ("systemd/system.conf.d/50-tapward.conf", MANAGER),
];

fn read(file: &str) -> Unit {
    Unit::parse(&fs::read_to_string(packaging().join(file)).unwrap())
}

#[test]
fn systemd_understands_every_unit() {
    let workstation = Workstation::install().unwrap();

    for unit in [
        "tapward-kiosk.service",
        "tapward-launch.service",
        "tapward-launch.socket",
        "tapward-keyring-secret.service",
        "tapward-selftest.service",
        "tapward-server.service",
        "tapward-session-pre.target",
        "tapward.slice",
    ] {
        let verdict = workstation.verify(unit).unwrap();
        assert!(verdict.is_silent(), "{unit}: {}", verdict.said);
    }
    let verdict = workstation.verify_users("tapward-keyring.service").unwrap();
    assert!(verdict.is_silent(), "{}", verdict.said);
}

#[test]
fn a_unit_that_systemd_would_half_ignore_is_refused() {
    let workstation = Workstation::install().unwrap();
    let file = workstation.root().join("usr/lib/systemd/system/tapward-kiosk.service");
    let good = fs::read_to_string(&file).unwrap();

    for (from, to) in [
        ("Restart=always", "Restart=allways"),
        ("WatchdogSec=10", "WatchdogSecs=10"),
        ("/usr/lib/tapward/tapward-kiosk", "/usr/lib/tapward/tapward-kiosc"),
        ("SystemCallFilter=@system-service", "SystemCallFilter=@system-servise"),
        ("KillMode=mixed", "KillMode=mixt"),
    ] {
        fs::write(&file, good.replace(from, to)).unwrap();
        let verdict = workstation.verify("tapward-kiosk.service").unwrap();
        assert!(!verdict.is_silent(), "{to} was taken");
    }

    let file = workstation.root().join("usr/lib/systemd/user/tapward-keyring.service");
    let good = fs::read_to_string(&file).unwrap();
    fs::write(&file, good.replace("Type=dbus", "Type=dbuss")).unwrap();
    assert!(!workstation.verify_users("tapward-keyring.service").unwrap().is_silent());
}

#[test]
fn every_unit_says_what_matters() {
    for (file, demands) in FILES {
        let told = complaints(&read(file), demands);
        assert!(told.is_empty(), "{file}: {told:#?}");
    }
}

#[test]
fn a_unit_that_lacks_one_thing_that_matters_is_refused_for_that_thing() {
    for (file, demands) in FILES {
        let unit = read(file);
        for demand in demands {
            let told = complaints(&demand.broken(&unit), demands);
            assert!(!told.is_empty(), "{file} without {demand:?} was taken");
            assert!(told.iter().all(|told| told.contains(demand.key)), "{file}: {told:?} for {demand:?}");
        }
    }
}

#[test]
fn the_self_test_fails_no_start() {
    let commands = read("systemd/tapward-selftest.service");
    let commands = commands.all("Service", "ExecStart");
    assert_eq!(commands.len(), 1);
    assert!(commands[0].starts_with("-/usr/lib/tapward/tapward-agent "), "{commands:?}");
}

#[test]
fn systemd_waits_longer_for_the_shield_than_the_shield_for_the_agents_last_words() {
    let shield = fs::read_to_string(packaging().join("../../crates/shield/src/supervise.rs")).unwrap();
    let seconds = |text: &str| text.parse::<u32>().unwrap();
    let (_, rest) = shield.split_once("const LAST_WORDS: Duration = Duration::from_secs(").unwrap();
    let shields = seconds(rest.split_once(')').unwrap().0);
    let units = read("systemd/tapward-kiosk.service");
    let units = seconds(units.last("Service", "TimeoutStopSec").unwrap());

    // It has its own windows to take away, too.
    assert!(units >= shields + 3, "{units} s for the shield, which gives the agent {shields} s");
    let told = fs::read_to_string(packaging().join("../../docs/APPS.md")).unwrap();
    assert!(told.contains(&format!("those {shields} s")), "APPS.md says something else");
}

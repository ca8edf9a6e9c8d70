//! A scope of systemd's, with a fake of its manager on a bus of our own: what we ask it for, and what we do in what it
//! makes. Against a real systemd it is NOT RUN here.

use std::{
    fs,
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    task::{Context, Poll, Waker},
};

use launch_contract::{Answer, Containment, Verb};
use zbus::{OwnedVariant, names::WellKnownName};

use crate::ward::{Ward, eventually, mount, script, stays, written};

/// A scope that was asked for: its name, the mode, which properties it is to have, and before what it comes.
#[derive(Debug, Clone)]
struct AskedFor {
    name: String,
    mode: String,
    properties: Vec<String>,
    pids: Vec<u32>,
    before: Vec<String>,
}

type Asked = Arc<Mutex<Vec<AskedFor>>>;

/// Makes scopes as systemd does: a group in the slice, with the process in it.
struct Manager {
    asked: Asked,
}

#[zbus::interface(name = "org.freedesktop.systemd1.Manager")]
impl Manager {
    fn start_transient_unit(
        &self,
        name: String,
        mode: String,
        properties: Vec<(String, OwnedVariant)>,
        _auxiliary: Vec<(String, Vec<(String, OwnedVariant)>)>,
    ) -> zbus::fdo::Result<zbus::wire::OwnedObjectPath> {
        let group = mount().join("tapward.slice").join(&name);
        fs::create_dir_all(&group).unwrap();
        let (mut pids, mut before): (Vec<u32>, Vec<String>) = Default::default();
        for (property, value) in &properties {
            if property == "Before" {
                before = value.try_clone().unwrap().try_into().unwrap();
            }
            if property == "PIDs" {
                pids = value.try_clone().unwrap().try_into().unwrap();
                for pid in &pids {
                    fs::write(group.join("cgroup.procs"), pid.to_string()).unwrap();
                }
            }
        }
        let properties = properties.into_iter().map(|(name, _)| name).collect();
        self.asked.lock().unwrap().push(AskedFor { name, mode, properties, pids, before });
        Ok(zbus::wire::OwnedObjectPath::try_from("/org/freedesktop/systemd1/job/1").unwrap())
    }
}

struct Bus {
    daemon: Child,
    address: String,
}

impl Bus {
    fn start() -> Self {
        let mut daemon = Command::new("/usr/bin/dbus-daemon")
            .args(["--session", "--nofork", "--print-address=1"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("NOT RUN: no dbus-daemon here");
        let mut address = String::new();
        BufReader::new(daemon.stdout.take().unwrap()).read_line(&mut address).unwrap();
        Self { daemon, address: address.trim().to_owned() }
    }
}

impl Drop for Bus {
    fn drop(&mut self) {
        let _ = self.daemon.kill();
        let _ = self.daemon.wait();
    }
}

fn wait_for<T>(future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    let mut done = None;
    eventually("the bus answers", || {
        if let Poll::Ready(result) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            done = Some(result);
        }
        done.is_some()
    });
    done.unwrap()
}

#[test]
fn apps_run_in_a_scope_that_systemd_was_asked_for_and_freeze_and_end_in_it() {
    let bus = Bus::start();
    let asked = Asked::default();
    let manager = Manager { asked: Arc::clone(&asked) };
    let connection = wait_for(async {
        let connection = zbus::connection::Builder::address(bus.address.as_str())
            .serve_at("/org/freedesktop/systemd1", manager)
            .build()
            .await?;
        connection.request_name(WellKnownName::try_from("org.freedesktop.systemd1")?).await?;
        zbus::Result::Ok(connection)
    })
    .unwrap();
    let mut ward = Ward::new(&["--containment", "systemd-scope"]);
    ward.environment("DBUS_SYSTEM_BUS_ADDRESS", &bus.address);
    ward.launch();
    assert_eq!(ward.connect().containment, Containment::SystemdScope);
    assert_eq!(ward.ask(Verb::Wipe {}), [Answer::Wiped]);

    ward.started(vec![script(
        "counter",
        "setsid sh -c 'cat /proc/self/cgroup > $HOME/group; while :; do echo x >> $HOME/count; sleep 0.001; done' & exit 0",
    )]);

    let group = written(&ward.home().join("group"));
    let name = format!("tapward-session-{}-{}.scope", ward.uid, ward.session);
    assert!(group.contains(&format!("0::/tapward.slice/{name}/apps/")), "{group}");
    let AskedFor { name: unit, mode, properties, pids, before } =
        asked.lock().unwrap().first().cloned().unwrap();
    assert_eq!((unit.as_str(), mode.as_str()), (name.as_str(), "fail"));
    assert_eq!(before, ["tapward-session-pre.target"], "at a shutdown it would end before the session has");
    for property in ["PIDs", "Delegate", "Slice", "CollectMode"] {
        assert!(properties.iter().any(|one| one == property), "{properties:?}");
    }
    let count = ward.home().join("count");
    written(&count);
    assert_eq!(ward.freeze(true), [Answer::Done { left: 0 }]);
    let before = fs::read(&count).unwrap().len();
    stays("it stands still", || fs::read(&count).unwrap().len() == before);
    assert_eq!(ward.freeze(false), [Answer::Done { left: 0 }]);
    assert_eq!(ward.close(5_000).last(), Some(&Answer::Done { left: 0 }));
    assert_eq!(ward.processes(), [0; 0]);
    assert!(!mount().join("tapward.slice").join(&name).exists());
    assert_eq!(pids.len(), 1, "one that holds the scope open");
    eventually("it has ended and is reaped", || !fs::exists(format!("/proc/{}", pids[0])).unwrap());
    drop(connection);
}

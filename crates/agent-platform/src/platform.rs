//! The adapters of this platform, put together.

use std::{io, path::PathBuf, sync::Arc};

use agent_runtime::{
    config::ReadersConfig,
    ports::{Clock, EventSink, Ports, Screen},
};

use crate::{
    apps::{AppsSettings, LaunchedApps},
    audit_trail::SpooledTrail,
    badge_readers::{ReaderSettings, SystemBadgeReaders},
    durable_file,
    idle::{Counting, SyntheticInput, SystemIdle},
    keychain::{SystemKeychain, Vault},
    notifier::DesktopNotifier,
    power::SystemPower,
    screen::DeviceTeller,
    session_server::HttpSessionServer,
    start_up::{Needs, WorkstationStartUp},
    workstation::Workstation,
};

/// Where things are, where they differ from what the platform says.
#[derive(Debug, Clone, Default)]
pub struct PlatformSettings {
    /// Where the agent keeps enrolment and spool.
    pub state_folder: PathBuf,
    /// The X display; `$DISPLAY` by default.
    pub display: Option<String>,
    /// Address of the bus that login1 is on; the system bus by default.
    pub system_bus: Option<String>,
    /// Whether a program's input counts as a person's; it does not by default.
    pub synthetic_input: SyntheticInput,
    /// Who is told of the input devices that are taken from the X server.
    pub devices: DeviceTeller,
    /// Which badge readers there are.
    pub readers: ReadersConfig,
    /// Which apps there are, and how they are started.
    pub apps: AppsSettings,
}

/// One adapter for each port. To be called within a tokio runtime, which they live in.
///
/// # Errors
/// When the system gives no thread, or the state folder cannot be made.
pub fn for_this_platform(
    settings: PlatformSettings,
    screen: Box<dyn Screen>,
    clock: Arc<dyn Clock>,
    sink: EventSink,
) -> io::Result<Ports> {
    durable_file::make_private_folder(&settings.state_folder)?;
    let counting = Counting::of(settings.synthetic_input, &settings.readers);
    let readers = ReaderSettings {
        synthetic_input: settings.synthetic_input,
        devices: settings.devices,
        state_folder: Some(settings.state_folder.clone()),
        ..ReaderSettings::of(settings.readers)
    };
    let workstation = Workstation::default();
    let vault = Vault::of_this_system();
    let idle = SystemIdle::start(settings.display, counting, Arc::clone(&clock), sink.clone())?;
    let apps = LaunchedApps::start(settings.apps, sink.clone());
    let needs = Needs {
        vault: vault.clone(),
        workstation: workstation.clone(),
        gauge: Some(idle.gauge()),
        apps: Some(apps.clone()),
    };
    let start_up = WorkstationStartUp::new(settings.state_folder, needs, Arc::clone(&clock), sink.clone());
    Ok(Ports {
        start_up: Box::new(start_up),
        screen,
        idle: Box::new(idle),
        keychain: Box::new(SystemKeychain::new(vault, sink.clone())),
        audit_trail: Box::new(SpooledTrail::start(workstation.clone(), sink.clone())),
        session_server: Box::new(HttpSessionServer::start(workstation, sink.clone())),
        notifier: Box::new(DesktopNotifier::start()?),
        power: Box::new(SystemPower::start(settings.system_bus, sink.clone())),
        badge_readers: Box::new(SystemBadgeReaders::new(readers, Arc::clone(&clock), sink)?),
        apps: Box::new(apps),
        clock,
    })
}

//! The one place where adapters meet the runtime, top to bottom.

use std::{path::Path, process, rc::Rc, sync::Arc};

use agent_core::{command::FailClosedCause, event::Event};
use agent_platform::{
    idle::SyntheticInput,
    platform::{PlatformSettings, for_this_platform},
    screen::{self, DeviceTeller, LoopProbe, ShieldSocket},
};
use agent_runtime::{
    clock::SystemClock,
    event_loop::{EventLoop, Remote},
    policy_file::PolicyInForce,
    ports::{Clock, Enrolment, EventSink, StartUp},
    view::ViewModel,
};
use anyhow::Context as _;
use tauri::{AppHandle, Manager as _, RunEvent};
use tokio::{
    runtime::{Builder, Runtime},
    signal::unix::{SignalKind, signal},
    sync::{
        mpsc::{self, UnboundedReceiver},
        watch,
    },
    task::spawn_blocking,
};
use tracing::{error, info, warn};

use crate::{
    commands,
    events::Views,
    logging,
    notice_file::NoticeFile,
    set_up::{self, SetUp},
    single_instance::SingleInstance,
    uncovered, windows,
};

/// `EX_SOFTWARE` of sysexits.h: something that must not end has ended.
const EXIT_SOFTWARE: i32 = 70;
/// Under feature `e2e`: a program's input counts as a person's.
const SYNTHETIC_INPUT: &str = "TAPWARD_E2E_SYNTHETIC_INPUT";

/// Covers the screen and lets people sign in, until the machine or the OS session shuts down.
///
/// # Errors
/// When another agent runs here, or there is no display to cover.
pub fn run(
    config_path: &Path,
    log_format: Option<logging::Format>,
    shield: Option<ShieldSocket>,
) -> anyhow::Result<()> {
    let config = set_up::read_config(config_path);
    logging::start(set_up::log_level(&config), log_format)?;
    let set_up = SetUp::of(config)?;
    if cfg!(feature = "e2e") {
        warn!("This build is for end-to-end tests: it can be driven by programs. Never install it");
    }
    secure_transport()?;

    // One worker: adapters that block have threads of their own, and a second one doubles the wake-ups at rest.
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let runtime = runtime.context("the asynchronous runtime does not start")?;
    tauri::async_runtime::set(runtime.handle().clone());
    let parts = Parts {
        config_path: config_path.to_owned().into_boxed_path(),
        clock: {
            let _within = runtime.enter();
            Arc::new(SystemClock::new())
        },
        runtime,
        set_up,
        shield,
    };
    show(parts)
}

/// Once per process, before any connection is made.
///
/// # Errors
/// When somebody chose other cryptography first.
pub fn secure_transport() -> anyhow::Result<()> {
    rustls::crypto::aws_lc_rs::default_provider()
        .install_default()
        .map_err(|_| anyhow::anyhow!("another TLS provider was installed first"))
}

struct Parts {
    config_path: Box<Path>,
    clock: Arc<SystemClock>,
    runtime: Runtime,
    set_up: SetUp,
    shield: Option<ShieldSocket>,
}

/// GTK and the webview live on this thread from here on.
fn show(parts: Parts) -> anyhow::Result<()> {
    let app = tauri::Builder::default()
        .invoke_handler(tauri::generate_handler![
            commands::intent,
            commands::current_view,
            commands::page_ready
        ])
        .setup(|app| {
            if let Err(fault) = assemble(app.handle(), parts) {
                error!("The agent cannot run: {fault:#}");
                process::exit(EXIT_SOFTWARE);
            }
            Ok(())
        })
        .build(tauri::generate_context!())
        .context("there is no display to cover")?;
    app.run(|_, event| {
        // Only the loop's end ends the agent.
        if let RunEvent::ExitRequested { api, .. } = event {
            api.prevent_exit();
        }
    });
    Ok(())
}

/// Window, screen, ports, loop, views.
fn assemble(app: &AppHandle, parts: Parts) -> anyhow::Result<()> {
    let Parts { config_path, clock, runtime, set_up, shield } = parts;
    let _within = runtime.enter();
    let (sink, events) = EventSink::channel();

    let window = windows::create(app, approach(sink.clone()))?;
    let (probe, probes) = loop_probe();
    let devices = DeviceTeller::of(shield.as_ref()).context("the shield's socket")?;
    let screen = screen::attach(shield, Box::new(window), probe, sink.clone());

    let policy = PolicyInForce::load(set_up.policy_file(), set_up.state_folder());
    let settings = PlatformSettings {
        apps: set_up.apps(&policy),
        state_folder: set_up.state_folder().to_owned(),
        synthetic_input: synthetic_input(),
        readers: set_up.readers(),
        devices,
        ..PlatformSettings::default()
    };
    let shared_clock: Arc<dyn Clock> = Arc::clone(&clock) as _;
    let mut ports = for_this_platform(settings, screen, Arc::clone(&shared_clock), sink.clone())
        .context("the adapters do not start")?;
    let language = set_up.language();
    let state_folder = set_up.state_folder().to_owned();
    let instance = match set_up {
        SetUp::Usable { instance, .. } => Some(instance),
        SetUp::Refused { .. } => {
            ports.start_up = Box::new(RefusedConfig { config_path, sink: sink.clone() });
            None
        }
    };

    let (event_loop, remote) = EventLoop::new(ports, (sink.clone(), events), policy, language);
    let views = Views::new(Arc::clone(&shared_clock), remote.views().borrow().clone());
    let buttons = remote.clone();
    uncovered::create(shared_clock, Rc::new(move |intent| buttons.send(intent)));
    app.manage(views.clone());
    app.manage(remote.clone());

    let notice = NoticeFile::in_folder(&state_folder, language);
    runtime.spawn(tell_shield_of_place(remote.views(), notice));
    runtime.spawn(forward_views(app.clone(), views, remote));
    runtime.spawn(watch_for_the_end(sink.clone())?);
    runtime.spawn(async move { clock.watch_wall_clock(sink).await });
    let running = runtime.spawn(run_loop(event_loop, probes));
    runtime.spawn(end_with(running, instance));
    // The process ends by `end_with` alone; the runtime must live until then.
    std::mem::forget(runtime);
    Ok(())
}

/// Somebody is at the covered screen: what runs under it is not to watch.
fn approach(sink: EventSink) -> Box<dyn Fn() + Send> {
    Box::new(move || sink.send(Event::Approached))
}

fn synthetic_input() -> SyntheticInput {
    if cfg!(feature = "e2e") && std::env::var_os(SYNTHETIC_INPUT).is_some() {
        SyntheticInput::Counted
    } else {
        SyntheticInput::Ignored
    }
}

type Probed = Box<dyn FnOnce() + Send>;

fn loop_probe() -> (LoopProbe, UnboundedReceiver<Probed>) {
    let (ask, probes) = mpsc::unbounded_channel();
    let probe: LoopProbe = Box::new(move |answer| {
        // An ended loop answers nothing, which is what the probe is to find out.
        let _ = ask.send(answer);
    });
    (probe, probes)
}

/// The loop and the answers to probes are one task: a loop that hangs answers nothing.
async fn run_loop(event_loop: EventLoop, mut probes: UnboundedReceiver<Probed>) {
    let answering = async {
        while let Some(answer) = probes.recv().await {
            answer();
        }
        std::future::pending().await
    };
    tokio::select! {
        () = event_loop.run() => {}
        () = answering => {}
    }
}

async fn forward_views(app: AppHandle, views: Views, remote: Remote) {
    let mut told = remote.views();
    told.mark_changed();
    while told.changed().await.is_ok() {
        let view = told.borrow_and_update().clone();
        views.show(&app, view);
    }
}

/// The disk is waited for on a thread for that, so that a slow one holds up no view.
async fn tell_shield_of_place(mut told: watch::Receiver<ViewModel>, notice: NoticeFile) {
    let mut notice = Some(notice);
    told.mark_changed();
    while told.changed().await.is_ok() {
        let place = told.borrow_and_update().place.clone();
        let Some(mut writing) = notice.take() else { return };
        let written = spawn_blocking(move || {
            writing.follow(&place);
            writing
        });
        notice = written.await.ok();
    }
}

/// The OS session ends: the loop ends what is open, on record, and then itself.
fn watch_for_the_end(sink: EventSink) -> anyhow::Result<impl Future<Output = ()>> {
    let mut terminated = signal(SignalKind::terminate()).context("SIGTERM cannot be watched")?;
    Ok(async move {
        while terminated.recv().await.is_some() {
            info!("Asked to end");
            sink.send(Event::ShuttingDown);
        }
    })
}

/// Holds the workstation until the loop has ended, then ends the process. A loop that gave up leaves the
/// screen covered by the shield, which starts the agent anew.
async fn end_with(running: tokio::task::JoinHandle<()>, _instance: Option<SingleInstance>) {
    let code = match running.await {
        Ok(()) => 0,
        Err(_) => EXIT_SOFTWARE,
    };
    process::exit(code);
}

/// Stands in for start-up where the configuration is refused: it says so until it is mended.
struct RefusedConfig {
    config_path: Box<Path>,
    sink: EventSink,
}

impl StartUp for RefusedConfig {
    fn start_up(&self) {
        if set_up::read_config(&self.config_path)
            .is_ok_and(|config| SetUp::of(Ok(config)).is_ok_and(is_usable))
        {
            info!("The configuration is good now; the agent starts anew");
            process::exit(0);
        }
        self.sink.send(Event::StartUpFailed(FailClosedCause::ConfigInvalid));
    }

    fn enrolment(&self) -> Option<Enrolment> {
        None
    }
}

fn is_usable(set_up: SetUp) -> bool {
    matches!(set_up, SetUp::Usable { .. })
}

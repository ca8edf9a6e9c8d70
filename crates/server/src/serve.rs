//! A running server: listener, administrator's socket, jobs; and how it drains.

use std::{
    fs::{self, File},
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};
use audit::record::{Alert, What};
use axum_server::{
    Handle,
    tls_rustls::{RustlsAcceptor, RustlsConfig},
};
use hyper_util::rt::TokioTimer;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    admin,
    app::{App, Ingredients},
    clock::{Clock, SystemClock, slewed},
    config::{self, Loaded, database::Database},
    connections::{self, Bounded},
    jobs,
    keys::{self, Keys},
    router, spool_recovery,
    store::{Address, Store, StoreError, nodes, sessions, transact},
    tls,
    trail::{self, About},
};

/// The database below the data folder.
pub const DATABASE_FILE: &str = "tapward.db";
/// The key store below the data folder.
pub const KEYS_FILE: &str = "keys.toml";
/// The server's own id below the data folder.
pub const NODE_FILE: &str = "node.id";
/// Where the bound address is written.
pub const ADDRESS_FILE: &str = "listen.addr";
/// Held while a server runs on the folder.
const LOCK_FILE: &str = "server.lock";
/// Requests under way may take this long once the server drains.
const DRAIN_MAX: Duration = Duration::from_secs(10);
/// A connection must send the head of its next request within this time.
const HEAD_MAX: Duration = Duration::from_secs(10);
/// A larger head is refused; the library's own bound would let each connection fill 400 KiB unproven.
pub const HEAD_SIZE_BYTES_MAX: usize = 16 * 1024;

/// What `serve` may be told besides the data folder.
#[derive(Debug, Default)]
pub struct Options {
    /// Instead of the configured address.
    pub listen: Option<SocketAddr>,
    /// Instead of the machine's clock.
    pub clock: Option<Arc<dyn Clock>>,
}

/// A server that answers.
#[derive(Debug)]
pub struct Running {
    /// Its parts.
    pub app: App,
    /// Where it listens.
    pub address: SocketAddr,
    data: PathBuf,
    handle: Handle<SocketAddr>,
    stop: CancellationToken,
    /// Cancelled once no request is under way any more.
    nobody_asks: CancellationToken,
    listener: JoinHandle<std::io::Result<()>>,
    tasks: Vec<JoinHandle<()>>,
    _lock: File,
}

/// Starts a server on what `init` made below `data`.
///
/// # Errors
/// When the folder is not usable, another server runs on it, or the address is taken.
pub async fn start(data: &Path, options: Options) -> Result<Running> {
    let keys_file = data.join(KEYS_FILE);
    ensure!(keys_file.exists(), "{} was not made by `tapward-server init`", data.display());
    let lock = lock(data)?;
    spool_recovery::tidy(data);
    if Keys::complete(&keys_file)? {
        tracing::warn!("Made the recovery key, which an earlier program had not: back up keys.toml anew");
    }
    let keys = Keys::read(&keys_file)?;
    let loaded = config::load(data)?;
    let node = node_id(data)?;
    let store = match &loaded.config.database {
        Database::File => Store::open_file(&data.join(DATABASE_FILE), node).await?,
        Database::Postgres { url, is_over_network, password_file } => {
            let read = |path: &Path| {
                keys::read_private(path)
                    .with_context(|| format!("the password in {} cannot be used", path.display()))
            };
            let password = password_file.as_deref().map(read).transpose()?;
            let password = password.as_ref().map(|text| text.trim_end_matches(['\r', '\n']));
            Store::open_url(Address { url, is_over_network: *is_over_network, password }, node).await?
        }
    };
    let peers = store.peers().await?;
    for (name, mac) in keys.checks() {
        let is_that_of_all = transact!(store, |write| nodes::is_key_of_all(write, name, mac).await)?;
        ensure!(
            is_that_of_all,
            "the key `{name}` in {} is not the one that this database was used with: put back that file from a backup, or \
             make this server with `init --beside` the folder of another one",
            keys_file.display()
        );
    }
    let clock = match options.clock {
        Some(clock) => clock,
        None => {
            let newest = sessions::newest_time(&mut store.read().await?).await?;
            let clock = SystemClock::not_before(newest.unwrap_or(jiff::Timestamp::MIN));
            warn_of_floor(&clock);
            Arc::new(clock)
        }
    };
    jobs::renew_certificate::renew(data, clock.as_ref());
    let identity = tls::load(data)?;
    let listen = options.listen.unwrap_or(loaded.config.listen);
    let Loaded { config, policy, policy_refused } = loaded;
    let app = App::new(Ingredients { config, policy, store, clock, keys, authority: identity.authority })?;
    record_start(&app, policy_refused).await?;
    jobs::finish_imports::take_on(&app).await?;

    let (stop, nobody_asks) = (CancellationToken::new(), CancellationToken::new());
    let handle = Handle::new();
    let shown = RustlsConfig::from_config(identity.config);
    let acceptor = RustlsAcceptor::new(shown.clone()).acceptor(Bounded::new(connections::CONNECTIONS_MAX));
    // HTTP/1.1 alone: only there is a connection that sends no request closed. One of HTTP/2 answers pings
    // for ever, and a few of them open all the streams they like.
    let mut server = axum_server::bind(listen).acceptor(acceptor).http1_only().handle(handle.clone());
    let mut builder = server.http_builder().http1();
    builder.timer(TokioTimer::new()).header_read_timeout(HEAD_MAX).max_buf_size(HEAD_SIZE_BYTES_MAX);
    let listener = tokio::spawn(server.serve(router::router(app.clone()).into_make_service()));
    let Some(address) = handle.listening().await else {
        listener.await?.with_context(|| format!("{listen} cannot be listened on"))?;
        anyhow::bail!("{listen} cannot be listened on");
    };
    fs::write(data.join(ADDRESS_FILE), format!("{address}\n"))?;
    let mut tasks = vec![
        tokio::spawn(admin::socket::serve(admin::socket::bind(data)?, app.clone(), stop.clone())),
        tokio::spawn(jobs::expire_sessions::run(app.clone(), stop.clone())),
        tokio::spawn(jobs::finish_imports::run(app.clone(), stop.clone())),
        tokio::spawn(jobs::forget::run(app.clone(), stop.clone())),
        tokio::spawn(jobs::record_logouts::run(app.clone(), stop.clone())),
        tokio::spawn(jobs::renew_certificate::run(app.clone(), data.to_owned(), shown, stop.clone())),
        tokio::spawn(jobs::watch_clock::run(app.clone(), stop.clone())),
    ];
    if let Some(peers) = peers {
        let told = app.events.say_elsewhere(app.store.node());
        tasks.push(tokio::spawn(jobs::hear_peers::hear(app.clone(), peers, stop.clone())));
        tasks.push(tokio::spawn(jobs::hear_peers::say(app.clone(), told, nobody_asks.clone())));
    }
    tracing::info!(%address, "Listening");
    Ok(Running {
        app,
        address,
        data: data.to_owned(),
        handle,
        stop,
        nobody_asks,
        listener,
        tasks,
        _lock: lock,
    })
}

impl Running {
    /// Takes no more connections, finishes requests under way, closes the database.
    ///
    /// # Errors
    /// When the listener had failed.
    pub async fn drain(self) -> Result<()> {
        tracing::info!("Draining");
        self.stop.cancel();
        self.app.events.close();
        self.handle.graceful_shutdown(Some(DRAIN_MAX));
        self.listener.await??;
        self.nobody_asks.cancel();
        for task in self.tasks {
            task.await?;
        }
        let now = self.app.clock.now();
        transact!(self.app.store, |write| trail::put(
            write,
            About::default(),
            What::ApplicationStopped,
            now
        )
        .await)?;
        self.app.store.close().await;
        for name in [admin::socket::SOCKET_FILE, ADDRESS_FILE] {
            // Gone already is as good.
            let _ = fs::remove_file(self.data.join(name));
        }
        Ok(())
    }
}

/// One server per folder.
fn lock(data: &Path) -> Result<File> {
    let path = data.join(LOCK_FILE);
    let file = File::create(&path).with_context(|| format!("{} cannot be written", path.display()))?;
    file.try_lock().map_err(|_| anyhow::anyhow!("another tapward-server runs on {}", data.display()))?;
    Ok(file)
}

/// By which a server is known in its database; made as it first starts.
fn node_id(data: &Path) -> Result<Uuid> {
    let path = data.join(NODE_FILE);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let text = format!("{}\n", Uuid::new_v4());
            keys::replace_private(&path, text.as_bytes())?;
            text
        }
        Err(error) => return Err(error).with_context(|| format!("{} cannot be read", path.display())),
    };
    text.trim_end().parse().with_context(|| format!("{} holds no id", path.display()))
}

/// Which of the two is wrong, only somebody who looks can tell (ADR 0006).
fn warn_of_floor(clock: &SystemClock) {
    let ahead = clock.now().duration_since(clock.wall());
    if ahead > slewed::JUMP_MIN {
        tracing::error!(
            by_s = ahead.as_secs(),
            "The wall clock is behind the newest report of a session, and the server's time begins with that report. \
             Set the wall clock right; if it is right, end all sessions (`session list`, `session end`) and restart"
        );
    }
}

/// Says at every start what is weaker than it should be, in the log and on the record.
async fn record_start(app: &App, policy_refused: Option<String>) -> Result<()> {
    let now = app.clock.now();
    if let Some(refused) = &policy_refused {
        tracing::error!("policy.toml is refused and the built-in strict policy holds: {refused}");
    }
    let weakened: Vec<String> = app
        .config
        .weakened
        .iter()
        .cloned()
        .chain(app.policy.weakened().iter().map(ToString::to_string))
        .collect();
    for what in &weakened {
        tracing::warn!("A safeguard is weakened: {what}");
    }
    transact!(app.store, |write| {
        trail::put(write, About::default(), What::ApplicationStarted, now).await?;
        if policy_refused.is_some() {
            trail::alert(write, About::default(), Alert::PolicyRefused, now).await?;
        }
        if !weakened.is_empty() {
            trail::alert(write, About::default(), Alert::SafeguardWeakened, now).await?;
        }
        Ok::<_, StoreError>(())
    })?;
    Ok(())
}

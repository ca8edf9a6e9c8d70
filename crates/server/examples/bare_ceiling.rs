//! What the machine allows at most, for the benchmark: the server's own listener, TLS and database, and nothing between.
//!
//! `bare_ceiling DATA` listens on a free port with the certificate that `tapward-server init` made in `DATA`, and writes
//! its address into `DATA/listen.addr`. It takes each `POST /v1/sessions` from whomever it comes, keeps the body as
//! one row of a database with the server's settings, and answers 201 once that is durable. It checks nothing: no package
//! holds it.

#[cfg(unix)]
use self::on_unix::run;

#[cfg(not(unix))]
fn run() -> anyhow::Result<()> {
    anyhow::bail!("the server runs on Unix only")
}

fn main() -> anyhow::Result<()> {
    run()
}

#[cfg(unix)]
mod on_unix {
    use std::{fs, net::SocketAddr, path::PathBuf, time::Duration};

    use anyhow::{Context as _, Result};
    use axum::{Router, body::Bytes, extract::State, http::StatusCode, routing::post};
    use axum_server::{
        Handle,
        tls_rustls::{RustlsAcceptor, RustlsConfig},
    };
    use hyper_util::rt::TokioTimer;
    use server::{
        connections::{self, Bounded},
        serve,
        store::{Store, StoreError, query, transact},
        tls,
    };
    use uuid::Uuid;

    const HEAD_MAX: Duration = Duration::from_secs(10);

    pub(super) fn run() -> Result<()> {
        let data = PathBuf::from(std::env::args_os().nth(1).context("name the data folder")?);
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(serve(data))
    }

    async fn serve(data: PathBuf) -> Result<()> {
        let store = Store::open_file(&data.join("ceiling.db"), Uuid::nil()).await?;
        let table = "CREATE TABLE IF NOT EXISTS ceiling (id BLOB PRIMARY KEY, body BLOB NOT NULL)";
        transact!(store, |write| query(table).execute(write).await)?;

        let config = RustlsConfig::from_config(tls::load(&data)?.config);
        let acceptor = RustlsAcceptor::new(config).acceptor(Bounded::new(connections::CONNECTIONS_MAX));
        let handle = Handle::new();
        let mut server = axum_server::bind(SocketAddr::from(([127, 0, 0, 1], 0)))
            .acceptor(acceptor)
            .http1_only()
            .handle(handle.clone());
        let mut builder = server.http_builder().http1();
        builder
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_MAX)
            .max_buf_size(serve::HEAD_SIZE_BYTES_MAX);
        let router = Router::new().route("/v1/sessions", post(keep)).with_state(store);
        let serving = tokio::spawn(server.serve(router.into_make_service()));
        let address = handle.listening().await.context("no port could be listened on")?;
        fs::write(data.join(serve::ADDRESS_FILE), format!("{address}\n"))?;
        Ok(serving.await??)
    }

    async fn keep(State(store): State<Store>, body: Bytes) -> StatusCode {
        match write(&store, &body).await {
            Ok(_) => StatusCode::CREATED,
            Err(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    async fn write(store: &Store, body: &[u8]) -> Result<u64, StoreError> {
        let sql = "INSERT INTO ceiling (id, body) VALUES ($1, $2)";
        transact!(store, |write| query(sql).bind(Uuid::new_v4()).bind(body).execute(write).await)
    }
}

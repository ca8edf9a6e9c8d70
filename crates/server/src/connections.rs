//! How many connections the server holds at once.
//!
//! Every connection costs memory and a file descriptor before anybody has proven anything, so their number
//! is bounded. One too many is closed at once: it would otherwise hold what the bound is there to save.

use std::{
    future::{Ready, ready},
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use axum_server::accept::Accept;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    sync::{OwnedSemaphorePermit, Semaphore},
};

/// Connections at once: two for each of 2,000 workstations. The service's limit of open files is far above.
pub const CONNECTIONS_MAX: usize = 4_096;

/// Takes connections up to a number; each holds its place until it is closed.
#[derive(Debug, Clone)]
pub struct Bounded {
    places: Arc<Semaphore>,
}

impl Bounded {
    /// Takes `count` connections at a time.
    #[must_use]
    pub fn new(count: usize) -> Self {
        Self { places: Arc::new(Semaphore::new(count)) }
    }
}

impl<I, S> Accept<I, S> for Bounded {
    type Stream = Held<I>;
    type Service = S;
    type Future = Ready<io::Result<(Held<I>, S)>>;

    fn accept(&self, stream: I, service: S) -> Self::Future {
        ready(match Arc::clone(&self.places).try_acquire_owned() {
            Ok(place) => Ok((Held { stream, _place: place }, service)),
            Err(_) => Err(io::Error::other("too many connections")),
        })
    }
}

/// A connection and its place.
#[derive(Debug)]
pub struct Held<I> {
    stream: I,
    _place: OwnedSemaphorePermit,
}

impl<I: AsyncRead + Unpin> AsyncRead for Held<I> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<I: AsyncWrite + Unpin> AsyncWrite for Held<I> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[tokio::test]
    async fn one_connection_too_many_is_closed_until_another_goes() {
        let bounded = Bounded::new(2);
        let (first, _) = bounded.accept(tokio::io::empty(), ()).await.unwrap();
        let (_second, _) = bounded.clone().accept(tokio::io::empty(), ()).await.unwrap();

        assert!(bounded.accept(tokio::io::empty(), ()).await.is_err());
        drop(first);
        assert!(bounded.accept(tokio::io::empty(), ()).await.is_ok());
    }
}

//! The events that a workstation is told.

use std::time::Duration;

use harness::workstation::Workstation;

/// The events of one stream, one by one.
pub(crate) struct Stream {
    response: reqwest::Response,
    text: String,
}

impl Stream {
    pub(crate) async fn open(workstation: &Workstation) -> Self {
        let response = workstation.stream("/v1/events").await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { response, text: String::new() }
    }

    /// The next event; empty at the end of the stream.
    pub(crate) async fn next(&mut self) -> String {
        let read = async {
            loop {
                if let Some((event, rest)) = self.text.split_once("\n\n") {
                    let event = event.to_owned();
                    self.text = rest.to_owned();
                    if !event.starts_with(':') {
                        return event;
                    }
                    continue;
                }
                match self.response.chunk().await {
                    Ok(Some(bytes)) => self.text.push_str(std::str::from_utf8(&bytes).unwrap()),
                    Ok(None) | Err(_) => return String::new(),
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(20), read).await.expect("an event")
    }
}

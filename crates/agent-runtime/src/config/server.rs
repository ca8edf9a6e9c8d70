//! Section `server`.

use std::{fmt, net::Ipv6Addr};

/// Where the session server is: `https://` and a host, perhaps a port; no path, no user, no query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerUrl(String);

impl ServerUrl {
    /// Reads an address; `None` when it is not one of ours.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        from_text(text)
    }

    /// Without a trailing slash.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Name or address, without a port and without brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        let authority = &self.0["https://".len()..];
        match authority.strip_prefix('[') {
            Some(v6) => v6.split(']').next().unwrap_or(v6),
            None => authority.split(':').next().unwrap_or(authority),
        }
    }
}

impl fmt::Display for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

pub(super) fn from_text(text: &str) -> Option<ServerUrl> {
    let authority = text.strip_prefix("https://")?;
    let authority = authority.strip_suffix('/').unwrap_or(authority);
    let (is_host, port) = match authority.strip_prefix('[') {
        Some(v6) => {
            let (v6, port) = v6.split_once(']')?;
            (
                v6.parse::<Ipv6Addr>().is_ok(),
                if port.is_empty() { None } else { Some(port.strip_prefix(':')?) },
            )
        }
        None => match authority.split_once(':') {
            Some((host, port)) => (is_name(host), Some(port)),
            None => (is_name(authority), None),
        },
    };
    let is_port = port.is_none_or(|port| {
        port.bytes().all(|b| b.is_ascii_digit()) && port.parse::<u16>().is_ok_and(|p| p > 0)
    });
    (is_host && is_port).then(|| ServerUrl(format!("https://{authority}")))
}

/// A DNS name or an IPv4 address.
fn is_name(host: &str) -> bool {
    host.len() <= 253
        && host.split('.').all(|label| {
            !label.is_empty()
                && label.len() <= 63
                && !label.starts_with('-')
                && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_with_https_is_taken() {
        for (text, url, host) in [
            (
                "https://tapward.hospital.example",
                "https://tapward.hospital.example",
                "tapward.hospital.example",
            ),
            ("https://127.0.0.1:8443/", "https://127.0.0.1:8443", "127.0.0.1"),
            ("https://[::1]:8443", "https://[::1]:8443", "::1"),
            ("https://[::1]", "https://[::1]", "::1"),
        ] {
            let read = ServerUrl::from_text(text).unwrap();
            assert_eq!((read.as_str(), read.host()), (url, host));
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            "tapward.example",
            "http://tapward.example",
            "HTTPS://tapward.example",
            "https://",
            "https:///",
            "https://tapward.example/v1",
            "https://tapward.example//",
            "https://tapward.example?x",
            "https://user@tapward.example",
            "https://user:password@tapward.example",
            "https://tapward.example:0",
            "https://tapward.example:65536",
            "https://tapward.example:+80",
            "https://tapward.example:",
            "https://tap ward.example",
            "https://tapward..example",
            "https://[::1",
            "https://[::1]8443",
            "https://[localhost]",
            "https://tapward.example\n",
            "https://täpward.example",
        ] {
            assert_eq!(ServerUrl::from_text(text), None, "{text:?}");
        }
    }
}

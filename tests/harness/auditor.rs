//! An auditor: reads the whole record from the server's FHIR endpoint, page by page.

use std::{fs, path::Path};

use anyhow::{Context, Result, bail};
use serde_json::Value;

/// Every `AuditEvent`, oldest first.
///
/// # Errors
/// When the endpoint refuses or answers something else than a searchset.
pub fn read_all(address: &str, data: &Path, token: &str) -> Result<Vec<Value>> {
    let authority = fs::read(data.join("authority.pem")).context("the server's authority")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let client = reqwest::Client::builder()
            .tls_certs_only([reqwest::Certificate::from_pem(&authority)?])
            .no_proxy()
            .build()?;
        let mut next = Some(format!("https://{address}/fhir/AuditEvent?_count=200"));
        let mut events = Vec::new();
        while let Some(url) = next {
            let answer = client.get(&url).bearer_auth(token).send().await?;
            let status = answer.status();
            let page: Value = serde_json::from_str(&answer.text().await?).context("no JSON")?;
            if !status.is_success() {
                bail!("{status}: {page}");
            }
            for entry in page["entry"].as_array().into_iter().flatten() {
                events.push(entry["resource"].clone());
            }
            next =
                page["link"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .find(|link| link["relation"] == "next")
                    .and_then(|link| link["url"].as_str())
                    .map(|url| {
                        if url.starts_with('/') { format!("https://{address}{url}") } else { url.to_owned() }
                    });
        }
        events.sort_by_key(|event| event["recorded"].as_str().map(str::to_owned));
        Ok(events)
    })
}

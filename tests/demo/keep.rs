//! What the demo keeps: pictures, the record, and the table of what happened.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use harness::picture::{Eye, Look};
use serde_json::Value;

/// The folder of proof and the table that points into it.
#[derive(Debug)]
pub(crate) struct Keep {
    folder: PathBuf,
    rows: Vec<Row>,
    pictures: usize,
    last_look: Option<Look>,
}

#[derive(Debug)]
struct Row {
    happened: String,
    proof: String,
}

impl Keep {
    /// Empties `folder` of an earlier demo.
    ///
    /// # Errors
    /// When it cannot be made.
    pub(crate) fn in_folder(folder: &Path) -> Result<Self> {
        if folder.join("table.txt").exists() {
            fs::remove_dir_all(folder)?;
        }
        fs::create_dir_all(folder)?;
        // Its presence marks the folder as the demo's own, which may be emptied.
        fs::write(folder.join("table.txt"), "")?;
        Ok(Self { folder: folder.to_path_buf(), rows: Vec::new(), pictures: 0, last_look: None })
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Notes that something happened and where that can be seen.
    pub(crate) fn note(&mut self, happened: &str, proof: &str) {
        println!("  {happened}");
        self.rows.push(Row { happened: happened.to_owned(), proof: proof.to_owned() });
    }

    /// Takes a picture of the whole screen and notes it.
    ///
    /// # Errors
    /// When it cannot be taken.
    pub(crate) fn picture(&mut self, eye: &Eye, name: &str, happened: &str) -> Result<()> {
        if let Some(before) = &self.last_look {
            eye.wait_other_than(before);
        }
        // Where a sign of waiting moves, the screen never stands still; its picture is as good.
        let _ = eye.wait_still();
        self.last_look = Some(eye.look()?);
        self.pictures += 1;
        let file = format!("{:02}-{name}.png", self.pictures);
        eye.keep(&self.folder.join(&file))?;
        self.note(happened, &file);
        Ok(())
    }

    /// Keeps the record as one JSON object a line.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn record(&mut self, events: &[Value]) -> Result<()> {
        let mut text = String::new();
        for event in events {
            text.push_str(&serde_json::to_string(event).context("an event")?);
            text.push('\n');
        }
        fs::write(self.folder.join("audit.ndjson"), text)?;
        self.note(&format!("the server's record holds {} events", events.len()), "audit.ndjson");
        Ok(())
    }

    pub(crate) fn print_table(&self) {
        let width = self.rows.iter().map(|row| row.happened.chars().count()).max().unwrap_or(0);
        let mut text = format!("{:<width$}  proof in {}\n", "what happened", self.folder.display());
        for row in &self.rows {
            text.push_str(&format!("{:<width$}  {}\n", row.happened, row.proof));
        }
        println!("\n{text}");
        // The same table was just printed; a full disk does not change what happened.
        let _ = fs::write(self.folder.join("table.txt"), text);
    }
}

//! `badge …`: numbers come from standard input or a file, never from the command line, where others see them.

use std::path::Path;

use anyhow::{Context as _, Result, bail};
use protocol::{secret::WireSecret, v1::badge::BADGE_NUMBER_SIZE_BYTES_MAX};

use super::{args::Badge, badge_list::import, run::first_line};
use crate::admin::{
    message::{Answer, Command},
    socket,
};

/// Asks the server on `data` what was typed.
pub(super) async fn ask(data: &Path, verb: Badge) -> Result<Answer> {
    let command = match verb {
        Badge::Enrol { name, grade } => {
            Command::BadgeEnrol { name, number: number("badge enrol NAME")?, grade: grade.into() }
        }
        Badge::Find => Command::BadgeFind { number: number("badge find")? },
        Badge::Revoke { badge, of } => Command::BadgeRevoke { badge_id: badge, name: of },
        Badge::List { of } => return list(data, of).await,
        Badge::Import { file, how } => return import(data, &file, how).await,
    };
    socket::ask(data, &command).await
}

/// Every page, as one answer.
async fn list(data: &Path, of: Option<String>) -> Result<Answer> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let command = Command::BadgeList { of: of.clone(), after };
        let Answer::Badges { badges, next } = socket::ask(data, &command).await? else {
            bail!("the answer is of another version");
        };
        all.extend(badges);
        after = next;
        if after.is_none() {
            return Ok(Answer::Badges { badges: all, next: None });
        }
    }
}

fn number(command: &str) -> Result<WireSecret> {
    first_line(BADGE_NUMBER_SIZE_BYTES_MAX)?.with_context(|| {
        format!(
            "standard input holds no badge number in its first line. Type it there, or put it into a file that only \
             you can read: tapward-server {command} < number.txt"
        )
    })
}

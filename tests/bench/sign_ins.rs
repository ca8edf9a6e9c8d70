//! How many badge sign-ins a server takes in a second, against what listener, TLS and disk alone would take.
//!
//! Both are asked in turn, in bursts, by the same workstations on the same machine, with the same requests down to
//! their proofs: what the asking costs is in both. The one is `tapward-server`; the other (`bare_ceiling`, an example of
//! the crate `server`) has the same listener, TLS and database settings, checks nothing and makes one row durable.
//! Signing out between two bursts is not counted.

use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use harness::{
    nurse::Nurse,
    part::{Part, READY_WITHIN, wait_for},
    program::program,
    server_process::{self, LOG_BY_DEFAULT, ServerProcess},
    workstation::{Answer, Workstation},
};
use tokio::{runtime::Runtime, task::JoinSet};
use uuid::Uuid;

use crate::{effort::Effort, figure::Figure};

/// Workstations that ask at once, each with a person of its own.
const WORKSTATIONS: usize = 64;
const BURSTS: usize = 40;

pub(crate) fn measure(effort: Effort) -> Result<Vec<Figure>> {
    let folder = tempfile::Builder::new().prefix("tw").tempdir_in("/tmp")?;
    let server = ServerProcess::start_new(folder.path(), "", LOG_BY_DEFAULT)?;
    let (_bare, bare_url) = start_bare(&folder.path().join("bare"))?;
    let runtime = Runtime::new()?;
    let _entered = runtime.enter();
    let mut tappers = settle_in(&server, &runtime, effort.times(WORKSTATIONS).max(16))?;
    let authority = fs::read(folder.path().join("bare/authority.pem"))?;
    let bare: Vec<_> = tappers
        .iter()
        .map(|tapper| {
            let mut workstation = Workstation::reaching(bare_url.clone(), &authority);
            workstation.id = tapper.workstation.id;
            Tapper { workstation, badge: tapper.badge.clone() }
        })
        .collect();

    let bursts = effort.repeat(BURSTS, |_| {
        runtime.block_on(async {
            let (sign_ins, answers) = burst(&tappers).await?;
            for (tapper, answer) in tappers.iter_mut().zip(&answers) {
                tapper.workstation.hold(answer);
                let session = answer.body["session_id"].as_str().context("the session's id")?;
                tapper.workstation.sign_out(session).await;
            }
            let (ceiling, _) = burst(&bare).await?;
            Ok((sign_ins, ceiling))
        })
    })?;

    let asked = tappers.len() * bursts.len();
    #[expect(clippy::cast_precision_loss, reason = "some thousands")]
    let a_second = |took: Duration| asked as f64 / took.as_secs_f64();
    let sign_ins = a_second(bursts.iter().map(|(sign_ins, _)| *sign_ins).sum());
    let ceiling = a_second(bursts.iter().map(|(_, ceiling)| *ceiling).sum());
    let cores = std::thread::available_parallelism()?;
    let how =
        format!("{} bursts of {}, {cores} cores, asked from the same machine", bursts.len(), tappers.len());
    Ok(vec![
        Figure::at_least(
            "badge_sign_ins.against_ceiling",
            "ratio",
            sign_ins / ceiling,
            0.5,
            &format!(
                "{how}, against the same requests to the same listener, TLS and database with one durable row each"
            ),
        ),
        Figure::part("badge_sign_ins", "a second", sign_ins, &how),
        Figure::part("badge_sign_ins.ceiling", "a second", ceiling, &how),
    ])
}

/// Somebody at a workstation of her own, within her grace period.
struct Tapper {
    workstation: Workstation,
    badge: String,
}

/// Everybody taps at once; how long it took until all were answered.
async fn burst(tappers: &[Tapper]) -> Result<(Duration, Vec<Answer>)> {
    let start = Instant::now();
    let mut asked = JoinSet::new();
    for (number, tapper) in tappers.iter().enumerate() {
        let (workstation, badge) = (tapper.workstation.clone(), tapper.badge.clone());
        asked.spawn(async move { (number, workstation.tap(Uuid::new_v4(), &badge).await) });
    }
    let mut answers = asked.join_all().await;
    let took = start.elapsed();
    answers.sort_unstable_by_key(|(number, _)| *number);
    let answers: Vec<_> = answers.into_iter().map(|(_, answer)| answer).collect();
    if let Some(other) = answers.iter().find(|answer| answer.status != 201) {
        bail!("a tap was answered with {}: {}", other.status, other.code());
    }
    Ok((took, answers))
}

/// Enrols workstations, people and badges, and begins everybody's grace period.
fn settle_in(server: &ServerProcess, runtime: &Runtime, count: usize) -> Result<Vec<Tapper>> {
    let data = server.data();
    let admin = |arguments: &[&str], input: &str| server_process::admin(&data, arguments, input);
    let code = admin(&["workstation", "code", "--uses", &count.to_string(), "--unit", "ICU-3"], "")?;
    let secret =
        code["code"].as_str().and_then(|code| code.split('-').nth(1)).context("the enrolment code")?;
    let authority = fs::read(data.join("authority.pem"))?;
    let mut tappers = Vec::new();
    for number in 0..count {
        let (name, badge) = (format!("nurse{number}"), format!("04{number:010x}80"));
        let password = format!("correct horse {name} staple");
        let answer = admin(&["user", "add", &name, "--display-name", "Maria O.", "--role", "RN"], &password)?;
        let nurse = Nurse::new(&name, &password, &answer)?;
        admin(&["badge", "enrol", &name], &format!("uid:{badge}"))?;
        let mut workstation = Workstation::reaching(format!("https://{}", server.address()), &authority);
        runtime.block_on(begin_grace(&mut workstation, secret, &nurse))?;
        tappers.push(Tapper { workstation, badge: format!("uid:{badge}") });
    }
    Ok(tappers)
}

async fn begin_grace(workstation: &mut Workstation, secret: &str, nurse: &Nurse) -> Result<()> {
    let enrolled = workstation.enrol(secret).await;
    ensure!(enrolled.status == 201, "a workstation was not enrolled: {}", enrolled.code());
    let asked = workstation.first_factor(Uuid::new_v4(), nurse.name(), nurse.password()).await;
    let challenge = asked.body["challenge_id"].as_str().context("no one-time code was asked")?;
    let opened = workstation.second_factor(Uuid::new_v4(), challenge, &nurse.code()?).await;
    ensure!(opened.status == 201, "a nurse was not signed in: {}", opened.code());
    workstation.hold(&opened);
    workstation.sign_out(opened.body["session_id"].as_str().context("the session's id")?).await;
    Ok(())
}

/// The bare server, and its address.
fn start_bare(folder: &Path) -> Result<(Part, String)> {
    server_process::init(folder)?;
    let part = Part::start("bare", program("examples/bare_ceiling").arg(folder), folder)?;
    let address = wait_for("the bare server's address", READY_WITHIN, || {
        fs::read_to_string(folder.join("listen.addr")).ok().filter(|text| text.ends_with('\n'))
    })
    .with_context(|| part.printed())?;
    Ok((part, format!("https://{}", address.trim())))
}

//! A list that is imported all or none, however long it is, while people sign in.
//!
//! 1. **Planned**: every row is looked at without the writer; one bad row, and that is all.
//! 2. **Set aside**: in bursts, between which others write. What is set aside is nothing yet.
//! 3. **Taken over**: all rows become badges in one transaction that copies them, unless badges were changed since they
//!    were looked at; then it begins anew.
//! 4. **Recorded**: in bursts, one record for each badge, which it is owed since it was taken over.
//!
//! The third holds the one writer as long as it takes, a second or so for 50 000 rows, and nobody signs in meanwhile; a
//! list has at most 200 000.
//!
//! A server that ends in the middle, or whose store fails, leaves nothing half-done: what was set aside is forgotten and
//! the records that are owed are written at its next start, or as soon as the store takes them (`jobs/finish_imports.rs`).

use std::collections::{HashMap, hash_map::Entry};

use protocol::v1::problem::ProblemCode;
use uuid::Uuid;

use super::{BadRow, ImportLine, Imported, row::Row};
use crate::{
    app::App,
    badges::{self, Bound, Wish},
    error::ApiError,
    identity::badge::NumberIndex,
    store::{
        Connection, StoreError,
        badge_imports::{self as imports, Aside, Import},
        badges::{self as rows, Badge, EnrolledBy},
        transact, users,
    },
    trail::{self, About},
};

/// Rows that one transaction takes: some hundredths of a second.
const BURST: usize = 250;
/// How often a list begins anew because badges were changed while it was looked at.
const TRIES_MAX: u32 = 3;

/// What is to be done, and told once it is.
#[derive(Debug, Default)]
pub struct Plan {
    rows: Vec<Aside>,
    told: Imported,
}

/// Imports all lines or none.
///
/// # Errors
/// `server.busy` where badges are changed all the time, and faults of the store: nothing was imported then.
pub async fn import(app: &App, lines: &[ImportLine]) -> Result<Imported, ApiError> {
    for _ in 0..TRIES_MAX {
        let plan = plan(app, lines).await?;
        if !plan.told.bad.is_empty() {
            return Ok(Imported { is_nothing_done: true, bad: plan.told.bad, ..Imported::default() });
        }
        let id = set_aside(app, &plan).await?;
        let is_done = take_over(app, id).await.inspect_err(|_| app.owed_imports.add(id))?;
        if let Err(error) = finish(app, id).await {
            // It is imported, or nothing is: what is left to do is done by the job.
            tracing::error!(%error, "A list of badges could not be finished yet");
            app.owed_imports.add(id);
        }
        if is_done {
            return Ok(plan.told);
        }
    }
    let detail =
        "Badges were changed while the list was looked at, again and again. Nothing was imported; try again.";
    Err(ApiError::new(ProblemCode::ServerBusy).detail(detail))
}

/// Looks at every line as if those before it were imported.
///
/// # Errors
/// [`StoreError`].
pub async fn plan(app: &App, lines: &[ImportLine]) -> Result<Plan, StoreError> {
    let mut planning = Planning { app, people: HashMap::new(), badges: HashMap::new(), live: HashMap::new() };
    let mut told = Imported::default();
    let mut good = 0_usize;
    for burst in lines.chunks(BURST) {
        let mut read = app.store.read().await?;
        for line in burst {
            match planning.line(&mut read, line).await? {
                Ok(bound) => {
                    good += 1;
                    told.kept_cryptographic.extend((bound == Bound::KeptCryptographic).then_some(line.line));
                }
                Err(bad) => told.bad.push(bad),
            }
        }
    }
    let rows: Vec<Aside> = planning.badges.into_values().filter_map(|seen| seen.aside).collect();
    // One badge is one, on however many rows it stands.
    told.imported = u64::try_from(rows.len()).unwrap_or(u64::MAX);
    told.unchanged = u64::try_from(good.saturating_sub(rows.len())).unwrap_or(u64::MAX);
    Ok(Plan { rows, told })
}

/// Sets the rows of a plan aside; where that fails, those that were are forgotten.
///
/// # Errors
/// [`StoreError`].
pub async fn set_aside(app: &App, plan: &Plan) -> Result<Uuid, StoreError> {
    let id = Uuid::new_v4();
    set_aside_under(app, id, plan).await.inspect_err(|_| app.owed_imports.add(id))?;
    Ok(id)
}

async fn set_aside_under(app: &App, id: Uuid, plan: &Plan) -> Result<(), StoreError> {
    transact!(app.store, |write| imports::begin(write, id, app.store.node()).await)?;
    for burst in plan.rows.chunks(BURST) {
        transact!(app.store, |write| {
            for row in burst {
                imports::set_aside(write, id, row).await?;
            }
            Ok::<_, StoreError>(())
        })?;
    }
    Ok(())
}

/// Makes badges of what was set aside; `false`, and it stays aside, where that cannot be any more.
///
/// # Errors
/// [`StoreError`].
pub async fn take_over(app: &App, id: Uuid) -> Result<bool, StoreError> {
    transact!(app.store, |write| imports::accept(write, id, app.clock.now()).await)
}

/// Brings a list that was begun to its end: what was taken over gets its records, what was not is forgotten.
///
/// # Errors
/// [`StoreError`].
async fn finish(app: &App, id: Uuid) -> Result<(), StoreError> {
    while finish_burst(app, id).await? {}
    Ok(())
}

/// Brings a list that was begun one burst nearer to its end; `false` when it is there.
///
/// # Errors
/// [`StoreError`].
pub async fn finish_burst(app: &App, id: Uuid) -> Result<bool, StoreError> {
    transact!(app.store, |write| {
        let Some(Import { accepted_at }) = imports::find(write, id).await? else { return Ok(false) };
        let burst = imports::rows(write, id, i64::try_from(BURST).unwrap_or(i64::MAX)).await?;
        let now = app.clock.now();
        for (number, user_id) in &burst {
            if let Some(at) = accepted_at {
                let user = users::find(write, *user_id).await?;
                let about = About::default().user(user.as_ref());
                trail::administration_late(write, about, "badge.import", (at, now)).await?;
            }
            imports::forget_row(write, id, *number).await?;
        }
        if burst.is_empty() {
            imports::forget(write, id).await?;
        }
        Ok(!burst.is_empty())
    })
}

/// The lists as they would stand after the lines so far.
struct Planning<'a> {
    app: &'a App,
    people: HashMap<String, Option<Uuid>>,
    badges: HashMap<NumberIndex, Seen>,
    live: HashMap<Uuid, usize>,
}

/// A badge on file or on the list.
#[derive(Debug, Clone, Copy)]
struct Seen {
    badge: Option<Badge>,
    aside: Option<Aside>,
}

impl Planning<'_> {
    async fn line(
        &mut self,
        read: &mut Connection,
        line: &ImportLine,
    ) -> Result<Result<Bound, BadRow>, StoreError> {
        let row = match Row::parse(line.text.expose()) {
            Ok(row) => row,
            Err(reason) => return Ok(Err(BadRow::new(line.line, reason))),
        };
        let name = row.name.as_str();
        if !self.people.contains_key(name) {
            let found = users::find_by_name(read, &row.name).await?;
            self.people.insert(name.to_owned(), found.map(|user| user.id));
        }
        let Some(user_id) = self.people.get(name).copied().flatten() else {
            return Ok(Err(BadRow::new(line.line, super::NOBODY)));
        };
        let number = row.number.index(&self.app.keys.index);
        if let Entry::Vacant(unseen) = self.badges.entry(number) {
            let badge = rows::find(read, number).await?;
            unseen.insert(Seen { badge, aside: None });
        }
        if let Entry::Vacant(unseen) = self.live.entry(user_id) {
            unseen.insert(rows::live_of(read, user_id).await?.len());
        }
        let wish = Wish { user_id, number, grade: row.grade, by: EnrolledBy::List };
        let bound = self.bind(wish);
        Ok(BadRow::of(line.line, bound).map_or(Ok(bound), Err))
    }

    fn bind(&mut self, wish: Wish) -> Bound {
        let seen = self.badges.get(&wish.number).copied();
        let known = seen.and_then(|seen| seen.badge);
        let live = self.live.get(&wish.user_id).copied().unwrap_or(0);
        let bound = badges::decided(&wish, known.as_ref(), live);
        if bound == Bound::Anew {
            let badge = badges::anew(&wish, known.as_ref(), self.app.clock.now());
            let is_upgrade =
                seen.and_then(|seen| seen.aside).map_or(known.is_some(), |aside| aside.is_upgrade);
            let Wish { user_id, number, grade, .. } = wish;
            let aside = Aside { number, badge_id: badge.id, user_id, grade, is_upgrade };
            self.badges.insert(number, Seen { badge: Some(badge), aside: Some(aside) });
            if known.is_none() {
                self.live.insert(user_id, live + 1);
            }
        }
        bound
    }
}

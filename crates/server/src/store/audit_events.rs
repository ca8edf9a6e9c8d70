//! The audit record: append-only, read in pages.

use audit::{
    fhir::{self, AuditEvent},
    record::AuditRecord,
};
use jiff::Timestamp;
use uuid::Uuid;

use super::{Connection, Place, Query, Row, StoreError, Value, millis, query, query_scalar, timestamp};

/// When a record came, and by whose proof or out of whose spool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Receipt {
    /// By the server's clock.
    pub received_at: Timestamp,
    /// The workstation whose proof came with it, or in whose recovered spool it waited; `None` for the server's own.
    pub received_from: Option<Uuid>,
}

impl Receipt {
    /// A record the server writes itself.
    #[must_use]
    pub const fn own(received_at: Timestamp) -> Self {
        Self { received_at, received_from: None }
    }
}

/// What became of a record handed to [`insert`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Insertion {
    /// It is stored with the caller's transaction.
    Inserted,
    /// It was stored before, byte for byte.
    Identical,
    /// Another record with its id was stored before and stands.
    Conflict,
}

/// One stored event with its stamp.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredEvent {
    /// Which server took it up, and as its how many-eth.
    pub place: Place,
    /// When and from whom it came.
    pub receipt: Receipt,
    /// FHIR R4 `AuditEvent`, as stored.
    pub event: String,
}

/// What to look for; every part that is given must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Search {
    /// Exactly this event.
    pub id: Option<Uuid>,
    /// Recorded at this instant or later.
    pub from: Option<Timestamp>,
    /// Recorded before this instant.
    pub until: Option<Timestamp>,
    /// About this person.
    pub user_id: Option<Uuid>,
    /// At this workstation.
    pub workstation_id: Option<Uuid>,
}

/// A place in the order in which pages are read: by time of the event, then by receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// Time of the last event of the page before, in milliseconds since 1970.
    pub recorded_at: i64,
    /// Its place in the order of receipt.
    pub place: Place,
}

/// The newest event of each server, in a state of the record.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Through(pub Vec<Place>);

/// One page, oldest event first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The events.
    pub events: Vec<StoredEvent>,
    /// Where the next page begins; `None` on the last one.
    pub next: Option<Cursor>,
}

/// Stores `record` once. Call it within a write transaction.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn insert(
    connection: &mut Connection,
    record: &AuditRecord,
    receipt: Receipt,
) -> Result<Insertion, StoreError> {
    debug_assert_eq!(record.check(), Ok(()), "a record of ours that may not be recorded: {record:?}");
    let event = event_text(record);
    let held: Option<String> = query_scalar("SELECT event FROM audit_events WHERE id = $1")
        .bind(record.id)
        .fetch_optional(&mut *connection)
        .await?;
    match held {
        Some(held) if held == event => return Ok(Insertion::Identical),
        Some(_) => return Ok(Insertion::Conflict),
        None => {}
    }
    let place = connection.take_place()?;
    query(
        "INSERT INTO audit_events (id, chain_id, chain_seq, recorded_at, received_at, received_from, \
         workstation_id, user_id, session_id, event) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(record.id)
    .bind(place.node)
    .bind(place.number)
    .bind(millis(record.recorded_at))
    .bind(millis(receipt.received_at))
    .bind(receipt.received_from)
    .bind(record.workstation.as_ref().map(|workstation| workstation.id))
    .bind(record.user.as_ref().map(|user| user.id))
    .bind(record.session_id)
    .bind(event)
    .execute(connection)
    .await?;
    Ok(Insertion::Inserted)
}

/// The event with this id.
///
/// # Errors
/// [`StoreError`].
pub async fn find(connection: &mut Connection, id: Uuid) -> Result<Option<StoredEvent>, StoreError> {
    query("SELECT recorded_at, chain_id, chain_seq, received_at, received_from, event FROM audit_events WHERE id = $1")
        .bind(id)
        .fetch_optional(connection)
        .await?
        .map(|row| stored(&row).map(|(event, _)| event))
        .transpose()
}

/// The newest event of each server that has taken up any.
///
/// # Errors
/// [`StoreError`].
pub async fn newest(connection: &mut Connection) -> Result<Through, StoreError> {
    let rows = query(
        "SELECT number, COALESCE((SELECT MAX(chain_seq) FROM audit_events WHERE chain_id = nodes.number), 0) AS newest \
         FROM nodes ORDER BY number",
    )
    .fetch_all(connection)
    .await?;
    let places = rows.iter().map(|row| Ok(Place { node: row.get("number")?, number: row.get("newest")? }));
    let mut places = places.collect::<Result<Vec<_>, StoreError>>()?;
    places.retain(|place| place.number > 0);
    Ok(Through(places))
}

/// The how many-eth event of a server is its newest.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub(super) async fn newest_of(connection: &mut Connection, node: i64) -> Result<i64, StoreError> {
    query_scalar("SELECT COALESCE(MAX(chain_seq), 0) FROM audit_events WHERE chain_id = $1")
        .bind(node)
        .fetch_one(connection)
        .await
}

/// At most `count` events after `after`, of those received up to `through`, oldest first.
///
/// # Errors
/// [`StoreError`].
pub async fn search(
    connection: &mut Connection,
    search: &Search,
    after: Option<Cursor>,
    through: &Through,
    count: u32,
) -> Result<Page, StoreError> {
    let mut conditions = Conditions::of(search, through);
    if let Some(after) = after {
        let Place { node, number } = after.place;
        let values = [after.recorded_at.into(), node.into(), number.into()];
        conditions.add("(recorded_at, chain_id, chain_seq) > (?, ?, ?)", values);
    }
    conditions.end("ORDER BY recorded_at, chain_id, chain_seq LIMIT ?", [(i64::from(count) + 1).into()]);
    let rows = conditions
        .query("SELECT recorded_at, chain_id, chain_seq, received_at, received_from, event FROM audit_events")
        .fetch_all(connection)
        .await?;
    let mut found = rows.iter().map(stored).collect::<Result<Vec<_>, _>>()?;
    let has_more = found.len() > usize::try_from(count).unwrap_or(usize::MAX);
    if has_more {
        found.pop();
    }
    let next = found.last().filter(|_| has_more).map(|(_, cursor)| *cursor);
    Ok(Page { events: found.into_iter().map(|(event, _)| event).collect(), next })
}

/// How many events there are, all pages together.
///
/// # Errors
/// [`StoreError`].
pub async fn count(
    connection: &mut Connection,
    search: &Search,
    through: &Through,
) -> Result<u64, StoreError> {
    let row = Conditions::of(search, through)
        .query("SELECT COUNT(*) AS events FROM audit_events")
        .fetch_optional(connection)
        .await?;
    let count: i64 = row.ok_or(StoreError::Corrupt("count"))?.get("events")?;
    u64::try_from(count).map_err(|_| StoreError::Corrupt("count"))
}

/// What follows a `SELECT`, made of fixed texts and bound values.
#[derive(Debug)]
struct Conditions {
    sql: String,
    values: Vec<Value>,
}

impl Conditions {
    fn of(search: &Search, through: &Through) -> Self {
        let mut conditions = Self { sql: String::from(" WHERE (FALSE"), values: Vec::new() };
        // The sign keeps the databases from looking events up by their places, of which this holds for nearly all.
        for place in &through.0 {
            conditions
                .push(" OR (+chain_id = ? AND chain_seq <= ?)", [place.node.into(), place.number.into()]);
        }
        conditions.sql.push(')');
        let parts = [
            ("id = ?", search.id.map(Value::from)),
            ("recorded_at >= ?", search.from.map(|from| millis(from).into())),
            ("recorded_at < ?", search.until.map(|until| millis(until).into())),
            ("user_id = ?", search.user_id.map(Value::from)),
            ("workstation_id = ?", search.workstation_id.map(Value::from)),
        ];
        for (condition, value) in parts {
            if let Some(value) = value {
                conditions.add(condition, [value]);
            }
        }
        conditions
    }

    fn add<const N: usize>(&mut self, condition: &'static str, values: [Value; N]) {
        self.sql.push_str(" AND ");
        self.push(condition, values);
    }

    fn end<const N: usize>(&mut self, end: &'static str, values: [Value; N]) {
        self.sql.push(' ');
        self.push(end, values);
    }

    /// Each `?` becomes the number of its value.
    fn push<const N: usize>(&mut self, text: &'static str, values: [Value; N]) {
        let mut parts = text.split('?');
        self.sql.push_str(parts.next().unwrap_or_default());
        for (value, part) in values.into_iter().zip(parts) {
            self.values.push(value);
            self.sql.push_str(&format!("${}{part}", self.values.len()));
        }
    }

    fn query(self, select: &'static str) -> Query {
        let sql = sqlx::AssertSqlSafe(format!("{select}{}", self.sql));
        self.values.into_iter().fold(query(sql), Query::bind)
    }
}

fn stored(row: &Row) -> Result<(StoredEvent, Cursor), StoreError> {
    let recorded_at: i64 = row.get("recorded_at")?;
    let place = Place { node: row.get("chain_id")?, number: row.get("chain_seq")? };
    let receipt = Receipt {
        received_at: timestamp(row.get("received_at")?)?,
        received_from: row.get("received_from")?,
    };
    let event = StoredEvent { place, receipt, event: row.get("event")? };
    Ok((event, Cursor { recorded_at, place }))
}

/// The one spelling of a record; what is compared and will be chained.
fn event_text(record: &AuditRecord) -> String {
    let json = fhir::to_json(&AuditEvent::from(record));
    String::from_utf8(json).expect("serde_json writes UTF-8")
}

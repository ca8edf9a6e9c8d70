//! One way to speak to either database: a statement, its values, its rows.
//!
//! The SQL is one text for both, with `$1`, `$2` … for values; what differs between the two is in the
//! migrations and in `sqlite.rs` and `postgres.rs`.

use sqlx::{
    Arguments, ColumnIndex, Decode, Encode, IntoArguments, PgConnection, Postgres, Row as _, Sqlite,
    SqliteConnection, Transaction, Type,
    error::BoxDynError,
    pool::PoolConnection,
    postgres::{PgArguments, PgRow},
    sqlite::{SqliteArguments, SqliteRow},
};
use uuid::Uuid;

use super::{
    StoreError,
    places::{Place, Taken},
};

/// A connection to the database, within a transaction or not.
#[derive(Debug)]
pub struct Connection {
    link: Link,
    /// Whether the database broke the transaction off because of another one: it is to be tried again.
    is_overtaken: bool,
    /// Places in the audit record, within a transaction.
    places: Option<Taken>,
}

#[derive(Debug)]
enum Link {
    SqliteRead(PoolConnection<Sqlite>),
    SqliteWrite(Transaction<'static, Sqlite>),
    PostgresRead(PoolConnection<Postgres>),
    PostgresWrite(Transaction<'static, Postgres>),
}

/// A link as one of the two databases takes it.
enum Either<'a> {
    Sqlite(&'a mut SqliteConnection),
    Postgres(&'a mut PgConnection),
}

macro_rules! from_link {
    ($($link:ident: $from:ty),*) => {$(
        impl From<$from> for Connection {
            fn from(link: $from) -> Self {
                Self { link: Link::$link(link), is_overtaken: false, places: None }
            }
        }
    )*};
}

from_link!(
    SqliteRead: PoolConnection<Sqlite>,
    SqliteWrite: Transaction<'static, Sqlite>,
    PostgresRead: PoolConnection<Postgres>,
    PostgresWrite: Transaction<'static, Postgres>
);

impl Connection {
    /// Gives it places in the audit record.
    pub(super) fn with_places(self, places: Taken) -> Self {
        Self { places: Some(places), ..self }
    }

    /// The next place in the audit record.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] outside a transaction.
    pub(super) fn take_place(&mut self) -> Result<Place, StoreError> {
        Ok(self.places.as_mut().ok_or(StoreError::Corrupt("transaction"))?.take())
    }

    /// Makes what was written durable; nothing is to be made so outside a transaction.
    pub(super) async fn commit(mut self) -> Result<(), StoreError> {
        // Also where it fails: a commit whose answer was lost may stand.
        if let Some(places) = &mut self.places {
            places.keep();
        }
        let outcome = match self.link {
            Link::SqliteRead(_) | Link::PostgresRead(_) => Ok(()),
            Link::SqliteWrite(transaction) => transaction.commit().await,
            Link::PostgresWrite(transaction) => transaction.commit().await,
        };
        outcome.map_err(told)
    }

    /// Whether a statement failed because of another transaction, so that all of this one is to be tried again.
    pub(super) const fn is_overtaken(&self) -> bool {
        self.is_overtaken
    }

    fn either(&mut self) -> Either<'_> {
        match &mut self.link {
            Link::SqliteRead(connection) => Either::Sqlite(connection),
            Link::SqliteWrite(transaction) => Either::Sqlite(transaction),
            Link::PostgresRead(connection) => Either::Postgres(connection),
            Link::PostgresWrite(transaction) => Either::Postgres(transaction),
        }
    }

    fn told<T>(&mut self, outcome: Result<T, sqlx::Error>) -> Result<T, StoreError> {
        let outcome = outcome.map_err(told);
        self.is_overtaken |= matches!(outcome, Err(StoreError::Overtaken));
        outcome
    }
}

/// What went wrong. SQLSTATE `serialization_failure` and `deadlock_detected` say that another transaction was in
/// the way.
fn told(error: sqlx::Error) -> StoreError {
    let code = error.as_database_error().and_then(|error| error.code());
    if matches!(code.as_deref(), Some("40001" | "40P01")) { StoreError::Overtaken } else { error.into() }
}

/// A value of a statement. What is absent has a type all the same: PostgreSQL asks for it.
#[derive(Debug, Clone)]
pub enum Value {
    /// `BIGINT`.
    Integer(Option<i64>),
    /// `BOOLEAN`.
    Boolean(Option<bool>),
    /// `TEXT`.
    Text(Option<String>),
    /// `BYTEA`.
    Bytes(Option<Vec<u8>>),
    /// `UUID`.
    Id(Option<Uuid>),
}

macro_rules! into_value {
    ($($variant:ident: $from:ty),*) => {$(
        impl From<$from> for Value {
            fn from(value: $from) -> Self {
                Self::$variant(Some(value.into()))
            }
        }

        impl From<Option<$from>> for Value {
            fn from(value: Option<$from>) -> Self {
                Self::$variant(value.map(Into::into))
            }
        }
    )*};
}

into_value!(
    Integer: i64, Boolean: bool, Id: Uuid,
    Text: String, Text: &str, Text: &String,
    Bytes: Vec<u8>, Bytes: &[u8], Bytes: [u8; 32]
);

impl From<&Vec<u8>> for Value {
    fn from(value: &Vec<u8>) -> Self {
        Self::Bytes(Some(value.clone()))
    }
}

impl From<&Option<String>> for Value {
    fn from(value: &Option<String>) -> Self {
        Self::Text(value.clone())
    }
}

/// What can be read from a column of either database.
pub trait Stored:
    for<'r> Decode<'r, Sqlite> + Type<Sqlite> + for<'r> Decode<'r, Postgres> + Type<Postgres>
{
}

impl<T> Stored for T where
    T: for<'r> Decode<'r, Sqlite> + Type<Sqlite> + for<'r> Decode<'r, Postgres> + Type<Postgres>
{
}

/// What can be bound to a statement of a database.
trait Bindable<DB: sqlx::Database>: for<'q> Encode<'q, DB> + Type<DB> {}

impl<DB: sqlx::Database, T: for<'q> Encode<'q, DB> + Type<DB>> Bindable<DB> for T {}

/// A row of an answer.
#[derive(Debug)]
pub enum Row {
    /// Of SQLite.
    Sqlite(SqliteRow),
    /// Of PostgreSQL.
    Postgres(PgRow),
}

impl Row {
    /// The value of a column.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when there is no such column, or it holds something else.
    pub fn get<T: Stored>(&self, column: &str) -> Result<T, StoreError> {
        Ok(self.at(column)?)
    }

    fn at<T: Stored, I: ColumnIndex<SqliteRow> + ColumnIndex<PgRow>>(
        &self,
        column: I,
    ) -> Result<T, sqlx::Error> {
        match self {
            Self::Sqlite(row) => row.try_get(column),
            Self::Postgres(row) => row.try_get(column),
        }
    }
}

/// A statement and its values.
#[derive(Debug)]
#[must_use = "a statement does nothing until it is executed"]
pub struct Query {
    sql: sqlx::SqlStr,
    values: Vec<Value>,
}

/// A statement with one column in its answer.
#[derive(Debug)]
#[must_use = "a statement does nothing until it is executed"]
pub struct ScalarQuery(Query);

/// A statement.
pub fn query(sql: impl sqlx::SqlSafeStr) -> Query {
    Query { sql: sql.into_sql_str(), values: Vec::new() }
}

/// A statement that asks for one column.
pub fn query_scalar(sql: impl sqlx::SqlSafeStr) -> ScalarQuery {
    ScalarQuery(query(sql))
}

impl Query {
    /// Gives the next of `$1`, `$2` … its value.
    pub fn bind(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self
    }

    /// Runs it; how many rows it wrote.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn execute(self, connection: &mut Connection) -> Result<u64, StoreError> {
        let outcome = match connection.either() {
            Either::Sqlite(link) => {
                self.bound::<SqliteArguments>()?.execute(link).await.map(|done| done.rows_affected())
            }
            Either::Postgres(link) => {
                self.bound::<PgArguments>()?.execute(link).await.map(|done| done.rows_affected())
            }
        };
        connection.told(outcome)
    }

    /// Runs it; all rows of its answer.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn fetch_all(self, connection: &mut Connection) -> Result<Vec<Row>, StoreError> {
        let outcome = match connection.either() {
            Either::Sqlite(link) => {
                let rows = self.bound::<SqliteArguments>()?.fetch_all(link).await;
                rows.map(|rows| rows.into_iter().map(Row::Sqlite).collect())
            }
            Either::Postgres(link) => {
                let rows = self.bound::<PgArguments>()?.fetch_all(link).await;
                rows.map(|rows| rows.into_iter().map(Row::Postgres).collect())
            }
        };
        connection.told(outcome)
    }

    /// Runs it; the first row of its answer, if it has one.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn fetch_optional(self, connection: &mut Connection) -> Result<Option<Row>, StoreError> {
        let outcome = match connection.either() {
            Either::Sqlite(link) => {
                self.bound::<SqliteArguments>()?.fetch_optional(link).await.map(|row| row.map(Row::Sqlite))
            }
            Either::Postgres(link) => {
                self.bound::<PgArguments>()?.fetch_optional(link).await.map(|row| row.map(Row::Postgres))
            }
        };
        connection.told(outcome)
    }

    fn bound<A>(self) -> Result<sqlx::query::Query<'static, A::Database, A>, sqlx::Error>
    where
        A: Arguments + IntoArguments<A::Database>,
        Option<i64>: Bindable<A::Database>,
        Option<bool>: Bindable<A::Database>,
        Option<String>: Bindable<A::Database>,
        Option<Vec<u8>>: Bindable<A::Database>,
        Option<Uuid>: Bindable<A::Database>,
    {
        let mut arguments = A::default();
        let added: Result<(), BoxDynError> = self.values.into_iter().try_for_each(|value| match value {
            Value::Integer(value) => arguments.add(value),
            Value::Boolean(value) => arguments.add(value),
            Value::Text(value) => arguments.add(value),
            Value::Bytes(value) => arguments.add(value),
            Value::Id(value) => arguments.add(value),
        });
        added.map_err(sqlx::Error::Encode)?;
        Ok(sqlx::query_with(self.sql, arguments))
    }
}

impl ScalarQuery {
    /// Gives the next of `$1`, `$2` … its value.
    pub fn bind(self, value: impl Into<Value>) -> Self {
        Self(self.0.bind(value))
    }

    /// The value in the one row of its answer.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], also when there is no row.
    pub async fn fetch_one<T: Stored>(self, connection: &mut Connection) -> Result<T, StoreError> {
        let row = self.0.fetch_optional(connection).await?.ok_or(sqlx::Error::RowNotFound)?;
        Ok(row.at(0)?)
    }

    /// The value in the first row of its answer, if it has one.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn fetch_optional<T: Stored>(
        self,
        connection: &mut Connection,
    ) -> Result<Option<T>, StoreError> {
        Ok(self.0.fetch_optional(connection).await?.map(|row| row.at(0)).transpose()?)
    }

    /// The value in each row of its answer.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn fetch_all<T: Stored>(self, connection: &mut Connection) -> Result<Vec<T>, StoreError> {
        let rows = self.0.fetch_all(connection).await?;
        Ok(rows.iter().map(|row| row.at(0)).collect::<Result<_, _>>()?)
    }
}

//! The servers that keep their rows in one database.

use subtle::ConstantTimeEq as _;
use uuid::Uuid;

use super::{Connection, StoreError, query, query_scalar};

/// Makes a server one of them, if it is not; its number.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn join(connection: &mut Connection, id: Uuid) -> Result<i64, StoreError> {
    query(
        "INSERT INTO nodes (id, number) SELECT $1, COALESCE(MAX(number), 0) + 1 FROM nodes WHERE TRUE \
         ON CONFLICT (id) DO NOTHING",
    )
    .bind(id)
    .execute(connection)
    .await?;
    query_scalar("SELECT number FROM nodes WHERE id = $1").bind(id).fetch_one(connection).await
}

/// Whether a key of this name is that of the servers before; the first server says which it is.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn is_key_of_all(
    connection: &mut Connection,
    name: &str,
    mac: [u8; 32],
) -> Result<bool, StoreError> {
    query("INSERT INTO key_checks (name, mac) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING")
        .bind(name)
        .bind(mac)
        .execute(connection)
        .await?;
    let stored: Vec<u8> =
        query_scalar("SELECT mac FROM key_checks WHERE name = $1").bind(name).fetch_one(connection).await?;
    Ok(bool::from(stored.as_slice().ct_eq(&mac)))
}

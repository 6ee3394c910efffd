//! Locations and bindings: what a restart would otherwise have to learn again by thousands of registrations.

use std::net::SocketAddr;

use control::{
    SavedBinding, SavedLocation,
    clock::UnixMillis,
    directory::{DeviceId, UserId},
    registrar::AccountId,
};
use rusqlite::{Connection, Row, params};
use sip::{ConnectionId, Flow, ListenerId, Transport};

use super::{Store, StoreError, entry::to_json};

/// One thing to remember or to forget. Of several about the same contact or user the last one stands.
#[derive(Debug, Clone)]
pub enum Whereabouts {
    /// A user is registered at the PBX.
    Binding(Box<SavedBinding>),
    /// It is not any more.
    BindingGone(UserId),
    /// A handset is at a base station.
    Location(Box<SavedLocation>),
    /// It is not any more.
    LocationGone(AccountId, String),
}

impl Store {
    /// Locations that are still valid. Stale ones and damaged ones are left out: they cost a registration, not a start.
    ///
    /// # Errors
    /// The database refused.
    pub fn locations(&self, now: UnixMillis) -> Result<Vec<SavedLocation>, StoreError> {
        let sql = "SELECT account_kind, account, contact, transport, listener, remote, connection, path, aor, user_agent,
                       instance, call_id, cseq, since_ms, expires_ms
                   FROM location WHERE expires_ms > ?1 ORDER BY since_ms";
        let mut statement = self.connection.prepare(sql)?;
        let rows = statement.query_map([now.0.cast_signed()], location)?;
        rows.filter_map(Result::transpose).collect::<Result<_, _>>().map_err(StoreError::from)
    }

    /// Bindings that are still valid.
    ///
    /// # Errors
    /// The database refused.
    pub fn bindings(&self, now: UnixMillis) -> Result<Vec<SavedBinding>, StoreError> {
        let sql =
            "SELECT user, contact, registrar, call_id, cseq, expires_ms FROM binding WHERE expires_ms > ?1
                   ORDER BY user";
        let mut statement = self.connection.prepare(sql)?;
        let rows = statement.query_map([now.0.cast_signed()], binding)?;
        rows.filter_map(Result::transpose).collect::<Result<_, _>>().map_err(StoreError::from)
    }
}

pub(super) fn write(transaction: &Connection, news: &Whereabouts) -> Result<(), StoreError> {
    match news {
        Whereabouts::Binding(saved) => {
            let sql = "INSERT OR REPLACE INTO binding (user, contact, registrar, call_id, cseq, expires_ms)
                       VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
            transaction.prepare_cached(sql)?.execute(params![
                saved.user.0.cast_signed(),
                saved.contact,
                saved.registrar.to_string(),
                saved.call_id,
                saved.cseq,
                saved.expires.0.cast_signed(),
            ])?;
        }
        Whereabouts::BindingGone(user) => {
            transaction
                .prepare_cached("DELETE FROM binding WHERE user = ?1")?
                .execute([user.0.cast_signed()])?;
        }
        Whereabouts::Location(saved) => {
            let sql = "INSERT OR REPLACE INTO location (account_kind, account, contact, transport, listener, remote,
                           connection, path, aor, user_agent, instance, call_id, cseq, since_ms, expires_ms)
                       VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)";
            let (kind, account) = account_columns(saved.account);
            transaction.prepare_cached(sql)?.execute(params![
                kind,
                account,
                saved.contact,
                saved.flow.transport.as_str(),
                saved.flow.listener.0,
                saved.flow.remote.to_string(),
                saved.flow.connection.map(|connection| connection.0.cast_signed()),
                to_json(&saved.path),
                saved.aor,
                saved.user_agent,
                saved.instance,
                saved.call_id,
                saved.cseq,
                saved.since.0.cast_signed(),
                saved.expires.0.cast_signed(),
            ])?;
        }
        Whereabouts::LocationGone(account, contact) => {
            let (kind, account) = account_columns(*account);
            let sql = "DELETE FROM location WHERE account_kind = ?1 AND account = ?2 AND contact = ?3";
            transaction.prepare_cached(sql)?.execute(params![kind, account, contact])?;
        }
    }
    Ok(())
}

const fn account_columns(account: AccountId) -> (&'static str, i64) {
    match account {
        AccountId::Device(DeviceId(id)) => ("device", id.cast_signed()),
        AccountId::User(UserId(id)) => ("user", id.cast_signed()),
    }
}

fn location(row: &Row<'_>) -> rusqlite::Result<Option<SavedLocation>> {
    let id = row.get::<_, i64>(1)?.cast_unsigned();
    let account = match row.get_ref(0)?.as_str()? {
        "device" => AccountId::Device(DeviceId(id)),
        "user" => AccountId::User(UserId(id)),
        _ => return Ok(None),
    };
    let flow = Flow {
        transport: match row.get_ref(3)?.as_str()? {
            "TCP" => Transport::Tcp,
            "TLS" => Transport::Tls,
            "UDP" => Transport::Udp,
            _ => return Ok(None),
        },
        listener: ListenerId(row.get(4)?),
        remote: match row.get_ref(5)?.as_str()?.parse::<SocketAddr>() {
            Ok(remote) => remote,
            Err(_) => return Ok(None),
        },
        connection: row.get::<_, Option<i64>>(6)?.map(|number| ConnectionId(number.cast_unsigned())),
    };
    let Ok(path) = serde_json::from_str(row.get_ref(7)?.as_str()?) else { return Ok(None) };
    Ok(Some(SavedLocation {
        account,
        contact: row.get(2)?,
        flow,
        path,
        aor: row.get(8)?,
        user_agent: row.get(9)?,
        instance: row.get(10)?,
        call_id: row.get(11)?,
        cseq: row.get(12)?,
        since: UnixMillis(row.get::<_, i64>(13)?.cast_unsigned()),
        expires: UnixMillis(row.get::<_, i64>(14)?.cast_unsigned()),
    }))
}

fn binding(row: &Row<'_>) -> rusqlite::Result<Option<SavedBinding>> {
    let Ok(registrar) = row.get_ref(2)?.as_str()?.parse::<SocketAddr>() else { return Ok(None) };
    Ok(Some(SavedBinding {
        user: UserId(row.get::<_, i64>(0)?.cast_unsigned()),
        call_id: row.get(3)?,
        cseq: row.get(4)?,
        contact: row.get(1)?,
        registrar,
        expires: UnixMillis(row.get::<_, i64>(5)?.cast_unsigned()),
    }))
}

//! The directory in tables: changes in by the same rule that the directory in memory follows, changes out at start.

use control::directory::{
    Change, CodeChange, DeviceId, DeviceParts, Directory, Edit, Equipment, PinChange, PinHash, Relation,
    Secret, Stamp, UserId, UserParts,
};
use rusqlite::{Connection, Row, params};

use super::{
    Store, StoreError,
    entry::{DEVICE, DEVICE_DELETED, Entry, Secrets, USER, USER_DELETED, place, to_json},
};
use crate::secret::SealingKey;

impl Store {
    /// The directory as it stands.
    ///
    /// # Errors
    /// The database refused or a row is damaged: better no start than one with half the users.
    pub fn directory(&self) -> Result<Directory, StoreError> {
        let mut directory = Directory::new(self.site);
        self.load(&mut |change| directory.apply(&change))?;
        Ok(directory)
    }

    /// The same as changes, for whoever keeps the directory.
    ///
    /// # Errors
    /// As [`Self::directory`].
    pub fn changes(&self) -> Result<Vec<Change>, StoreError> {
        let mut changes = Vec::new();
        self.load(&mut |change| changes.push(change))?;
        Ok(changes)
    }

    fn load(&self, take: &mut dyn FnMut(Change)) -> Result<(), StoreError> {
        load_users(&self.connection, &self.key, take)?;
        load_devices(&self.connection, &self.key, take)?;
        load_relations(&self.connection, take)?;
        load_tombstones(&self.connection, take)
    }

    /// The changes that the journal holds after its entry number `after`, with their numbers, `limit` at most: what another
    /// site is sent.
    ///
    /// # Errors
    /// The database refused or a row is damaged.
    pub fn journal(&self, after: i64, limit: usize) -> Result<Vec<(i64, Change)>, StoreError> {
        let sql = "SELECT seq, at, kind, id, body, sealed FROM journal WHERE seq > ?1 ORDER BY seq LIMIT ?2";
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query(params![after, i64::try_from(limit).unwrap_or(i64::MAX)])?;
        let mut changes = Vec::new();
        while let Some(row) = rows.next()? {
            let seq: i64 = row.get(0)?;
            let damaged = || StoreError::Corrupt { table: "journal", id: seq };
            let at = stamp(row, 1)?.ok_or_else(damaged)?;
            let kind: String = row.get(2)?;
            let body: String = row.get(4)?;
            let sealed: Option<Vec<u8>> = row.get(5)?;
            let change = Entry::change(at, &kind, id(row, 3)?, &body, sealed.as_deref(), &self.key);
            changes.push((seq, change.ok_or_else(damaged)?));
        }
        Ok(changes)
    }
}

/// Writes changes into journal and tables. A change that the journal has already is left out.
pub(super) fn write(
    transaction: &Connection,
    key: &SealingKey,
    changes: &[Change],
) -> Result<(), StoreError> {
    for change in changes {
        let entry = Entry::of(change, key);
        let sql = "INSERT OR IGNORE INTO journal (at, kind, id, body, sealed) VALUES (?1, ?2, ?3, ?4, ?5)";
        let new = transaction.prepare_cached(sql)?.execute(params![
            entry.at.to_octets(),
            entry.kind,
            sql_id(entry.id),
            entry.body,
            entry.sealed
        ])?;
        if new == 0 {
            continue;
        }
        match &change.edit {
            Edit::User(id, parts) => write_user(transaction, key, *id, change.at, parts)?,
            Edit::UserDeleted(id) => {
                transaction.prepare_cached("DELETE FROM user WHERE id = ?1")?.execute([sql_id(id.0)])?;
                bury(transaction, USER, id.0, change.at)?;
            }
            Edit::Device(id, parts) => write_device(transaction, key, *id, change.at, parts)?,
            Edit::DeviceDeleted(id) => {
                transaction.prepare_cached("DELETE FROM device WHERE id = ?1")?.execute([sql_id(id.0)])?;
                transaction
                    .prepare_cached("DELETE FROM relation WHERE device = ?1")?
                    .execute([sql_id(id.0)])?;
                bury(transaction, DEVICE, id.0, change.at)?;
            }
        }
    }
    Ok(())
}

/// Of each part the newer stamp wins; a missing part has no stamp, and a comparison with nothing is never true.
fn write_user(
    transaction: &Connection,
    key: &SealingKey,
    id: UserId,
    at: Stamp,
    parts: &UserParts,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO user (id, profile, profile_at, auth_name, passwords_sealed, account_at, pin_sealed, pin_at,
                   services, services_at)
               SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10
               WHERE NOT EXISTS (SELECT 1 FROM tombstone WHERE kind = 'user' AND id = ?1)
               ON CONFLICT (id) DO UPDATE SET
                   profile = iif(excluded.profile_at > ifnull(profile_at, x''), excluded.profile, profile),
                   profile_at = iif(excluded.profile_at > ifnull(profile_at, x''), excluded.profile_at, profile_at),
                   auth_name = iif(excluded.account_at > ifnull(account_at, x''), excluded.auth_name, auth_name),
                   passwords_sealed =
                       iif(excluded.account_at > ifnull(account_at, x''), excluded.passwords_sealed, passwords_sealed),
                   account_at = iif(excluded.account_at > ifnull(account_at, x''), excluded.account_at, account_at),
                   pin_sealed = iif(excluded.pin_at > ifnull(pin_at, x''), excluded.pin_sealed, pin_sealed),
                   pin_at = iif(excluded.pin_at > ifnull(pin_at, x''), excluded.pin_at, pin_at),
                   services = iif(excluded.services_at > ifnull(services_at, x''), excluded.services, services),
                   services_at =
                       iif(excluded.services_at > ifnull(services_at, x''), excluded.services_at, services_at)";
    let octets = at.to_octets();
    let stamp_if = |set: bool| set.then_some(octets.as_slice());
    let passwords = parts.account.as_ref().and_then(Secrets::of_account);
    let pin = match &parts.pin {
        Some(PinChange::Set(hash)) => Some(key.seal(&place("user.pin", id.0, at), &hash.to_octets())),
        _ => None,
    };
    transaction.prepare_cached(sql)?.execute(params![
        sql_id(id.0),
        parts.profile.as_ref().map(|profile| to_json(&**profile)),
        stamp_if(parts.profile.is_some()),
        parts.account.as_ref().map(|account| &*account.auth_name),
        passwords.map(|secrets| key.seal(&place("user.passwords", id.0, at), &secrets.to_octets())),
        stamp_if(parts.account.is_some()),
        pin,
        stamp_if(parts.pin.is_some()),
        parts.services.as_ref().map(to_json),
        stamp_if(parts.services.is_some()),
    ])?;
    Ok(())
}

fn write_device(
    transaction: &Connection,
    key: &SealingKey,
    id: DeviceId,
    at: Stamp,
    parts: &DeviceParts,
) -> Result<(), StoreError> {
    let octets = at.to_octets();
    if parts.equipment.is_some() || parts.auth_code.is_some() {
        let sql = "INSERT INTO device (id, ipei, details, equipment_at, auth_code_sealed, auth_code_at)
                   SELECT ?1, ?2, ?3, ?4, ?5, ?6
                   WHERE NOT EXISTS (SELECT 1 FROM tombstone WHERE kind = 'device' AND id = ?1)
                   ON CONFLICT (id) DO UPDATE SET
                       ipei = iif(excluded.equipment_at > ifnull(equipment_at, x''), excluded.ipei, ipei),
                       details = iif(excluded.equipment_at > ifnull(equipment_at, x''), excluded.details, details),
                       equipment_at =
                           iif(excluded.equipment_at > ifnull(equipment_at, x''), excluded.equipment_at, equipment_at),
                       auth_code_sealed = iif(excluded.auth_code_at > ifnull(auth_code_at, x''),
                           excluded.auth_code_sealed, auth_code_sealed),
                       auth_code_at =
                           iif(excluded.auth_code_at > ifnull(auth_code_at, x''), excluded.auth_code_at, auth_code_at)";
        let code = match &parts.auth_code {
            Some(CodeChange::Set(code)) => {
                Some(key.seal(&place("device.auth_code", id.0, at), code.expose().as_bytes()))
            }
            _ => None,
        };
        transaction.prepare_cached(sql)?.execute(params![
            sql_id(id.0),
            parts.equipment.as_ref().map(|equipment| equipment.ipei.compact()),
            parts.equipment.as_ref().map(|equipment| to_json(&equipment.details)),
            parts.equipment.as_ref().map(|_| octets.as_slice()),
            code,
            parts.auth_code.as_ref().map(|_| octets.as_slice()),
        ])?;
    }
    if let Some(relation) = parts.relation {
        let sql = "INSERT INTO relation (device, kind, user, at)
                   SELECT ?1, ?2, ?3, ?4
                   WHERE NOT EXISTS (SELECT 1 FROM tombstone WHERE kind = 'device' AND id = ?1)
                   ON CONFLICT (device) DO UPDATE SET kind = excluded.kind, user = excluded.user, at = excluded.at
                   WHERE excluded.at > relation.at";
        let kind = match relation {
            Relation::Dynamic(_) => "dynamic",
            Relation::Fixed(_) => "fixed",
            Relation::Unbound => "unbound",
        };
        let user = relation.user().map(|user| sql_id(user.0));
        transaction.prepare_cached(sql)?.execute(params![sql_id(id.0), kind, user, octets])?;
    }
    Ok(())
}

fn bury(transaction: &Connection, kind: &str, id: u64, at: Stamp) -> Result<(), StoreError> {
    let sql = "INSERT INTO tombstone (kind, id, at) VALUES (?1, ?2, ?3)
               ON CONFLICT (kind, id) DO UPDATE SET at = max(at, excluded.at)";
    transaction.prepare_cached(sql)?.execute(params![kind, sql_id(id), at.to_octets()])?;
    Ok(())
}

fn load_users(
    connection: &Connection,
    key: &SealingKey,
    take: &mut dyn FnMut(Change),
) -> Result<(), StoreError> {
    let sql = "SELECT id, profile, profile_at, auth_name, passwords_sealed, account_at, pin_sealed, pin_at, services,
                   services_at FROM user";
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let id = UserId(id(row, 0)?);
        let damaged = || StoreError::Corrupt { table: "user", id: sql_id(id.0) };
        let mut part = |at, parts| take(Change { at, edit: Edit::User(id, parts) });
        if let Some(at) = stamp(row, 2)? {
            let profile = serde_json::from_str(row.get_ref(1)?.as_str().map_err(|_| damaged())?);
            let profile = Some(Box::new(profile.map_err(|_| damaged())?));
            part(at, UserParts { profile, ..UserParts::default() });
        }
        if let Some(at) = stamp(row, 5)? {
            let secrets = match opened(row, 4, key, &place("user.passwords", id.0, at), &damaged)? {
                Some(octets) => Secrets::from_octets(&octets).ok_or_else(damaged)?,
                None => Secrets::default(),
            };
            let account = Some(secrets.account(row.get(3)?));
            part(at, UserParts { account, ..UserParts::default() });
        }
        if let Some(at) = stamp(row, 7)? {
            let pin = match opened(row, 6, key, &place("user.pin", id.0, at), &damaged)? {
                Some(octets) => PinChange::Set(PinHash::from_octets(&octets).ok_or_else(damaged)?),
                None => PinChange::Cleared,
            };
            part(at, UserParts { pin: Some(pin), ..UserParts::default() });
        }
        if let Some(at) = stamp(row, 9)? {
            let services = serde_json::from_str(row.get_ref(8)?.as_str().map_err(|_| damaged())?);
            let services = Some(services.map_err(|_| damaged())?);
            part(at, UserParts { services, ..UserParts::default() });
        }
    }
    Ok(())
}

fn load_devices(
    connection: &Connection,
    key: &SealingKey,
    take: &mut dyn FnMut(Change),
) -> Result<(), StoreError> {
    let sql = "SELECT id, ipei, details, equipment_at, auth_code_sealed, auth_code_at FROM device";
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let id = DeviceId(id(row, 0)?);
        let damaged = || StoreError::Corrupt { table: "device", id: sql_id(id.0) };
        let mut part = |at, parts| take(Change { at, edit: Edit::Device(id, parts) });
        if let Some(at) = stamp(row, 3)? {
            let ipei =
                row.get_ref(1)?.as_str().ok().and_then(|text| text.parse().ok()).ok_or_else(damaged)?;
            let details = serde_json::from_str(row.get_ref(2)?.as_str().map_err(|_| damaged())?);
            let equipment = Some(Equipment { ipei, details: details.map_err(|_| damaged())? });
            part(at, DeviceParts { equipment, ..DeviceParts::default() });
        }
        if let Some(at) = stamp(row, 5)? {
            let code = match opened(row, 4, key, &place("device.auth_code", id.0, at), &damaged)? {
                Some(octets) => {
                    CodeChange::Set(Secret::new(std::str::from_utf8(&octets).map_err(|_| damaged())?))
                }
                None => CodeChange::Cleared,
            };
            part(at, DeviceParts { auth_code: Some(code), ..DeviceParts::default() });
        }
    }
    Ok(())
}

fn load_relations(connection: &Connection, take: &mut dyn FnMut(Change)) -> Result<(), StoreError> {
    let mut statement = connection.prepare("SELECT device, kind, user, at FROM relation")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let device = DeviceId(id(row, 0)?);
        let damaged = || StoreError::Corrupt { table: "relation", id: sql_id(device.0) };
        let user: Option<i64> = row.get(2)?;
        let user = user.map(|user| UserId(user.cast_unsigned()));
        let relation = match (row.get_ref(1)?.as_str().unwrap_or_default(), user) {
            ("dynamic", Some(user)) => Relation::Dynamic(user),
            ("fixed", Some(user)) => Relation::Fixed(user),
            ("unbound", None) => Relation::Unbound,
            _ => return Err(damaged()),
        };
        let at = stamp(row, 3)?.ok_or_else(damaged)?;
        let parts = DeviceParts { relation: Some(relation), ..DeviceParts::default() };
        take(Change { at, edit: Edit::Device(device, parts) });
    }
    Ok(())
}

fn load_tombstones(connection: &Connection, take: &mut dyn FnMut(Change)) -> Result<(), StoreError> {
    let mut statement = connection.prepare("SELECT kind, id, at FROM tombstone")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let id = id(row, 1)?;
        let damaged = || StoreError::Corrupt { table: "tombstone", id: sql_id(id) };
        let at = stamp(row, 2)?.ok_or_else(damaged)?;
        let edit = match row.get_ref(0)?.as_str().unwrap_or_default() {
            USER | USER_DELETED => Edit::UserDeleted(UserId(id)),
            DEVICE | DEVICE_DELETED => Edit::DeviceDeleted(DeviceId(id)),
            _ => return Err(damaged()),
        };
        take(Change { at, edit });
    }
    Ok(())
}

/// A column that holds a stamp or nothing.
fn stamp(row: &Row<'_>, column: usize) -> Result<Option<Stamp>, StoreError> {
    let Some(octets) = row.get_ref(column)?.as_blob_or_null().map_err(rusqlite::Error::from)? else {
        return Ok(None);
    };
    let damaged = || StoreError::Corrupt { table: "stamps", id: row.get(0).unwrap_or_default() };
    Stamp::from_octets(octets).map(Some).ok_or_else(damaged)
}

fn opened(
    row: &Row<'_>,
    column: usize,
    key: &SealingKey,
    place: &[u8],
    damaged: &dyn Fn() -> StoreError,
) -> Result<Option<zeroize::Zeroizing<Vec<u8>>>, StoreError> {
    match row.get_ref(column)?.as_blob_or_null().map_err(rusqlite::Error::from)? {
        Some(sealed) => key.open(place, sealed).map(Some).map_err(|_| damaged()),
        None => Ok(None),
    }
}

fn id(row: &Row<'_>, column: usize) -> Result<u64, StoreError> {
    Ok(row.get::<_, i64>(column)?.cast_unsigned())
}

/// Ids have 63 bits.
fn sql_id(id: u64) -> i64 {
    id.cast_signed()
}

//! What happened: who changed what (audit) and which calls there were.

use control::{
    call::{CallRecord, Direction},
    clock::UnixMillis,
};
use rusqlite::{Connection, params};

use super::{Store, StoreError};

/// An act of an administrator or of the gateway itself. Holds no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// When.
    pub at: UnixMillis,
    /// Who: an account, `cli`, or `system`.
    pub actor: String,
    /// What, as a word of the admin API.
    pub action: String,
    /// To what.
    pub subject: String,
    /// In which way.
    pub detail: String,
}

/// A call that is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallRow {
    /// Name of the call in logs.
    pub call: String,
    /// The user that took part.
    pub user: u64,
    /// `in` or `out`, seen from the handset.
    pub direction: String,
    /// The other party.
    pub peer: String,
    /// When the INVITE arrived.
    pub started: UnixMillis,
    /// When it was answered.
    pub answered: Option<UnixMillis>,
    /// When it ended.
    pub ended: UnixMillis,
    /// Final SIP status, 200 for an answered call.
    pub status: u16,
    /// Media figures as JSON.
    pub media: String,
}

impl From<&CallRecord> for CallRow {
    fn from(record: &CallRecord) -> Self {
        let direction = match record.direction {
            Direction::FromHandset => "out",
            Direction::FromPbx => "in",
        };
        let media: Vec<_> = record
            .legs
            .iter()
            .map(|leg| {
                serde_json::json!({
                    "received": leg.received_packets,
                    "sent": leg.sent_packets,
                    "lost": leg.lost_packets,
                    "dropped": leg.dropped_packets,
                    "jitter_us": leg.jitter_us,
                    "round_trip_us": leg.round_trip_us,
                    "receiving": leg.receiving.map(|codec| format!("{codec:?}")),
                    "sending": leg.sending.map(|codec| format!("{codec:?}")),
                })
            })
            .collect();
        Self {
            call: format!("{:016x}", record.call.0),
            user: record.user.0,
            direction: direction.into(),
            peer: record.peer.clone(),
            started: record.started,
            answered: record.answered,
            ended: record.ended,
            status: record.status.0,
            media: serde_json::Value::Array(media).to_string(),
        }
    }
}

impl Store {
    /// Writes one entry of the audit trail.
    ///
    /// # Errors
    /// The database refused.
    pub fn write_audit(&self, entry: &AuditEntry) -> Result<(), StoreError> {
        write_audit(&self.connection, entry)
    }

    /// The newest audit entries, newest first.
    ///
    /// # Errors
    /// The database refused.
    pub fn audit(&self, limit: u32) -> Result<Vec<AuditEntry>, StoreError> {
        let sql = "SELECT at_ms, actor, action, subject, detail FROM audit ORDER BY seq DESC LIMIT ?1";
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows = statement.query_map([limit], |row| {
            Ok(AuditEntry {
                at: millis(row.get(0)?),
                actor: row.get(1)?,
                action: row.get(2)?,
                subject: row.get(3)?,
                detail: row.get(4)?,
            })
        })?;
        rows.collect::<Result<_, _>>().map_err(StoreError::from)
    }

    /// The newest call records, newest first.
    ///
    /// # Errors
    /// The database refused.
    pub fn call_records(&self, limit: u32) -> Result<Vec<CallRow>, StoreError> {
        let sql = "SELECT call, user, direction, peer, started_ms, answered_ms, ended_ms, status, media
                   FROM call_record ORDER BY seq DESC LIMIT ?1";
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows = statement.query_map([limit], |row| {
            Ok(CallRow {
                call: row.get(0)?,
                user: row.get::<_, i64>(1)?.cast_unsigned(),
                direction: row.get(2)?,
                peer: row.get(3)?,
                started: millis(row.get(4)?),
                answered: row.get::<_, Option<i64>>(5)?.map(millis),
                ended: millis(row.get(6)?),
                status: row.get(7)?,
                media: row.get(8)?,
            })
        })?;
        rows.collect::<Result<_, _>>().map_err(StoreError::from)
    }
}

pub(super) fn write_audit(transaction: &Connection, entry: &AuditEntry) -> Result<(), StoreError> {
    let sql = "INSERT INTO audit (at_ms, actor, action, subject, detail) VALUES (?1, ?2, ?3, ?4, ?5)";
    let AuditEntry { at, actor, action, subject, detail } = entry;
    transaction.prepare_cached(sql)?.execute(params![at.0.cast_signed(), actor, action, subject, detail])?;
    Ok(())
}

pub(super) fn write_call(transaction: &Connection, call: &CallRow) -> Result<(), StoreError> {
    let sql = "INSERT INTO call_record (call, user, direction, peer, started_ms, answered_ms, ended_ms, status, media)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    transaction.prepare_cached(sql)?.execute(params![
        call.call,
        call.user.cast_signed(),
        call.direction,
        call.peer,
        call.started.0.cast_signed(),
        call.answered.map(|at| at.0.cast_signed()),
        call.ended.0.cast_signed(),
        call.status,
        call.media,
    ])?;
    Ok(())
}

fn millis(stored: i64) -> UnixMillis {
    UnixMillis(stored.cast_unsigned())
}

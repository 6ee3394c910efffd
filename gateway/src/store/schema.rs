//! The tables, version by version. A version once released is never edited; what changes comes as the next one.

use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::StoreError;

/// Brings a database to the newest version, each step in a transaction of its own.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    loop {
        let transaction = Transaction::new(connection, TransactionBehavior::Immediate)?;
        let version: u32 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
        let known = MIGRATIONS.len();
        match usize::try_from(version).ok().and_then(|version| MIGRATIONS.get(version)) {
            Some(step) => {
                transaction.execute_batch(step)?;
                transaction.pragma_update(None, "user_version", version + 1)?;
                transaction.commit()?;
            }
            None if usize::try_from(version) == Ok(known) => return Ok(()),
            None => return Err(StoreError::TooNew { found: version, known }),
        }
    }
}

/// Stamps (`at`, `*_at`) are the big-endian octets of a hybrid logical timestamp and compare as blobs do. Moments
/// (`*_ms`) are milliseconds since the Unix epoch. `*_sealed` is encrypted; nothing else holds a secret.
pub(super) const MIGRATIONS: [&str; 3] = [
    // 1: the directory and its journal.
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;
     CREATE TABLE journal (
         seq INTEGER PRIMARY KEY,
         at BLOB NOT NULL UNIQUE,
         kind TEXT NOT NULL,
         id INTEGER NOT NULL,
         body TEXT NOT NULL,
         sealed BLOB
     ) STRICT;
     CREATE TABLE user (
         id INTEGER PRIMARY KEY,
         number TEXT GENERATED ALWAYS AS (json_extract(profile, '$.number')) VIRTUAL,
         long_name TEXT GENERATED ALWAYS AS (json_extract(profile, '$.long_name')) VIRTUAL,
         profile TEXT, profile_at BLOB,
         auth_name TEXT, passwords_sealed BLOB, account_at BLOB,
         pin_sealed BLOB, pin_at BLOB,
         services TEXT, services_at BLOB
     ) STRICT;
     CREATE TABLE device (
         id INTEGER PRIMARY KEY,
         ipei TEXT, details TEXT, equipment_at BLOB,
         auth_code_sealed BLOB, auth_code_at BLOB
     ) STRICT;
     CREATE TABLE relation (
         device INTEGER PRIMARY KEY, kind TEXT NOT NULL, user INTEGER, at BLOB NOT NULL
     ) STRICT;
     CREATE TABLE tombstone (
         kind TEXT NOT NULL, id INTEGER NOT NULL, at BLOB NOT NULL, PRIMARY KEY (kind, id)
     ) STRICT, WITHOUT ROWID;",
    // 2: what a restart need not learn again.
    "CREATE TABLE location (
         account_kind TEXT NOT NULL, account INTEGER NOT NULL, contact TEXT NOT NULL,
         transport TEXT NOT NULL, listener INTEGER NOT NULL, remote TEXT NOT NULL, connection INTEGER,
         path TEXT NOT NULL, aor TEXT NOT NULL, user_agent TEXT NOT NULL, instance TEXT,
         call_id TEXT NOT NULL, cseq INTEGER NOT NULL,
         since_ms INTEGER NOT NULL, expires_ms INTEGER NOT NULL,
         PRIMARY KEY (account_kind, account, contact)
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE binding (
         user INTEGER PRIMARY KEY,
         contact TEXT NOT NULL, registrar TEXT NOT NULL,
         call_id TEXT NOT NULL, cseq INTEGER NOT NULL,
         expires_ms INTEGER NOT NULL
     ) STRICT;",
    // 3: what happened.
    "CREATE TABLE audit (
         seq INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL,
         actor TEXT NOT NULL, action TEXT NOT NULL, subject TEXT NOT NULL, detail TEXT NOT NULL
     ) STRICT;
     CREATE TABLE call_record (
         seq INTEGER PRIMARY KEY,
         call TEXT NOT NULL, user INTEGER NOT NULL, direction TEXT NOT NULL, peer TEXT NOT NULL,
         started_ms INTEGER NOT NULL, answered_ms INTEGER, ended_ms INTEGER NOT NULL,
         status INTEGER NOT NULL, media TEXT NOT NULL
     ) STRICT;
     CREATE INDEX call_record_started ON call_record (started_ms);",
];

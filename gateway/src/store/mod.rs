//! What survives a restart: SQLite with a journal of changes, the directory as it stands, locations and bindings, audit
//! and call records.
//!
//! Owns one database file, its key file and its lock file; one process has it open at a time. Never called on the control
//! thread: at start it is read, then handed to the [`Writer`] thread.
//!
//! # What is safe against what
//! A batch of changes is one savepoint of one transaction, written with `synchronous=FULL` (WAL): all of it is there after
//! a power failure, or none. Locations and bindings are written with `synchronous=NORMAL`: all of them survive the death of
//! the process; a power failure may lose the last ones, which costs a registration each and no more.

mod directory;
mod entry;
mod error;
mod record;
mod schema;
mod whereabouts;
mod writer;

use std::{
    fs,
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use control::directory::{Change, SiteId};
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior};

pub use self::{
    error::StoreError,
    record::{AuditEntry, CallRow},
    whereabouts::Whereabouts,
    writer::{Ack, Job, NotTaken, Ticket, Writer, WriterHandle},
};
use crate::secret::SealingKey;

/// Where the store is and under which key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreSettings {
    /// The database file.
    pub path: PathBuf,
    /// The key file; made at the first start.
    pub key_path: PathBuf,
    /// The site that numbers new records.
    pub site: SiteId,
}

/// An open database.
#[derive(Debug)]
pub struct Store {
    connection: Connection,
    key: SealingKey,
    site: SiteId,
    /// Held for as long as the database is open.
    _lock: fs::File,
}

impl Store {
    /// Opens a database, makes it when there is none, and brings it to the newest version.
    ///
    /// # Errors
    /// Another process has it, a file cannot be opened, the key is another one, or a newer program wrote it.
    pub fn open(settings: &StoreSettings) -> Result<Self, StoreError> {
        let lock = lock(&settings.path)?;
        let key = SealingKey::from_file(&settings.key_path).map_err(StoreError::Key)?;
        // SQLite gives its side files the mode of the database.
        private(&settings.path)?;
        let mut connection = Connection::open(&settings.path)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        connection.pragma_update(None, "trusted_schema", false)?;
        connection.set_prepared_statement_cache_capacity(64);
        set_durability(&connection, Durability::Full)?;
        schema::migrate(&mut connection)?;
        let mut store = Self { connection, key, site: settings.site, _lock: lock };
        store.check_key()?;
        Ok(store)
    }

    /// Writes changes, all or none, journal and tables alike. They are on the disk when this returns.
    ///
    /// # Errors
    /// The database refused; nothing is written then.
    pub fn write(&mut self, changes: &[Change]) -> Result<(), StoreError> {
        set_durability(&self.connection, Durability::Full)?;
        let transaction = Transaction::new(&mut self.connection, TransactionBehavior::Immediate)?;
        directory::write(&transaction, &self.key, changes)?;
        transaction.commit()?;
        Ok(())
    }

    /// The sealed constant shows whether this is the key that the database was made with.
    fn check_key(&mut self) -> Result<(), StoreError> {
        const PLACE: &[u8] = b"meta key_check";
        let known: Option<Vec<u8>> = self
            .connection
            .query_row("SELECT value FROM meta WHERE key = 'key_check'", [], |row| row.get(0))
            .optional()?;
        match known {
            Some(sealed) => self.key.open(PLACE, &sealed).map(|_| ()).map_err(|_| StoreError::WrongKey),
            None => {
                let sealed = self.key.seal(PLACE, b"dectgate");
                self.connection.execute("INSERT INTO meta VALUES ('key_check', ?1)", [sealed])?;
                Ok(())
            }
        }
    }
}

/// How soon a commit must be on the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Durability {
    /// Before it returns.
    Full,
    /// With the next checkpoint; the death of the process alone loses nothing.
    Process,
}

fn set_durability(connection: &Connection, durability: Durability) -> Result<(), StoreError> {
    let value = match durability {
        Durability::Full => "FULL",
        Durability::Process => "NORMAL",
    };
    connection.pragma_update(None, "synchronous", value)?;
    Ok(())
}

fn lock(database: &Path) -> Result<fs::File, StoreError> {
    let path = beside(database, ".lock");
    let file = |error| StoreError::File { path: path.clone(), error };
    let mut options = fs::OpenOptions::new();
    let mut lock = options.create(true).truncate(false).write(true).mode(0o600).open(&path).map_err(file)?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(fs::TryLockError::WouldBlock) => return Err(StoreError::InUse(database.to_path_buf())),
        Err(fs::TryLockError::Error(error)) => return Err(file(error)),
    }
    // For people who look for the process; the lock itself is the kernel's.
    lock.set_len(0).and_then(|()| writeln!(lock, "{}", std::process::id())).map_err(file)?;
    Ok(lock)
}

fn private(path: &Path) -> Result<(), StoreError> {
    let mut options = fs::OpenOptions::new();
    options.create(true).append(true).mode(0o600);
    options.open(path).map(|_| ()).map_err(|error| StoreError::File { path: path.to_path_buf(), error })
}

/// The path with `suffix` after its last component.
fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

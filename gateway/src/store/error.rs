//! What can go wrong with the store, by whose fault it is.

use std::{fmt, io, path::PathBuf};

use crate::secret::SecretError;

/// Why the store cannot do what it should.
#[derive(Debug)]
pub enum StoreError {
    /// A row cannot be what we wrote: the table and the number of the row.
    Corrupt {
        /// Table.
        table: &'static str,
        /// Row.
        id: i64,
    },
    /// The database refused.
    Database(rusqlite::Error),
    /// A file cannot be opened or made.
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// Another process has the database open.
    InUse(PathBuf),
    /// The key cannot be used.
    Key(SecretError),
    /// A newer version wrote this database.
    TooNew {
        /// Its version.
        found: u32,
        /// The newest that this version knows.
        known: usize,
    },
    /// The database was made with another key.
    WrongKey,
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Corrupt { table, id } => write!(f, "row {id} of table {table} is damaged"),
            Self::Database(_) => f.write_str("the database refused"),
            Self::File { path, .. } => write!(f, "cannot open {}", path.display()),
            Self::InUse(path) => write!(f, "another process uses {}", path.display()),
            Self::Key(_) => f.write_str("the key of the database cannot be used"),
            Self::TooNew { found, known } => {
                write!(f, "the database has version {found}, this program knows versions up to {known}")
            }
            Self::WrongKey => f.write_str("the database was made with another key"),
        }
    }
}

impl std::error::Error for StoreError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Database(error) => Some(error),
            Self::File { error, .. } => Some(error),
            Self::Key(error) => Some(error),
            _ => None,
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Database(error)
    }
}

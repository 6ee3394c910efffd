//! Typed views of header values. Each is parsed when asked for, borrows from the message and allocates nothing.
//!
//! Views are tolerant where a reader loses nothing by it (white space, empty parameters); what a server must refuse
//! is decided by [`crate::message::validate()`].

pub mod contact;
pub mod cseq;
pub mod list;
pub mod media_type;
pub mod name_addr;
pub mod params;
pub mod valued;
pub mod via;

use std::fmt;

pub use self::contact::{Contact, QValue};
pub use self::cseq::{CSeq, RAck};
pub use self::list::List;
pub use self::media_type::MediaType;
pub use self::name_addr::NameAddr;
pub use self::params::{Param, Params};
pub use self::valued::Valued;
pub use self::via::Via;
use crate::name::Name;
use crate::syntax::Malformed;

/// Why a typed view of a header cannot be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeaderError {
    /// The header asked for.
    pub name: Name,
    /// What is wrong with it.
    pub fault: Fault,
}

/// What is wrong with a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It is there but cannot be read.
    Malformed(Malformed),
    /// It is not there.
    Missing,
}

impl HeaderError {
    pub(crate) const fn missing(name: Name) -> Self {
        Self { name, fault: Fault::Missing }
    }

    pub(crate) fn malformed(name: Name) -> impl Fn(Malformed) -> Self {
        move |malformed| Self { name, fault: Fault::Malformed(malformed) }
    }
}

impl fmt::Display for HeaderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.fault {
            Fault::Malformed(malformed) => write!(f, "Malformed {}: {malformed}", self.name),
            Fault::Missing => write!(f, "Missing {}", self.name),
        }
    }
}

impl std::error::Error for HeaderError {}

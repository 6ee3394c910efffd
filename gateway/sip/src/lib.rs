//! RFC 3261 family: message, transaction, dialog, digest. Bytes in, events out.

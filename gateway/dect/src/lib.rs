//! The DECT domain: identities, base stations, subscription windows, quirks.

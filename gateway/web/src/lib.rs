//! The operator's pages, embedded in the binary.

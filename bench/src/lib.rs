//! Measurements, each a binary with one closing line of key=value.

//! CSV, to come.

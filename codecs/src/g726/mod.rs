//! G.726.
pub mod tables;

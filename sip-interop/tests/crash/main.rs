//! kill -9: what was answered is there after it, and nothing is half there.

mod calls;
mod import;

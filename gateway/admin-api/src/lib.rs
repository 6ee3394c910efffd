//! Admin commands, views and roles as serde types.

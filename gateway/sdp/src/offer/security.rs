//! Choosing the key exchange.

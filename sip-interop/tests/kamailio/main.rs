//! Kamailio as registrar and proxy.

mod calls;
mod registrations;

//! Answering an offer (RFC 3264 6, 8).

use crate::offer::agreed::Agreed;
use crate::offer::capabilities::Capabilities;
use crate::offer::memory::Memory;
use crate::offer::refusal::Refusal;
use crate::session::Session;

/// Answers an offer: the description to send and what it agrees on.
pub fn answer(
    memory: &mut Memory,
    offer: &Session,
    capabilities: &Capabilities,
) -> Result<(Session, Agreed), Refusal> {
    let _ = (memory, offer, capabilities);
    Err(Refusal::NoAudio)
}

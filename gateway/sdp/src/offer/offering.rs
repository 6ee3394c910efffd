//! Making an offer and completing it with the peer's answer (RFC 3264 5, 7, 8).

use crate::offer::agreed::Agreed;
use crate::offer::capabilities::Capabilities;
use crate::offer::memory::Memory;
use crate::offer::refusal::Refusal;
use crate::session::Session;

/// An offer that waits for its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// The description to send.
    pub session: Session,
    capabilities: Capabilities,
}

impl Offer {
    /// Writes an offer.
    pub fn build(memory: &mut Memory, capabilities: &Capabilities) -> Self {
        let _ = memory;
        let session = Session::new(crate::session::Origin::absent());
        Self { session, capabilities: capabilities.clone() }
    }

    /// Reads the answer. May be called for several answers of several dialogs, each with its own memory.
    pub fn complete(&self, memory: &mut Memory, answer: &Session) -> Result<Agreed, Refusal> {
        let _ = (memory, answer, &self.capabilities);
        Err(Refusal::NoAudio)
    }
}

//! Placeholder until the message half lands.

/// A SIP message.
#[derive(Debug, Clone)]
pub struct Message<B = bytes::Bytes> {
    octets: B,
}

impl<B> Message<B> {
    /// The octets.
    pub fn octets(&self) -> &B {
        &self.octets
    }
}

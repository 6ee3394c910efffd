//! `[qos]`: precedence in the network.

use super::reader::Section;

/// Precedence in the network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QosConfig {
    /// ToS octet of SIP.
    pub signalling_tos: u8,
    /// ToS octet of RTP and RTCP.
    pub media_tos: u8,
}

impl Default for QosConfig {
    fn default() -> Self {
        Self {
            // NET-02: DSCP 26, assured forwarding.
            signalling_tos: 0x68,
            // NET-01: DSCP 46, expedited forwarding.
            media_tos: 0xb8,
        }
    }
}

impl QosConfig {
    pub(super) fn read(&mut self, section: &mut Section<'_, '_>) {
        section.number("signalling_tos", &mut self.signalling_tos, 0..=255);
        section.number("media_tos", &mut self.media_tos, 0..=255);
    }
}

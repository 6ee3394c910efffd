//! Faults that the media plane can raise, with the codes that runbooks know.

/// A media fault of one leg.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MediaFault {
    /// SRTP packets whose tag is wrong.
    Authentication,
    /// More than 3 % of the packets of 10 s were lost.
    ExcessiveLoss,
    /// No RTP packet from the remote side on a connected call.
    NoMedia,
    /// SRTCP packets whose tag is wrong.
    ReportAuthentication,
    /// Packets carry a payload type that was not agreed.
    WrongPayloadType,
}

impl MediaFault {
    /// The fault code as the incumbent's documentation numbers it.
    #[must_use]
    pub const fn code(self) -> u32 {
        match self {
            Self::NoMedia => 0x0005_0001,
            Self::ExcessiveLoss => 0x0005_0002,
            Self::WrongPayloadType => 0x0005_0003,
            Self::Authentication => 0x0005_0005,
            Self::ReportAuthentication => 0x0005_0006,
        }
    }
}

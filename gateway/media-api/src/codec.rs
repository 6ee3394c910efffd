//! Names of audio codecs as both sides of the seam mean them.

/// An audio codec with the parameters that change its bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Codec {
    /// G.722 at 64 kbit/s; RTP clock 8000 although the samples are 16 kHz (RFC 3551 4.5.2).
    G722,
    /// G.726 (RFC 3551 4.5.4).
    G726(G726Rate, G726Packing),
    /// G.729 Annex A, with or without the silence compression of Annex B (RFC 3551 4.5.6).
    G729(AnnexB),
    /// Opus (RFC 7587), RTP clock 48000.
    Opus,
    /// G.711 A-law.
    Pcma,
    /// G.711 mu-law.
    Pcmu,
}

/// Bit rate of G.726.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum G726Rate {
    /// 16 kbit/s.
    Kbit16,
    /// 24 kbit/s.
    Kbit24,
    /// 32 kbit/s.
    Kbit32,
    /// 40 kbit/s.
    Kbit40,
}

/// Order of the G.726 code words in an octet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum G726Packing {
    /// Most significant first, as in ATM AAL2 (I.366.2), names `AAL2-G726-*`.
    Aal2,
    /// Least significant first (RFC 3551 4.5.4).
    Rfc3551,
}

/// Whether G.729 Annex B frames may be sent (`annexb`, RFC 4856 2.1.9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AnnexB {
    /// Active frames only.
    No,
    /// Silence is described by SID frames.
    Yes,
}

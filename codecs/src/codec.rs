//! The codec table: every codec the gateway can name, with the facts SDP and RTP need of it.
//!
//! A codec in the table is not yet a codec on offer: see [`CodecId::is_offered`]. Payload formats:
//! RFC 3551 4.5 (G.711, G.722, G.726, G.729), RFC 7587 (Opus), RFC 4867 (AMR-WB).

use crate::error::CodecError;

/// A codec with the parameters that change its bit stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CodecId {
    /// AMR wideband, G.722.2. Payload format present, coder not yet.
    AmrWb,
    /// G.722 at 64 kbit/s, the only mode RTP carries (RFC 3551 4.5.2).
    G722,
    /// G.726 ADPCM.
    G726 {
        /// Bit rate.
        rate: G726Rate,
        /// Order of codewords within an octet.
        packing: G726Packing,
    },
    /// G.729 Annex A, with or without the silence compression of Annex B.
    G729 {
        /// `annexb=yes`: the encoder may send SID frames and nothing. The decoder understands both always.
        annex_b: bool,
    },
    /// Opus, one channel.
    Opus {
        /// PCM rate at our side; the RTP clock is 48 kHz whatever it is.
        rate: OpusRate,
        /// In-band forward error correction (`useinbandfec=1`).
        fec: bool,
        /// Discontinuous transmission (`usedtx=1`).
        dtx: bool,
    },
    /// G.711 A-law.
    Pcma,
    /// G.711 mu-law.
    Pcmu,
}

/// Bit rate of G.726.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum G726Rate {
    /// 16 kbit/s, 2 bits a sample.
    R16,
    /// 24 kbit/s, 3 bits a sample.
    R24,
    /// 32 kbit/s, 4 bits a sample: what DECT carries over the air.
    R32,
    /// 40 kbit/s, 5 bits a sample.
    R40,
}

/// Order of the G.726 codewords in an octet; the reason one name must never be mistaken for the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum G726Packing {
    /// `AAL2-G726-*`: first codeword in the most significant bits (I.366.2 Annex E, RFC 3551 4.5.4).
    Aal2,
    /// `G726-*`: first codeword in the least significant bits (RFC 3551 4.5.4).
    Rfc3551,
}

/// PCM rate an Opus coder runs at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum OpusRate {
    /// 16,000 Hz.
    Hz16000,
    /// 48,000 Hz.
    Hz48000,
    /// 8,000 Hz.
    Hz8000,
}

/// What SDP, RTP and the jitter buffer need to know of a codec.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Name in `a=rtpmap`.
    pub encoding_name: &'static str,
    /// Channels written in `a=rtpmap` (Opus says 2 whatever is sent, RFC 7587 7); audio here is always mono.
    pub rtpmap_channels: u8,
    /// RTP timestamp clock, Hz. 8,000 for G.722 although it samples at 16,000 (RFC 3551 4.5.2).
    pub rtp_clock_hz: u32,
    /// PCM sampling rate of encoder and decoder, Hz.
    pub sample_rate_hz: u32,
    /// Static payload type of RFC 3551 table 4, if there is one.
    pub static_payload_type: Option<u8>,
    /// Length of one codec frame, ms; a ptime must be a multiple. 1 for the codecs that work sample by sample.
    pub frame_ms: u8,
    /// Packet time used when nobody asks for another.
    pub default_ptime_ms: u8,
}

impl CodecId {
    /// The facts of this codec.
    #[must_use]
    pub const fn facts(self) -> Facts {
        let (encoding_name, rtp_clock_hz, sample_rate_hz, static_payload_type) = match self {
            Self::AmrWb => ("AMR-WB", 16_000, 16_000, None),
            Self::G722 => ("G722", 8_000, 16_000, Some(9)),
            // Payload type 2 was G721/G726-32 in RFC 1890 and is reserved since: dynamic only.
            Self::G726 { rate, packing } => (g726_name(rate, packing), 8_000, 8_000, None),
            Self::G729 { .. } => ("G729", 8_000, 8_000, Some(18)),
            Self::Opus { rate, .. } => ("opus", 48_000, rate.hz(), None),
            Self::Pcma => ("PCMA", 8_000, 8_000, Some(8)),
            Self::Pcmu => ("PCMU", 8_000, 8_000, Some(0)),
        };
        Facts {
            encoding_name,
            rtpmap_channels: if matches!(self, Self::Opus { .. }) { 2 } else { 1 },
            rtp_clock_hz,
            sample_rate_hz,
            static_payload_type,
            frame_ms: match self {
                Self::AmrWb => 20,
                Self::G729 { .. } | Self::Opus { .. } => 10,
                Self::G722 | Self::G726 { .. } | Self::Pcma | Self::Pcmu => 1,
            },
            default_ptime_ms: 20,
        }
    }

    /// Name in `a=rtpmap`.
    #[must_use]
    pub const fn encoding_name(self) -> &'static str {
        self.facts().encoding_name
    }

    /// RTP timestamp clock, Hz.
    #[must_use]
    pub const fn rtp_clock_hz(self) -> u32 {
        self.facts().rtp_clock_hz
    }

    /// PCM sampling rate, Hz.
    #[must_use]
    pub const fn sample_rate_hz(self) -> u32 {
        self.facts().sample_rate_hz
    }

    /// Static RTP payload type, if RFC 3551 assigns one.
    #[must_use]
    pub const fn static_payload_type(self) -> Option<u8> {
        self.facts().static_payload_type
    }

    /// PCM samples in `ms` milliseconds at this codec's sample rate.
    #[must_use]
    pub const fn samples_per(self, ms: u32) -> usize {
        (self.sample_rate_hz() / 1000 * ms) as usize
    }

    /// Whether a packet of `ptime_ms` can be made of whole frames of this codec.
    #[must_use]
    pub const fn fits_ptime(self, ptime_ms: u32) -> bool {
        match self {
            // RFC 7587 4.2: durations of one Opus packet.
            Self::Opus { .. } => matches!(ptime_ms, 10 | 20 | 40 | 60),
            _ => {
                ptime_ms > 0
                    && ptime_ms <= crate::codec::LONGEST_PTIME_MS
                    && ptime_ms.is_multiple_of(self.facts().frame_ms as u32)
            }
        }
    }

    /// Upper bound of the payload bytes of a packet of `ptime_ms`.
    #[must_use]
    pub const fn payload_bound(self, ptime_ms: u32) -> usize {
        match self {
            // RFC 4867 4.3: CMR, a table of contents octet and 60 octets (23.85 kbit/s) per frame.
            Self::AmrWb => 1 + ptime_ms.div_ceil(20) as usize * 61,
            Self::G729 { .. } => ptime_ms.div_ceil(10) as usize * 10,
            Self::Opus { .. } => crate::opus::LARGEST_PACKET,
            _ => self.octets_for(self.samples_per(ptime_ms)),
        }
    }

    /// PCM samples a payload stands for, without decoding it.
    ///
    /// # Errors
    /// [`CodecError::PayloadSize`] or [`CodecError::Malformed`] when no frame layout fits the payload.
    pub fn samples_in(self, payload: &[u8]) -> Result<usize, CodecError> {
        if payload.is_empty() {
            return Err(CodecError::PayloadSize);
        }
        match self {
            Self::Pcma | Self::Pcmu => Ok(payload.len()),
            Self::G722 => Ok(payload.len() * 2),
            Self::G726 { rate, .. } => {
                let bits = payload.len() * 8;
                let per_sample = rate.bits_per_sample();
                // RFC 3551 4.5.4: a whole number of codewords fills a whole number of octets.
                if bits.is_multiple_of(per_sample) {
                    Ok(bits / per_sample)
                } else {
                    Err(CodecError::PayloadSize)
                }
            }
            Self::G729 { .. } => match (payload.len() / 10, payload.len() % 10) {
                (frames, 0) => Ok(frames * 80),
                // RFC 3551 4.5.6: a 2-octet comfort noise frame may only be the last one.
                (frames, 2) => Ok((frames + 1) * 80),
                _ => Err(CodecError::PayloadSize),
            },
            Self::AmrWb => crate::amrwb::samples_in(payload),
            Self::Opus { rate, .. } => crate::opus::samples_in(payload, rate),
        }
    }

    /// Whether an encoder and a decoder can be made on this machine. Opus can once [`crate::opus::load`] has found
    /// its library.
    #[must_use]
    pub fn is_offered(self) -> bool {
        match self {
            Self::AmrWb => false,
            Self::G722 | Self::G726 { .. } | Self::G729 { .. } | Self::Pcma | Self::Pcmu => true,
            Self::Opus { .. } => crate::opus::is_loaded(),
        }
    }

    /// Whether so many samples are a packet an encoder takes.
    pub(crate) fn takes(self, samples: usize) -> bool {
        match self {
            Self::Opus { rate, .. } => {
                let ten_ms = rate.hz() as usize / 100;
                samples.is_multiple_of(ten_ms) && matches!(samples / ten_ms, 1 | 2 | 4 | 6)
            }
            _ => samples > 0 && samples.is_multiple_of(self.granule()),
        }
    }

    /// Samples from which a whole number of octets results; an encoder takes multiples of it only.
    pub(crate) const fn granule(self) -> usize {
        match self {
            Self::AmrWb => 320,
            Self::G722 => 2,
            Self::G726 { rate, .. } => match rate {
                G726Rate::R16 => 4,
                G726Rate::R32 => 2,
                G726Rate::R24 | G726Rate::R40 => 8,
            },
            Self::G729 { .. } => 80,
            Self::Opus { rate, .. } => (rate.hz() / 100) as usize,
            Self::Pcma | Self::Pcmu => 1,
        }
    }

    /// Octets of so many samples, for the codecs of constant rate.
    pub(crate) const fn octets_for(self, samples: usize) -> usize {
        match self {
            Self::G722 => samples / 2,
            Self::G729 { .. } => samples / 8,
            Self::Opus { .. } => crate::opus::LARGEST_PACKET,
            Self::G726 { rate, .. } => samples * rate.bits_per_sample() / 8,
            _ => samples,
        }
    }
}

impl G726Rate {
    /// Bits of one codeword.
    #[must_use]
    pub const fn bits_per_sample(self) -> usize {
        match self {
            Self::R16 => 2,
            Self::R24 => 3,
            Self::R32 => 4,
            Self::R40 => 5,
        }
    }
}

impl OpusRate {
    /// The rate in Hz.
    #[must_use]
    pub const fn hz(self) -> u32 {
        match self {
            Self::Hz16000 => 16_000,
            Self::Hz48000 => 48_000,
            Self::Hz8000 => 8_000,
        }
    }
}

/// Longest packet the gateway makes or takes, ms (RFC 3551 4.2 recommends decoders to accept 200 ms).
pub(crate) const LONGEST_PTIME_MS: u32 = 200;

const fn g726_name(rate: G726Rate, packing: G726Packing) -> &'static str {
    match (packing, rate) {
        (G726Packing::Aal2, G726Rate::R16) => "AAL2-G726-16",
        (G726Packing::Aal2, G726Rate::R24) => "AAL2-G726-24",
        (G726Packing::Aal2, G726Rate::R32) => "AAL2-G726-32",
        (G726Packing::Aal2, G726Rate::R40) => "AAL2-G726-40",
        (G726Packing::Rfc3551, G726Rate::R16) => "G726-16",
        (G726Packing::Rfc3551, G726Rate::R24) => "G726-24",
        (G726Packing::Rfc3551, G726Rate::R32) => "G726-32",
        (G726Packing::Rfc3551, G726Rate::R40) => "G726-40",
    }
}

//! AMR-WB (G.722.2) on RTP: the payload format of RFC 4867, octet-aligned and bandwidth-efficient.
//!
//! This is the format only; there is no coder yet. Interleaving, frame CRCs and robust sorting are not done: they are
//! optional, must be negotiated (RFC 4867 8.2), and no base station or PBX offers them.

use crate::error::CodecError;

/// Layout of a payload (RFC 4867 4.3 and 4.4), negotiated by `octet-align`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Layout {
    /// `octet-align=0`, the default: header, table of contents and frames follow each other bit by bit.
    BandwidthEfficient,
    /// `octet-align=1`: each of them fills up its last octet.
    OctetAligned,
}

/// What a frame holds (TS 26.201 table 1a).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FrameType {
    /// Nothing: the sender is silent.
    NoData,
    /// Comfort noise parameters.
    Sid,
    /// Speech in a mode 0 (6.60 kbit/s) to 8 (23.85 kbit/s).
    Speech(Mode),
    /// A frame that the sender lost.
    SpeechLost,
}

/// A bit rate of AMR-WB.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Mode(u8);

/// One frame of 20 ms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    /// What it is.
    pub frame_type: FrameType,
    /// Q: not damaged on the way to the sender.
    pub is_good: bool,
    /// Its bits in RTP order, most significant bit of the first octet first; the rest is zero.
    octets: [u8; LONGEST_FRAME],
}

/// A parsed payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payload {
    /// CMR: the mode the peer asks us to send; `None` when it does not care (15).
    pub mode_request: Option<Mode>,
    frames: [Frame; MOST_FRAMES],
    count: usize,
}

/// Octets of the longest frame: 477 bits at 23.85 kbit/s.
pub const LONGEST_FRAME: usize = 60;

/// Frames of one packet that are taken: 240 ms.
pub const MOST_FRAMES: usize = 12;

impl Mode {
    /// A mode by its number, 0 to 8.
    #[must_use]
    pub const fn new(number: u8) -> Option<Self> {
        if number <= 8 { Some(Self(number)) } else { None }
    }

    /// Its number.
    #[must_use]
    pub const fn number(self) -> u8 {
        self.0
    }

    /// Bit rate, bit/s.
    #[must_use]
    pub const fn bit_rate(self) -> u32 {
        BITS[self.0 as usize] as u32 * 50
    }
}

impl FrameType {
    /// Bits of a frame of this type.
    #[must_use]
    pub const fn bits(self) -> usize {
        match self {
            Self::NoData | Self::SpeechLost => 0,
            Self::Sid => 40,
            Self::Speech(mode) => BITS[mode.0 as usize] as usize,
        }
    }

    const fn code(self) -> u8 {
        match self {
            Self::NoData => 15,
            Self::Sid => 9,
            Self::Speech(mode) => mode.0,
            Self::SpeechLost => 14,
        }
    }

    const fn from_code(code: u8) -> Option<Self> {
        match code {
            0..=8 => Some(Self::Speech(Mode(code))),
            9 => Some(Self::Sid),
            14 => Some(Self::SpeechLost),
            15 => Some(Self::NoData),
            _ => None,
        }
    }
}

impl Frame {
    /// A frame of the given bits; `None` when `octets` are too few for the type.
    #[must_use]
    pub fn new(frame_type: FrameType, is_good: bool, octets: &[u8]) -> Option<Self> {
        let bits = frame_type.bits();
        let given = octets.get(..bits.div_ceil(8))?;
        let mut frame = Self { frame_type, is_good, octets: [0; LONGEST_FRAME] };
        frame.octets[..given.len()].copy_from_slice(given);
        if !bits.is_multiple_of(8) {
            frame.octets[bits / 8] &= 0xFF << (8 - bits % 8);
        }
        Some(frame)
    }

    /// A frame without bits.
    #[must_use]
    pub const fn no_data() -> Self {
        Self { frame_type: FrameType::NoData, is_good: true, octets: [0; LONGEST_FRAME] }
    }

    /// Its bits, filled up with zeros to whole octets.
    #[must_use]
    pub fn octets(&self) -> &[u8] {
        &self.octets[..self.frame_type.bits().div_ceil(8)]
    }
}

impl Payload {
    /// Reads a payload.
    ///
    /// # Errors
    /// [`CodecError::PayloadSize`] when it ends too soon or holds more than [`MOST_FRAMES`] frames,
    /// [`CodecError::Malformed`] for a reserved frame type or mode request.
    pub fn parse(payload: &[u8], layout: Layout) -> Result<Self, CodecError> {
        let mut reader = Reader { octets: payload, at: 0, layout };
        let request = reader.take(4)? as u8;
        reader.align();
        let mode_request = match request {
            15 => None,
            // RFC 4867 4.3.1: a request for a mode that does not exist must be ignored; so is it here.
            number => Mode::new(number),
        };
        let mut parsed = Self { mode_request, frames: [Frame::no_data(); MOST_FRAMES], count: 0 };
        let mut more = true;
        while more {
            more = reader.take(1)? == 1;
            let code = reader.take(4)? as u8;
            let is_good = reader.take(1)? == 1;
            reader.align();
            // RFC 4867 4.3.2: a packet with a reserved frame type is discarded whole.
            let frame_type = FrameType::from_code(code).ok_or(CodecError::Malformed)?;
            let frame = parsed.frames.get_mut(parsed.count).ok_or(CodecError::PayloadSize)?;
            *frame = Frame { frame_type, is_good, octets: [0; LONGEST_FRAME] };
            parsed.count += 1;
        }
        for frame in &mut parsed.frames[..parsed.count] {
            let bits = frame.frame_type.bits();
            for (octet, start) in frame.octets.iter_mut().zip((0..bits).step_by(8)) {
                let count = (bits - start).min(8);
                *octet = (reader.take(count)? << (8 - count)) as u8;
            }
            reader.align();
        }
        Ok(parsed)
    }

    /// The frames, oldest first, 20 ms each.
    #[must_use]
    pub fn frames(&self) -> &[Frame] {
        &self.frames[..self.count]
    }
}

/// Writes a payload and returns its length.
///
/// # Errors
/// [`CodecError::FrameSize`] for no frame or more than [`MOST_FRAMES`], [`CodecError::OutputTooSmall`].
pub fn write(
    mode_request: Option<Mode>,
    frames: &[Frame],
    layout: Layout,
    out: &mut [u8],
) -> Result<usize, CodecError> {
    if frames.is_empty() || frames.len() > MOST_FRAMES {
        return Err(CodecError::FrameSize);
    }
    let needed = length(frames, layout);
    let out = out.get_mut(..needed).ok_or(CodecError::OutputTooSmall { needed })?;
    out.fill(0);
    let mut writer = Writer { octets: out, at: 0, layout };
    writer.put(mode_request.map_or(15, Mode::number), 4);
    writer.align();
    for (n, frame) in frames.iter().enumerate() {
        writer.put(u8::from(n + 1 < frames.len()), 1);
        writer.put(frame.frame_type.code(), 4);
        writer.put(u8::from(frame.is_good), 1);
        writer.align();
    }
    for frame in frames {
        let bits = frame.frame_type.bits();
        for (octet, start) in frame.octets.iter().zip((0..bits).step_by(8)) {
            let count = (bits - start).min(8);
            writer.put(octet >> (8 - count), count);
        }
        writer.align();
    }
    Ok(needed)
}

/// 20 ms frames in a payload times 320: samples at 16 kHz.
pub(crate) fn samples_in(payload: &[u8]) -> Result<usize, CodecError> {
    // Without the layout at hand the default one is assumed (RFC 4867 8.1).
    Ok(Payload::parse(payload, Layout::BandwidthEfficient)?.count * 320)
}

fn length(frames: &[Frame], layout: Layout) -> usize {
    let bits = frames.iter().map(|frame| frame.frame_type.bits());
    match layout {
        Layout::BandwidthEfficient => (4 + 6 * frames.len() + bits.sum::<usize>()).div_ceil(8),
        Layout::OctetAligned => 1 + frames.len() + bits.map(|bits| bits.div_ceil(8)).sum::<usize>(),
    }
}

struct Reader<'a> {
    octets: &'a [u8],
    /// Bits read.
    at: usize,
    layout: Layout,
}

impl Reader<'_> {
    /// At most 8 bits.
    fn take(&mut self, count: usize) -> Result<u16, CodecError> {
        let last = (self.at + count - 1) / 8;
        if last >= self.octets.len() {
            return Err(CodecError::PayloadSize);
        }
        let two = u16::from(self.octets[self.at / 8]) << 8 | u16::from(self.octets[last]);
        let two = if last == self.at / 8 { two & 0xFF00 } else { two };
        let value = (two << (self.at % 8)) >> (16 - count);
        self.at += count;
        Ok(value)
    }

    fn align(&mut self) {
        if self.layout == Layout::OctetAligned {
            self.at = self.at.next_multiple_of(8);
        }
    }
}

struct Writer<'a> {
    /// Zeros, of the right length.
    octets: &'a mut [u8],
    at: usize,
    layout: Layout,
}

impl Writer<'_> {
    /// At most 8 bits.
    fn put(&mut self, value: u8, count: usize) {
        let two = u16::from(value) << (16 - count) >> (self.at % 8);
        let [first, second] = two.to_be_bytes();
        self.octets[self.at / 8] |= first;
        if second != 0 {
            self.octets[self.at / 8 + 1] |= second;
        }
        self.at += count;
    }

    fn align(&mut self) {
        if self.layout == Layout::OctetAligned {
            self.at = self.at.next_multiple_of(8);
        }
    }
}

/// Speech bits per frame by mode (TS 26.201 table 2).
const BITS: [u16; 9] = [132, 177, 253, 285, 317, 365, 397, 461, 477];

//! The file format of the ITU conformance sequences: 16-bit words, one per bit.

use super::bits::{SID_BYTES, SPEECH_BYTES};
use super::{Decoder, FRAME, Frame};

/// Words of the longest serial frame.
pub const SERIAL_WORDS: usize = 82;

const SYNC: u16 = 0x6b21;
const ZERO: u16 = 0x007f;
const ONE: u16 = 0x0081;

/// Reads the frame at the start of `words` and says how many of them it took; none at the end, or where the size
/// is not one a frame can have.
///
/// A frame is erased when a bit word is 0, or, having no bits, when the sync word is not the right one.
pub fn read(words: &[u16]) -> Option<(Frame, usize)> {
    let (&[sync, size], rest) = words.split_first_chunk()?;
    let bits = rest.get(..usize::from(size))?;
    let erased = bits.contains(&0) || (size == 0 && sync != SYNC);
    let frame = match size {
        _ if erased => Frame::Erased,
        80 => Frame::Speech(pack(bits)),
        15 | 16 => Frame::Sid(pack(bits)),
        0 => Frame::Untransmitted,
        _ => return None,
    };
    Some((frame, 2 + bits.len()))
}

fn pack<const N: usize>(bits: &[u16]) -> [u8; N] {
    let mut bytes = [0; N];
    for (k, &bit) in bits.iter().enumerate() {
        bytes[k / 8] |= u8::from(bit == ONE) << (7 - k % 8);
    }
    bytes
}

/// Writes what the encoder sent (10, 2 or 0 bytes) as a serial frame and returns its length. SID frames have 16
/// bits as in the Annex B sequences.
pub fn write(sent: &[u8], out: &mut [u16; SERIAL_WORDS]) -> usize {
    debug_assert!([0, SID_BYTES, SPEECH_BYTES].contains(&sent.len()));
    let sent = &sent[..sent.len().min(SPEECH_BYTES)];
    out[0] = SYNC;
    out[1] = 8 * sent.len() as u16;
    for (k, word) in out[2..2 + 8 * sent.len()].iter_mut().enumerate() {
        *word = if sent[k / 8] << (k % 8) & 0x80 != 0 { ONE } else { ZERO };
    }
    2 + 8 * sent.len()
}

/// Decodes a serial file up to the first word that begins no complete frame, and says how many words that were.
pub fn decode(words: &[u16], mut each: impl FnMut(&[i16; FRAME])) -> usize {
    let mut decoder = Decoder::new();
    let mut pcm = [0; FRAME];
    let mut rest = words;
    while let Some((frame, used)) = read(rest) {
        decoder.decode(frame, &mut pcm);
        each(&pcm);
        rest = &rest[used..];
    }
    words.len() - rest.len()
}

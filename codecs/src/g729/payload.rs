//! RTP payloads (RFC 3551 4.5.6): speech frames one after the other, then at most one descriptor.

use super::Frame;
use super::bits::{SID_BYTES, SPEECH_BYTES};

/// The frames of a payload, oldest first.
#[derive(Clone, Debug)]
pub struct Frames<'a> {
    rest: &'a [u8],
}

/// Splits a payload. None when no sequence of frames has that length: nothing in such a payload can be trusted,
/// and the caller treats the packet as lost.
///
/// An empty payload holds no frame; the pause it may stand for is the receiver's clock's business.
pub fn split(payload: &[u8]) -> Option<Frames<'_>> {
    matches!(payload.len() % SPEECH_BYTES, 0 | SID_BYTES).then_some(Frames { rest: payload })
}

impl Iterator for Frames<'_> {
    type Item = Frame;

    fn next(&mut self) -> Option<Frame> {
        if let Some((&speech, rest)) = self.rest.split_first_chunk() {
            self.rest = rest;
            return Some(Frame::Speech(speech));
        }
        let sid = self.rest.first_chunk().copied().map(Frame::Sid);
        self.rest = &[];
        sid
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let frames = self.rest.len().div_ceil(SPEECH_BYTES);
        (frames, Some(frames))
    }
}

impl ExactSizeIterator for Frames<'_> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_that_are_frames_are_split_and_others_refused() {
        for length in 0..200 {
            let payload: Vec<u8> = (0..length).map(|n| n as u8).collect();
            let Some(frames) = split(&payload) else {
                assert!(!matches!(length % 10, 0 | 2), "{length}");
                continue;
            };
            assert_eq!(frames.len(), frames.clone().count());
            let again: Vec<u8> = frames
                .flat_map(|f| match f {
                    Frame::Speech(b) => b.to_vec(),
                    Frame::Sid(b) => b.to_vec(),
                    Frame::Erased | Frame::Untransmitted => unreachable!("not in a payload"),
                })
                .collect();
            assert_eq!(again, payload);
        }
    }
}

//! Octets eight at a time. Header lines are short: a call into a vector routine costs more than the search itself.

/// Offset of the first `NEEDLE`.
#[inline]
pub(crate) fn find<const NEEDLE: u8>(octets: &[u8]) -> Option<usize> {
    let mut rest = octets;
    // Blocks without the needle: the compiler turns the inner loop into two vector comparisons.
    while let Some((block, behind)) = rest.split_first_chunk::<BLOCK>() {
        let found = block.iter().fold(false, |found, octet| found | (*octet == NEEDLE));
        if found {
            break;
        }
        rest = behind;
    }
    let passed = octets.len() - rest.len();
    find_near::<NEEDLE>(rest).map(|near| passed + near)
}

/// As [`find`] where the needle is a few octets away.
#[inline]
pub(crate) fn find_near<const NEEDLE: u8>(octets: &[u8]) -> Option<usize> {
    let mut rest = octets;
    while let Some((word, behind)) = rest.split_first_chunk::<8>() {
        // An octet that equals the needle becomes zero; the lowest zero octet is marked exactly.
        let zeroed = u64::from_le_bytes(*word) ^ (EACH * NEEDLE as u64);
        let marks = zeroed.wrapping_sub(EACH) & !zeroed & (EACH << 7);
        if marks != 0 {
            return Some(octets.len() - rest.len() + (marks.trailing_zeros() / 8) as usize);
        }
        rest = behind;
    }
    rest.iter().position(|octet| *octet == NEEDLE).map(|found| octets.len() - rest.len() + found)
}

/// The first `length` octets, at most 24, lower case, padded with zeros.
#[inline]
pub(crate) fn lower_words(octets: &[u8], length: usize) -> [u64; 3] {
    let Some(chunk) = octets.first_chunk::<24>() else { return lower_words_padded(octets, length) };
    let (words, _) = chunk.as_chunks::<8>();
    let mut out = [lower(u64::from_le_bytes(words[0]) & mask(length)), 0, 0];
    if length > 8 {
        out[1] = lower(u64::from_le_bytes(words[1]) & mask(length - 8));
        out[2] = lower(u64::from_le_bytes(words[2]) & mask(length.saturating_sub(16)));
    }
    out
}

/// As [`lower_words`] in a constant, or near the end of a message.
pub(crate) const fn lower_words_padded(octets: &[u8], length: usize) -> [u64; 3] {
    let mut out = [0u64; 3];
    let mut at = 0;
    while at < length && at < octets.len() && at < 24 {
        out[at / 8] |= (octets[at] as u64) << (8 * (at % 8));
        at += 1;
    }
    [lower(out[0]), lower(out[1]), lower(out[2])]
}

/// Sets the case bit of every octet from 0x40 on: letters fold, and nothing but a capital becomes a small letter.
const fn lower(word: u64) -> u64 {
    word | ((word & (EACH * 0x40)) >> 1)
}

/// Ones over the first `octets` octets.
const fn mask(octets: usize) -> u64 {
    if octets >= 8 { u64::MAX } else { (1 << (8 * octets)) - 1 }
}

const EACH: u64 = 0x0101_0101_0101_0101;
const BLOCK: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_a_plain_search_finds() {
        let mut octets: Vec<u8> =
            (0..200u8).map(|at| [b';', 0x0b, 0x8a, 0x0a, 0xff, 0x3b][usize::from(at % 6)]).collect();
        for start in 0..octets.len() {
            let tail = &octets[start..];
            let plain = tail.iter().position(|octet| *octet == b'\n');
            assert_eq!((find::<b'\n'>(tail), find_near::<b'\n'>(tail)), (plain, plain));
        }
        octets.retain(|octet| *octet != b'\n');
        for start in 0..octets.len() {
            assert_eq!(find::<b'\n'>(&octets[start..]), None);
        }
    }

    #[test]
    fn words_are_the_same_with_and_without_room_behind() {
        let long = *b"P-Preferred-Identity: <sip:padding@example.com>";
        for length in 0..=24 {
            assert_eq!(lower_words(&long, length), lower_words_padded(&long[..length], length));
        }
        assert_ne!(lower_words(b"Call\rID", 7), lower_words(b"Call-ID", 7));
    }
}

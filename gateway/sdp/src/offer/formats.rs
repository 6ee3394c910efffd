//! Matching codecs and their parameters.

use crate::attribute::parameter;

/// Whether parameters allow G.729 annex B (RFC 4856 2.1.9: default yes).
pub(super) fn annex_b(fmtp: Option<&str>) -> bool {
    !fmtp.and_then(|fmtp| parameter(fmtp, "annexb")).is_some_and(|value| value.eq_ignore_ascii_case("no"))
}

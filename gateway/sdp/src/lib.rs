//! SDP grammar and RFC 3264 offer/answer.

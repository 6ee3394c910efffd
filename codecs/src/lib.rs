//! Audio coding for telephony: PCM in, bytes out and back. No I/O, no allocation after construction.

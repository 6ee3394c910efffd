//! RTP and RTCP views, and SRTP/SRTCP in place. No sockets, no clock.

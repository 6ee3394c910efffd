//! SIP/RTP media gateway between DECT handsets and a PBX.

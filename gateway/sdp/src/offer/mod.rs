//! Offer and answer (RFC 3264) for the audio of one leg.
//!
//! Owns the decision what two sides agreed on. [`Capabilities`] say what our side can do in one moment (a codec list in
//! order of preference, an address and port, a key-exchange policy); [`Memory`] is what one leg remembers between
//! exchanges (its session id and version, the media lines, the payload types already bound); the result is [`Agreed`].
//!
//! ```
//! use sdp::offer::{Capabilities, Memory, Offer, answer};
//! use sdp::Codec;
//!
//! let alice = Capabilities::new("192.0.2.1".parse().unwrap(), 16384, vec![Codec::g722(), Codec::pcma()]);
//! let bob = Capabilities::new("192.0.2.2".parse().unwrap(), 20000, vec![Codec::pcma()]);
//! let (mut at_alice, mut at_bob) = (Memory::new(1), Memory::new(2));
//!
//! let offer = Offer::build(&mut at_alice, &alice);
//! let (reply, bob_agreed) = answer(&mut at_bob, &offer.session, &bob).unwrap();
//! let alice_agreed = offer.complete(&mut at_alice, &reply).unwrap();
//! assert_eq!(alice_agreed.audio().codecs, bob_agreed.audio().codecs);
//! ```
//!
//! One walk: an offer is built from capabilities and memory ([`Offer::build`]); it may be completed by several answers
//! (forking: clone the memory per dialog); a rejected offer is simply dropped, memory of what was agreed stays.
//! Every media line beyond the audio lines we have capabilities for is answered with port 0 (RFC 3264 6).

mod agreed;
mod answering;
mod capabilities;
mod formats;
mod media;
mod memory;
mod offering;
mod refusal;
mod security;

pub use agreed::{
    Agreed, AgreedCodec, AgreedEvent, AgreedSecurity, DtlsRole, RemoteEndpoint, RemoteRtcp, Stream,
};
pub use answering::answer;
pub use capabilities::{
    Capabilities, CodecOrder, DtlsLocal, HoldStyle, IceLocal, KeyExchange, RtcpMux, SecurityPolicy,
    TelephoneEvents,
};
pub use memory::Memory;
pub use offering::Offer;
pub use refusal::Refusal;

//! Changes to messages that are already octets: a Via in front, the source address into the topmost Via.

use std::net::{IpAddr, SocketAddr};

use bytes::Bytes;

use crate::header::Via;
use crate::message::Message;
use crate::name::Name;
use crate::syntax;

/// The message with a Via line of this value before all others. Empty octets come back as they are.
pub fn prepend_via(octets: &[u8], via: &str) -> Vec<u8> {
    // Empty lines may stand before the start line (RFC 3261 7.5).
    let Some(begin) = octets.iter().position(|octet| !matches!(octet, b'\r' | b'\n')) else {
        return octets.to_vec();
    };
    let line_end = memchr::memchr(b'\n', &octets[begin..]).map_or(octets.len(), |length| begin + length + 1);
    let mut out = Vec::with_capacity(octets.len() + via.len() + 16);
    out.extend_from_slice(&octets[..line_end]);
    if !out.ends_with(b"\n") {
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b"Via: ");
    out.extend(via.bytes().map(|octet| if matches!(octet, b'\r' | b'\n') { b' ' } else { octet }));
    out.extend_from_slice(b"\r\n");
    out.extend_from_slice(&octets[line_end..]);
    out
}

/// What a server does to the topmost Via of a request from `source` before anything else: `received` when the
/// address differs from `sent-by` or `rport` is asked for, and the port into `rport` (RFC 3261 18.2.1,
/// RFC 3581 4). `None` when nothing is to change, or no Via can be read.
pub fn stamp_source<B: AsRef<[u8]>>(message: &Message<B>, source: SocketAddr) -> Option<Bytes> {
    let octets = message.octets();
    let value = message.values(Name::Via).next()?;
    let via = Via::parse(value).ok()?;
    let wants_port = via.rport().is_some();
    let is_as_sent = via.host.address().is_some_and(|sent| same_address(sent, source.ip()));
    if is_as_sent && !wants_port && via.params.get("received").is_none() {
        return None;
    }
    // The value is a slice of the octets, so its offset is the distance of their starts.
    let start = value.as_ptr().addr() - octets.as_ptr().addr();
    let mut out = Vec::with_capacity(octets.len() + 64);
    out.extend_from_slice(&octets[..start]);
    write_stamped(&mut out, value, &via, source, wants_port);
    out.extend_from_slice(&octets[start + value.len()..]);
    Some(Bytes::from(out))
}

/// The Via with what is true first, then without what the sender claims in `received` and `rport`. First, because
/// a quoted string that does not end would swallow whatever follows it.
fn write_stamped(out: &mut Vec<u8>, value: &[u8], via: &Via<'_>, source: SocketAddr, wants_port: bool) {
    let end = memchr::memchr(b';', value).unwrap_or(value.len());
    out.extend_from_slice(syntax::trim_end(&value[..end]));
    out.extend_from_slice(format!(";received={}", source.ip().to_canonical()).as_bytes());
    if wants_port {
        out.extend_from_slice(format!(";rport={}", source.port()).as_bytes());
    }
    for param in via.params.iter() {
        if param.name.eq_ignore_ascii_case(b"received") || param.name.eq_ignore_ascii_case(b"rport") {
            continue;
        }
        out.push(b';');
        out.extend_from_slice(param.name);
        if let Some(value) = param.value {
            out.push(b'=');
            out.extend_from_slice(value);
        }
    }
}

fn same_address(a: IpAddr, b: IpAddr) -> bool {
    a.to_canonical() == b.to_canonical()
}

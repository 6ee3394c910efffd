//! Changes to messages that are already octets: a Via in front, the source address into the topmost Via.

use std::net::{IpAddr, SocketAddr};

use bytes::Bytes;

use crate::header::Via;
use crate::message::Message;
use crate::name::Name;
use crate::syntax;

/// The message with a Via line of this value before all others. Octets without a start line come back as they are.
pub fn prepend_via(octets: &[u8], via: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(octets.len() + via.len() + 8);
    let Some(line_end) = memchr::memchr(b'\n', octets) else { return octets.to_vec() };
    out.extend_from_slice(&octets[..=line_end]);
    out.extend_from_slice(b"Via: ");
    out.extend(via.bytes().map(|octet| if matches!(octet, b'\r' | b'\n') { b' ' } else { octet }));
    out.extend_from_slice(b"\r\n");
    out.extend_from_slice(&octets[line_end + 1..]);
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

/// The Via without what the sender claims in `received` and `rport`, then what is true.
fn write_stamped(out: &mut Vec<u8>, value: &[u8], via: &Via<'_>, source: SocketAddr, wants_port: bool) {
    let end = memchr::memchr(b';', value).unwrap_or(value.len());
    out.extend_from_slice(syntax::trim_end(&value[..end]));
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
    out.extend_from_slice(format!(";received={}", source.ip().to_canonical()).as_bytes());
    if wants_port {
        out.extend_from_slice(format!(";rport={}", source.port()).as_bytes());
    }
}

fn same_address(a: IpAddr, b: IpAddr) -> bool {
    a.to_canonical() == b.to_canonical()
}

//! The edge to the transport: Via headers, where responses go, the queue of octets to send.
//! RFC 3261 18, RFC 3581.

use std::collections::VecDeque;
use std::net::SocketAddr;

use bytes::Bytes;

use crate::endpoint::{ListenerInfo, Refused, Transmit};
use crate::flow::{Flow, ListenerId, Transport};
use crate::header::Via;

/// Listeners and the send queue.
pub(crate) struct Wire {
    listeners: Vec<(ListenerId, ListenerInfo)>,
    out: VecDeque<Transmit>,
    mtu_octets: usize,
}

impl Wire {
    pub(super) fn new(mtu_octets: usize) -> Wire {
        Wire { listeners: Vec::new(), out: VecDeque::new(), mtu_octets }
    }

    pub(crate) fn set_listener(&mut self, id: ListenerId, info: ListenerInfo) {
        match self.listeners.iter_mut().find(|(known, _)| *known == id) {
            Some((_, known)) => *known = info,
            None => self.listeners.push((id, info)),
        }
    }

    pub(crate) fn listener(&self, id: ListenerId) -> Option<&ListenerInfo> {
        self.listeners.iter().find(|(known, _)| *known == id).map(|(_, info)| info)
    }

    pub(crate) fn push(&mut self, flow: Flow, octets: Bytes) {
        self.out.push_back(Transmit { flow, octets });
    }

    pub(crate) fn poll(&mut self) -> Option<Transmit> {
        self.out.pop_front()
    }

    /// The request with our Via on top.
    pub(crate) fn with_via(&self, flow: &Flow, branch: &Branch, bare: &[u8]) -> Result<Vec<u8>, Refused> {
        let info = self.listener(flow.listener).ok_or(Refused::UnknownListener)?;
        let line_end = memchr::memmem::find(bare, b"\r\n").ok_or(Refused::Malformed)? + 2;
        // RFC 3581 3: rport asks for symmetric response routing; on a stream the connection itself is that.
        let rport: &[u8] = if flow.is_reliable() { b";branch=" } else { b";rport;branch=" };
        let parts = [
            &bare[..line_end],
            b"Via: SIP/2.0/",
            flow.transport.as_str().as_bytes(),
            b" ",
            info.sent_by.as_bytes(),
            rport,
            &branch.text,
            b"\r\n",
            &bare[line_end..],
        ];
        Ok(parts.concat())
    }

    /// RFC 3261 18.1.1: a request above the MTU goes by a congestion-controlled transport.
    pub(super) fn outgrows_udp(&self, flow: &Flow, octets: usize) -> bool {
        flow.transport == Transport::Udp && octets > self.mtu_octets
    }
}

/// Takes the Via line that [`Wire::with_via`] put in off again.
pub(super) fn without_via(octets: &[u8]) -> Option<Vec<u8>> {
    let first = memchr::memmem::find(octets, b"\r\n")? + 2;
    let second = first + memchr::memmem::find(&octets[first..], b"\r\n")? + 2;
    Some([&octets[..first], &octets[second..]].concat())
}

/// Where the response to a request goes (RFC 3261 18.2.2, RFC 3581 4).
pub(crate) fn response_flow(flow: Flow, via: &Via<'_>) -> Flow {
    if flow.is_reliable() || via.rport().is_some() {
        return flow;
    }
    // The source address (which is what `received` would say) and the port of sent-by.
    let port = via.port.filter(|port| *port != 0).unwrap_or(DEFAULT_PORT);
    Flow { remote: SocketAddr::new(flow.remote.ip(), port), ..flow }
}

/// The branch of one of our requests: magic cookie, slot of the transaction, 64 random bits.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Branch {
    text: [u8; BRANCH_LENGTH],
}

impl Branch {
    pub(crate) fn new(slot: u32, token: u64) -> Branch {
        let mut text = [0; BRANCH_LENGTH];
        text[..7].copy_from_slice(COOKIE);
        write_hex(&mut text[7..15], u64::from(slot));
        write_hex(&mut text[15..], token);
        Branch { text }
    }

    /// Slot and token, when the branch has our form.
    pub(super) fn parse(branch: &[u8]) -> Option<(u32, u64)> {
        if branch.len() != BRANCH_LENGTH || !branch[..7].eq_ignore_ascii_case(COOKIE) {
            return None;
        }
        Some((read_hex(&branch[7..15])? as u32, read_hex(&branch[15..])?))
    }
}

fn write_hex(out: &mut [u8], number: u64) {
    let digits = out.len();
    for (index, octet) in out.iter_mut().enumerate() {
        let nibble = (number >> (4 * (digits - 1 - index))) & 15;
        *octet = b"0123456789abcdef"[nibble as usize];
    }
}

fn read_hex(digits: &[u8]) -> Option<u64> {
    digits.iter().try_fold(0, |number, digit| Some(number << 4 | u64::from(char::from(*digit).to_digit(16)?)))
}

const COOKIE: &[u8; 7] = b"z9hG4bK";
const BRANCH_LENGTH: usize = 31;
const DEFAULT_PORT: u16 = 5060;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn branches_say_their_slot() {
        let branch = Branch::new(0xdead, 0x0123_4567_89ab_cdef);
        assert_eq!(&branch.text, b"z9hG4bK0000dead0123456789abcdef");
        assert_eq!(Branch::parse(&branch.text), Some((0xdead, 0x0123_4567_89ab_cdef)));
        for stranger in
            [&b"z9hG4bK"[..], b"z9hG4bK0000dead0123456789abcdeg", b"0123456789012345678901234567890"]
        {
            assert_eq!(Branch::parse(stranger), None);
        }
    }

    #[test]
    fn a_via_goes_on_and_comes_off() {
        let mut wire = Wire::new(1300);
        let id = ListenerId(1);
        let flow = Flow::udp(id, "192.0.2.1:5060".parse().unwrap());
        let bare = b"OPTIONS sip:a SIP/2.0\r\nTo: b\r\n\r\n";
        let branch = Branch::new(0, 0);
        assert_eq!(wire.with_via(&flow, &branch, bare), Err(Refused::UnknownListener));
        let info = ListenerInfo {
            transport: Transport::Udp,
            sent_by: "h:1".into(),
            contact_host_port: "h:1".into(),
        };
        wire.set_listener(id, info);
        let full = wire.with_via(&flow, &branch, bare).unwrap();
        assert!(full.starts_with(b"OPTIONS sip:a SIP/2.0\r\nVia: SIP/2.0/UDP h:1;rport;branch=z9hG4bK000"));
        assert_eq!(without_via(&full).as_deref(), Some(&bare[..]));
        assert_eq!(wire.with_via(&flow, &branch, b"junk"), Err(Refused::Malformed));
    }
}

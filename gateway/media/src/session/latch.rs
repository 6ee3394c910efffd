//! From where a leg's packets are believed, and where it therefore sends.
//!
//! Owns: symmetric RTP (RFC 4961) with a lock on the first valid source. Must never: move for a packet that was not valid, nor
//! to a stranger while the believed source talks.
//!
//! | state | packet from | becomes |
//! |---|---|---|
//! | open | anyone, valid | latched to it |
//! | latched | the believed source | - |
//! | latched | the address of the SDP | latched to it: the announced address outranks a guess |
//! | latched | same host, other port, after [`SILENCE`] | latched to it: the peer restarted |
//! | latched | anyone else | refused |

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use media_api::{Latching, Remote};

/// The belief of one leg.
#[derive(Debug, Default)]
pub(crate) struct Latch {
    remote: Option<Remote>,
    strict: bool,
    believed: Option<SocketAddr>,
    reports_from: Option<SocketAddr>,
    heard_at: Option<Instant>,
}

impl Latch {
    /// Takes what a new plan says; belief survives unless the plan names another remote.
    pub(crate) fn set(&mut self, remote: Option<Remote>, latching: Latching) {
        if self.remote != remote {
            self.believed = None;
            self.reports_from = None;
            self.heard_at = None;
        }
        self.remote = remote;
        self.strict = latching == Latching::Strict;
    }

    /// Whether a valid RTP packet from `source` is to be used; takes the source over where the table says so.
    pub(crate) fn accept(&mut self, now: Instant, source: SocketAddr) -> bool {
        if self.believed == Some(source) {
            self.heard_at = Some(now);
            return true;
        }
        if !self.may_take_over(now, source) {
            return false;
        }
        self.believed = Some(source);
        self.reports_from = None;
        self.heard_at = Some(now);
        true
    }

    /// Whether RTCP from `source` is to be used: it must come from the host that RTP is believed from.
    pub(crate) fn accept_report(&mut self, source: SocketAddr) -> bool {
        let host =
            self.believed.or_else(|| self.remote.map(|remote| remote.rtcp)).map(|address| address.ip());
        if host != Some(source.ip()) {
            return false;
        }
        if !self.strict {
            self.reports_from = Some(source);
        }
        true
    }

    /// Where RTP goes.
    pub(crate) fn destination(&self) -> Option<SocketAddr> {
        if self.strict { self.remote.map(|remote| remote.rtp) } else { self.believed.or(self.announced()) }
    }

    /// Where RTCP goes on its own port.
    pub(crate) fn report_destination(&self) -> Option<SocketAddr> {
        self.reports_from.or_else(|| self.remote.map(|remote| remote.rtcp))
    }

    /// The believed source.
    pub(crate) const fn believed(&self) -> Option<SocketAddr> {
        self.believed
    }

    /// The address of the SDP, if there is one.
    pub(crate) fn announced(&self) -> Option<SocketAddr> {
        self.remote.map(|remote| remote.rtp)
    }

    fn may_take_over(&self, now: Instant, source: SocketAddr) -> bool {
        let announced = self.announced() == Some(source);
        match self.believed {
            _ if self.strict => announced,
            None => true,
            Some(_) if announced => true,
            Some(believed) => {
                let silent = self.heard_at.is_none_or(|at| now.saturating_duration_since(at) >= SILENCE);
                silent && believed.ip() == source.ip()
            }
        }
    }
}

/// Silence of the believed source after which another port of its host may take over. Longer than any pause that voice
/// activity detection makes between two comfort noise packets of a quiet room would be wrong for; shorter than a user waits.
const SILENCE: Duration = Duration::from_secs(2);

#[cfg(test)]
mod tests {
    use super::*;

    fn at(port: u16) -> SocketAddr {
        SocketAddr::from(([192, 0, 2, 1], port))
    }

    fn other_host(port: u16) -> SocketAddr {
        SocketAddr::from(([192, 0, 2, 2], port))
    }

    fn start() -> Instant {
        #[allow(clippy::disallowed_methods, reason = "any instant will do, nothing waits for it")]
        Instant::now()
    }

    fn latch(latching: Latching) -> Latch {
        let mut latch = Latch::default();
        latch.set(Some(Remote { rtp: at(10), rtcp: at(11) }), latching);
        latch
    }

    #[test]
    fn the_first_source_is_believed_and_answered() {
        let (mut latch, now) = (latch(Latching::FirstSource), start());
        assert_eq!(latch.destination(), Some(at(10)));
        assert!(latch.accept(now, other_host(77)));
        assert_eq!(latch.destination(), Some(other_host(77)));
        assert!(!latch.accept(now, other_host(78)));
        assert!(latch.accept(now, at(10)), "the announced address outranks a guess");
        assert!(!latch.accept(now, other_host(77)));
    }

    #[test]
    fn a_restarted_peer_is_found_again() {
        let (mut latch, now) = (latch(Latching::FirstSource), start());
        assert!(latch.accept(now, at(20)));
        assert!(!latch.accept(now + Duration::from_secs(1), at(30)));
        assert!(!latch.accept(now + Duration::from_secs(3), other_host(20)));
        assert!(latch.accept(now + Duration::from_secs(3), at(30)));
    }

    #[test]
    fn strict_means_the_announced_address_only() {
        let (mut latch, now) = (latch(Latching::Strict), start());
        assert!(!latch.accept(now, at(12)));
        assert!(latch.accept(now, at(10)));
        assert_eq!(latch.destination(), Some(at(10)));
    }

    #[test]
    fn a_plan_with_another_remote_forgets() {
        let (mut latch, now) = (latch(Latching::FirstSource), start());
        assert!(latch.accept(now, at(20)));
        latch.set(Some(Remote { rtp: at(10), rtcp: at(11) }), Latching::FirstSource);
        assert_eq!(latch.believed(), Some(at(20)));
        latch.set(Some(Remote { rtp: at(50), rtcp: at(51) }), Latching::FirstSource);
        assert_eq!(latch.destination(), Some(at(50)));
    }

    #[test]
    fn reports_come_from_the_same_host() {
        let (mut latch, now) = (latch(Latching::FirstSource), start());
        assert!(latch.accept(now, at(20)));
        assert!(!latch.accept_report(other_host(21)));
        assert!(latch.accept_report(at(21)));
        assert_eq!(latch.report_destination(), Some(at(21)));
    }
}

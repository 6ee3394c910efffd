//! Reception of one source: sequence validity, loss, duplicates, order, jitter.
//!
//! Owns: RFC 3550 A.1 (sequence), A.3 (loss), A.8 (jitter). Must never: allocate or grow with what arrives.
//!
//! Probation (A.1 `MIN_SEQUENTIAL`) is not applied: the source is one that signalling announced or latching chose, and
//! withholding its first packet would cut the start of the word.

/// What the sequence number of a packet said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sequenced {
    /// Came before.
    Duplicate,
    /// The highest so far; `missing` packets lie between it and the one before.
    InOrder {
        /// Packets not yet seen in between.
        missing: u16,
    },
    /// Jumped too far to be believed at once; the packet is to be dropped (RFC 3550 A.1).
    Jump,
    /// Older than the highest, first time.
    Reordered,
    /// The source restarted its numbers: the state was taken anew from this packet.
    Restarted,
}

/// State per source.
#[derive(Debug, Clone, Copy, Default)]
pub struct Reception {
    /// Highest sequence number, extended by its cycles.
    highest: u64,
    /// First extended number of the run.
    base: u64,
    /// Bit n: `highest - n` came.
    seen: u128,
    /// Number that would confirm a jump.
    jumped_to: Option<u16>,
    /// Packets of the run, duplicates included (RFC 3550 6.4.1).
    received: u64,
    /// Expected and received up to the runs before this one.
    earlier: Totals,
    duplicates: u64,
    reordered: u64,
    /// At the last report.
    reported: Totals,
    transit: Option<u32>,
    /// Jitter times 16, in RTP clock units.
    jitter: u32,
    started: bool,
}

/// Loss since the last report, as the report block of RFC 3550 6.4.1 carries it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IntervalLoss {
    /// Packets expected in the interval.
    pub expected: u64,
    /// Packets lost in the interval, never below 0.
    pub lost: u64,
    /// Loss in 1/256.
    pub fraction: u8,
}

impl Reception {
    /// Takes the sequence number of an arriving packet.
    pub const fn sequence(&mut self, sequence: u16) -> Sequenced {
        if !self.started {
            self.start(sequence);
            return Sequenced::InOrder { missing: 0 };
        }
        let ahead = sequence.wrapping_sub(self.highest as u16);
        if ahead == 0 {
            self.count_duplicate();
            Sequenced::Duplicate
        } else if ahead < MAX_DROPOUT {
            self.advance(ahead)
        } else if ahead > u16::MAX - MAX_MISORDER {
            self.older(ahead.wrapping_neg())
        } else {
            self.jump(sequence)
        }
    }

    /// Takes the arrival time of a packet of the run, both in units of the RTP clock (RFC 3550 A.8).
    pub const fn arrival(&mut self, arrival: u32, timestamp: u32) {
        let transit = arrival.wrapping_sub(timestamp);
        if let Some(before) = self.transit {
            let deviation = (transit.wrapping_sub(before) as i32).unsigned_abs();
            // A step of the timestamp (hold, new source) is not jitter: it would take a minute to fade.
            if deviation < MAX_DEVIATION {
                self.jitter = self.jitter + deviation - ((self.jitter + 8) >> 4);
            }
        }
        self.transit = Some(transit);
    }

    /// Interarrival jitter in units of the RTP clock.
    #[must_use]
    pub const fn jitter(&self) -> u32 {
        self.jitter >> 4
    }

    /// Extended highest sequence number, as report blocks carry it.
    #[must_use]
    pub const fn extended_highest(&self) -> u32 {
        self.highest as u32
    }

    /// Packets that came twice.
    #[must_use]
    pub const fn duplicates(&self) -> u64 {
        self.duplicates
    }

    /// Packets that came late but first.
    #[must_use]
    pub const fn reordered(&self) -> u64 {
        self.reordered
    }

    /// Packets that should have come so far.
    #[must_use]
    pub const fn expected(&self) -> u64 {
        self.totals().expected
    }

    /// Packets that never came, duplicates not set against them, never below 0.
    #[must_use]
    pub const fn lost(&self) -> u64 {
        let totals = self.totals();
        (totals.expected + self.duplicates).saturating_sub(totals.received)
    }

    /// Cumulative loss in the 24 bit signed form of a report block (RFC 3550 A.3).
    #[must_use]
    pub const fn cumulative_lost(&self) -> i32 {
        let totals = self.totals();
        let lost = totals.expected as i64 - totals.received as i64;
        if lost > 0x7f_ffff {
            0x7f_ffff
        } else if lost < -0x80_0000 {
            -0x80_0000
        } else {
            lost as i32
        }
    }

    /// Loss since the last call; starts the next interval (RFC 3550 A.3).
    pub const fn interval(&mut self) -> IntervalLoss {
        let now = self.totals();
        let expected = now.expected.saturating_sub(self.reported.expected);
        let received = now.received.saturating_sub(self.reported.received);
        self.reported = now;
        let lost = expected.saturating_sub(received);
        let fraction = match (lost << 8).checked_div(expected) {
            Some(fraction) if fraction > 255 => 255,
            Some(fraction) => fraction as u8,
            None => 0,
        };
        IntervalLoss { expected, lost, fraction }
    }

    /// Whether a packet was taken yet.
    #[must_use]
    pub const fn is_started(&self) -> bool {
        self.started
    }

    /// A new source takes over: numbers start anew, counters go on.
    pub const fn new_source(&mut self) {
        self.started = false;
        self.transit = None;
        self.jumped_to = None;
    }

    const fn start(&mut self, sequence: u16) {
        self.earlier = self.totals();
        // One cycle up, so that a reordered packet below the first one cannot go below zero.
        self.base = sequence as u64 + 0x1_0000;
        self.highest = self.base;
        self.seen = 1;
        self.received = 1;
        self.jumped_to = None;
        self.transit = None;
        self.started = true;
    }

    const fn advance(&mut self, ahead: u16) -> Sequenced {
        self.highest += ahead as u64;
        self.seen = if ahead < 128 { self.seen << ahead | 1 } else { 1 };
        self.received += 1;
        self.jumped_to = None;
        Sequenced::InOrder { missing: ahead - 1 }
    }

    const fn older(&mut self, behind: u16) -> Sequenced {
        let bit = 1u128 << behind;
        if self.seen & bit != 0 {
            self.count_duplicate();
            return Sequenced::Duplicate;
        }
        self.seen |= bit;
        self.received += 1;
        self.reordered += 1;
        let extended = self.highest - behind as u64;
        if extended < self.base {
            self.base = extended;
        }
        Sequenced::Reordered
    }

    const fn jump(&mut self, sequence: u16) -> Sequenced {
        match self.jumped_to {
            // RFC 3550 A.1: two in sequence, the other side restarted without telling us.
            Some(expected) if expected == sequence => {
                self.start(sequence);
                Sequenced::Restarted
            }
            _ => {
                self.jumped_to = Some(sequence.wrapping_add(1));
                Sequenced::Jump
            }
        }
    }

    const fn count_duplicate(&mut self) {
        self.duplicates += 1;
        self.received += 1;
    }

    const fn totals(&self) -> Totals {
        let run = if self.received > 0 { self.highest - self.base + 1 } else { 0 };
        Totals { expected: self.earlier.expected + run, received: self.earlier.received + self.received }
    }
}

#[derive(Debug, Clone, Copy, Default)]
struct Totals {
    expected: u64,
    received: u64,
}

/// RFC 3550 A.1.
const MAX_DROPOUT: u16 = 3_000;
/// RFC 3550 A.1; below the 128 bits of the window.
const MAX_MISORDER: u16 = 100;
/// About 4 s at 8 kHz.
const MAX_DEVIATION: u32 = 32_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn after(sequences: &[u16]) -> (Reception, Vec<Sequenced>) {
        let mut reception = Reception::default();
        let said = sequences.iter().map(|&sequence| reception.sequence(sequence)).collect();
        (reception, said)
    }

    #[test]
    fn loss_is_what_never_came() {
        let (mut reception, said) = after(&[65_534, 65_535, 2, 1]);
        assert_eq!(said[2..], [Sequenced::InOrder { missing: 2 }, Sequenced::Reordered]);
        assert_eq!(reception.lost(), 1);
        assert_eq!(reception.cumulative_lost(), 1);
        assert_eq!(reception.reordered(), 1);
        assert_eq!(reception.interval(), IntervalLoss { expected: 5, lost: 1, fraction: 51 });
        assert_eq!(reception.interval(), IntervalLoss { expected: 0, lost: 0, fraction: 0 });
        assert_eq!(reception.extended_highest() & 0xffff, 2);
    }

    #[test]
    fn duplicates_do_not_hide_loss() {
        let (reception, said) = after(&[10, 10, 12, 10]);
        assert_eq!(said[1], Sequenced::Duplicate);
        assert_eq!(said[3], Sequenced::Duplicate);
        assert_eq!(reception.lost(), 1);
        assert_eq!(reception.cumulative_lost(), -1);
        assert_eq!(reception.duplicates(), 2);
    }

    #[test]
    fn a_jump_is_believed_when_it_goes_on() {
        let (reception, said) = after(&[10, 30_000, 11, 40_000, 40_001, 40_002]);
        assert_eq!(said[1..4], [Sequenced::Jump, Sequenced::InOrder { missing: 0 }, Sequenced::Jump]);
        assert_eq!(said[4..], [Sequenced::Restarted, Sequenced::InOrder { missing: 0 }]);
        assert_eq!(reception.lost(), 0);
    }

    #[test]
    fn a_packet_older_than_the_first_moves_the_base() {
        let (reception, said) = after(&[5, 4]);
        assert_eq!(said[1], Sequenced::Reordered);
        assert_eq!(reception.lost(), 0);
    }

    #[test]
    fn a_new_source_keeps_the_counters() {
        let (mut reception, _) = after(&[1, 3]);
        reception.new_source();
        assert_eq!(reception.lost(), 1);
        assert_eq!(reception.sequence(50_000), Sequenced::InOrder { missing: 0 });
        assert_eq!(reception.lost(), 1);
    }

    #[test]
    fn jitter_follows_the_rfc() {
        let mut reception = Reception::default();
        for n in 0..200u32 {
            // Alternating 0 and 10 ms late at 8 kHz: every difference is 80 units, the filter settles there.
            reception.arrival(n * 160 + (n % 2) * 80, n * 160);
        }
        assert!((78..=80).contains(&reception.jitter()), "{}", reception.jitter());
    }

    #[test]
    fn a_timestamp_step_is_not_jitter() {
        let mut reception = Reception::default();
        reception.arrival(0, 0);
        reception.arrival(160, 1_000_000);
        assert_eq!(reception.jitter(), 0);
    }
}

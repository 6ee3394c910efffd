//! The packet index of a source: roll-over counter and replay window.
//!
//! Owns: RFC 3711 3.3.1 (estimate) and 3.3.2 (replay). Must never: change before the packet was authenticated.

/// Index and window of one source.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Window {
    highest: u64,
    /// Bit n: `highest - n` came.
    seen: u128,
}

impl Window {
    /// A window that begins under a known roll-over counter, for a call that was moved or resumed.
    pub(super) const fn starting_at(roll_over: u32) -> Self {
        Self { highest: (roll_over as u64) << 16, seen: 0 }
    }

    /// The index that a sequence number most likely has.
    pub(super) const fn estimate(&self, sequence: u16) -> u64 {
        if self.seen == 0 {
            return self.highest & !0xffff | sequence as u64;
        }
        let roll_over = self.highest >> 16;
        let last = self.highest as u16;
        let guess = if last < 0x8000 {
            if sequence as i32 - last as i32 > 0x8000 { roll_over.wrapping_sub(1) } else { roll_over }
        } else if (last as i32 - 0x8000) > sequence as i32 {
            roll_over + 1
        } else {
            roll_over
        };
        (guess & 0xffff_ffff) << 16 | sequence as u64
    }

    /// Whether an index came before, or is too old to tell.
    pub(super) const fn is_replay(&self, index: u64) -> bool {
        if self.seen == 0 || index > self.highest {
            return false;
        }
        let behind = self.highest - index;
        behind >= WINDOW || self.seen >> behind & 1 != 0
    }

    /// Takes an index whose packet was authenticated.
    pub(super) const fn accept(&mut self, index: u64) {
        if self.seen == 0 {
            self.highest = index;
            self.seen = 1;
        } else if index > self.highest {
            let ahead = index - self.highest;
            self.seen = if ahead < WINDOW { self.seen << ahead | 1 } else { 1 };
            self.highest = index;
        } else {
            let behind = self.highest - index;
            if behind < WINDOW {
                self.seen |= 1 << behind;
            }
        }
    }

    pub(super) const fn is_started(&self) -> bool {
        self.seen != 0
    }

    pub(super) const fn highest(&self) -> u64 {
        self.highest
    }
}

/// Packets; RFC 3711 3.3.2 wants 64 at least.
const WINDOW: u64 = 128;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_counter_rolls_over_and_back() {
        let mut window = Window::default();
        window.accept(window.estimate(65_530));
        assert_eq!(window.estimate(3), 0x1_0003);
        window.accept(0x1_0003);
        assert_eq!(window.estimate(65_531), 65_531, "a late packet of before");
        assert_eq!(window.estimate(4), 0x1_0004);
    }

    #[test]
    fn every_index_passes_once() {
        let mut window = Window::default();
        for index in [100u64, 102, 101, 300] {
            assert!(!window.is_replay(index));
            window.accept(index);
            assert!(window.is_replay(index));
        }
        assert!(!window.is_replay(300 - 127));
        assert!(window.is_replay(300 - 128), "too old to tell");
    }

    #[test]
    fn a_resumed_call_keeps_its_counter() {
        assert_eq!(Window::starting_at(7).estimate(9), 0x7_0009);
    }
}

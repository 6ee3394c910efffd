//! Randomness of the kernel, drawn in blocks: branches, tags and nonces come out of memory.

use ring::rand::{SecureRandom, SystemRandom};

/// Cryptographic randomness for the pure rooms.
pub(super) struct SystemEntropy {
    source: SystemRandom,
    block: [u8; BLOCK],
    used: usize,
}

impl SystemEntropy {
    /// Nothing drawn yet.
    #[must_use]
    pub(super) fn new() -> Self {
        Self { source: SystemRandom::new(), block: [0; BLOCK], used: BLOCK }
    }
}

impl sip::Entropy for SystemEntropy {
    fn fill(&mut self, out: &mut [u8]) {
        for octet in out {
            if self.used == BLOCK {
                self.source
                    .fill(&mut self.block)
                    .expect("the kernel's random source cannot fail once it is seeded");
                self.used = 0;
            }
            *octet = std::mem::take(&mut self.block[self.used]);
            self.used += 1;
        }
    }
}

/// Octets drawn at once.
const BLOCK: usize = 4_096;

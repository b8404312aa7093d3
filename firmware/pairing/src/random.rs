//! Random numbers that grow from a seed.

use std::convert::Infallible;
use std::fmt;

use rand_core::{TryCryptoRng, TryRng};
use sha2::{Digest, Sha256};

/// Draws what nobody can guess who has not seen the seed; the same seed draws the same again, which tests use. What was
/// drawn cannot be found again from what is left: each draw replaces the seed.
pub struct Random {
    seed: [u8; 32],
}

impl Random {
    /// From a seed of the operating system's.
    pub fn new(seed: [u8; 32]) -> Self {
        Self { seed }
    }

    /// So many bytes.
    pub fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.fill(&mut bytes);
        bytes
    }

    /// One of `most` numbers from 0, each as likely as the others; `most` is 1 to 256.
    pub(crate) fn below(&mut self, most: u8) -> usize {
        // What is left over at the top would make the small numbers likelier.
        let fair = 256 - 256 % u16::from(most);
        loop {
            let [drawn] = self.bytes::<1>();
            if u16::from(drawn) < fair {
                return usize::from(drawn % most);
            }
        }
    }

    fn fill(&mut self, bytes: &mut [u8]) {
        for (block, part) in (1_u64..).zip(bytes.chunks_mut(32)) {
            part.copy_from_slice(&self.block(block)[..part.len()]);
        }
        self.seed = self.block(0);
    }

    fn block(&self, number: u64) -> [u8; 32] {
        let block = Sha256::new().chain_update(self.seed);
        block.chain_update(number.to_be_bytes()).finalize().into()
    }
}

impl fmt::Debug for Random {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Random")
    }
}

impl TryRng for Random {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(u32::from_be_bytes(self.bytes()))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(u64::from_be_bytes(self.bytes()))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.fill(bytes);
        Ok(())
    }
}

impl TryCryptoRng for Random {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_draws_the_same_again_and_never_twice_the_same() {
        let mut one = Random::new([7; 32]);
        let mut other = Random::new([7; 32]);
        let drawn: Vec<[u8; 40]> = (0..4).map(|_| one.bytes()).collect();
        assert!(drawn.iter().all(|bytes| *bytes == other.bytes()));
        let mut sorted = drawn.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(sorted.len(), drawn.len());
        assert_ne!(Random::new([8; 32]).bytes::<40>(), drawn[0]);
    }

    #[test]
    fn every_number_comes_as_often_as_the_others() {
        let mut random = Random::new([1; 32]);
        let mut count = [0_u32; 24];
        for _ in 0..24_000 {
            count[random.below(24)] += 1;
        }
        assert!(count.iter().all(|n| (850..1150).contains(n)), "{count:?}");
    }
}

//! A set of nodes as bits.

use crate::domain::NodeId;

#[derive(Clone, Debug, Default)]
pub struct Bits(Vec<u64>);

impl Bits {
    pub fn contains(&self, id: NodeId) -> bool {
        self.0.get(id.0 as usize / 64).is_some_and(|word| word >> (id.0 % 64) & 1 == 1)
    }

    /// Sets or clears one bit; returns whether that changed it.
    pub fn set(&mut self, id: NodeId, wanted: bool) -> bool {
        let at = id.0 as usize / 64;
        if at >= self.0.len() {
            if !wanted {
                return false;
            }
            self.0.resize(at + 1, 0);
        }
        let before = self.0[at];
        let bit = 1 << (id.0 % 64);
        self.0[at] = if wanted { before | bit } else { before & !bit };
        self.0[at] != before
    }

    pub fn clear(&mut self) {
        self.0.clear();
    }

    pub fn count(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }

    pub fn iter(&self) -> impl Iterator<Item = NodeId> + '_ {
        self.0.iter().enumerate().filter(|(_, word)| **word != 0).flat_map(|(at, word)| {
            (0..64u32)
                .filter(move |bit| word >> bit & 1 == 1)
                .map(move |bit| NodeId(u32::try_from(at).unwrap_or(u32::MAX) * 64 + bit))
        })
    }
}

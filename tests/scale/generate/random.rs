//! Seeded variety without state: a value depends on the seed and on what it is for, never on
//! the order of calls, so that any object can be made alone.

/// The source of all variety of one fleet.
#[derive(Clone, Copy, Debug)]
pub struct Seed(pub u64);

impl Seed {
    /// A seed for one thing: `of("pod", 17)`.
    pub fn of(self, purpose: &str, index: usize) -> Self {
        let mut hash = 0xcbf2_9ce4_8422_2325_u64 ^ self.0;
        for byte in purpose.bytes() {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        Self(mix(hash ^ mix(index as u64)))
    }

    /// A number below `limit`.
    pub fn below(self, limit: usize) -> usize {
        (mix(self.0) % limit.max(1) as u64) as usize
    }

    /// Lower-case hexadecimal digits, at most 64.
    pub fn hex(self, digits: usize) -> String {
        let mut text = String::with_capacity(64);
        for part in 0..4 {
            text.push_str(&format!("{:016x}", mix(self.0.wrapping_add(part))));
        }
        text.truncate(digits);
        text
    }

    /// The alphabet of Kubernetes' generated names: no vowels, no digits that look like letters.
    pub fn suffix(self, length: usize) -> String {
        const ALPHABET: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
        (0..length).map(|place| char::from(ALPHABET[self.of("suffix", place).below(ALPHABET.len())])).collect()
    }

    pub fn uid(self) -> String {
        let hex = self.of("uid", 0).hex(32);
        format!("{}-{}-4{}-a{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..])
    }
}

/// splitmix64's finaliser.
fn mix(value: u64) -> u64 {
    let mut mixed = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

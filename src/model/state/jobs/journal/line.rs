//! Lines with a checksum.

use flate2::Crc;
use serde::Serialize;

/// Digits of the checksum.
const DIGITS: usize = 8;

/// `<CRC-32 as 8 hexadecimal digits> <JSON>` and a line feed.
pub(super) fn of(value: &impl Serialize) -> Vec<u8> {
    let json = serde_json::to_vec(value).expect("a job is plain data with texts as keys");
    let mut line = format!("{:08x} ", sum(&json)).into_bytes();
    line.extend(json);
    line.push(b'\n');
    line
}

/// The JSON of each line; none for one that is not as it was written.
pub(super) fn split(bytes: &[u8]) -> impl Iterator<Item = Option<&[u8]>> {
    bytes.split_inclusive(|byte| *byte == b'\n').map(json)
}

fn json(line: &[u8]) -> Option<&[u8]> {
    let (digits, rest) = line.strip_suffix(b"\n")?.split_at_checked(DIGITS)?;
    let json = rest.strip_prefix(b" ")?;
    (digits == format!("{:08x}", sum(json)).as_bytes()).then_some(json)
}

pub(super) fn sum(bytes: &[u8]) -> u32 {
    let mut crc = Crc::new();
    crc.update(bytes);
    crc.sum()
}

//! The id of a job: one short word, unique across runs.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A job by when it was started, which run started it, and the how-manieth of that run it is. The older, the smaller.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobId {
    /// When it was started, in milliseconds since 1970.
    pub millis: i64,
    /// A random number that the run has drawn: two programs may start something in the same moment.
    pub nonce: u32,
    pub n: u32,
}

/// That text names no job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoJob;

impl JobId {
    pub(super) fn new(now: Timestamp, nonce: u32, n: u32) -> Self {
        Self { millis: now.as_millisecond(), nonce, n }
    }
}

/// `19c3a8b2c41-9f3c21aa-1`: the moment and the run in hexadecimal digits. It may stand as the name of a file.
impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}-{:08x}-{}", self.millis, self.nonce, self.n)
    }
}

impl FromStr for JobId {
    type Err = NoJob;

    /// Reads what [`JobId`] writes, and no other spelling of it: a job has one name.
    fn from_str(text: &str) -> Result<Self, NoJob> {
        let mut parts = text.splitn(3, '-');
        let mut part = || parts.next().ok_or(NoJob);
        let (millis, nonce, n) = (part()?, part()?, part()?);
        let id = Self {
            millis: u64::from_str_radix(millis, 16).map_err(|_| NoJob)?.cast_signed(),
            nonce: u32::from_str_radix(nonce, 16).map_err(|_| NoJob)?,
            n: n.parse().map_err(|_| NoJob)?,
        };
        if id.to_string() == text { Ok(id) } else { Err(NoJob) }
    }
}

impl fmt::Display for NoJob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("that is not the name of a job")
    }
}

impl std::error::Error for NoJob {}

impl Serialize for JobId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for JobId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_job_is_one_short_word() {
        let id = JobId { millis: 0x19c_3a8b_2c41, nonce: 0x9f3c_21aa, n: 1 };

        assert_eq!(id.to_string(), "19c3a8b2c41-9f3c21aa-1");
        assert_eq!(serde_json::to_string(&id).expect("text"), "\"19c3a8b2c41-9f3c21aa-1\"");
    }

    #[test]
    fn another_spelling_is_not_a_job() {
        for text in ["", "-", "--", "1-2-3", "1-00000002", "01-00000002-3", "1-00000002-+3", "1-00000002-3-4", "1-0000000G-3"] {
            assert_eq!(text.parse::<JobId>(), Err(NoJob), "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_job_is_found_by_its_name_and_the_older_comes_first(millis: (i64, i64), nonce: u32, n: u32) {
            let id = |millis| JobId { millis, nonce, n };
            prop_assert_eq!(id(millis.0).to_string().parse(), Ok(id(millis.0)));
            prop_assert_eq!(id(millis.0) < id(millis.1), millis.0 < millis.1);
        }

        #[test]
        fn no_text_is_read_as_a_job_that_is_written_otherwise(text in "[0-9a-fA-F+-]{0,30}") {
            if let Ok(id) = text.parse::<JobId>() {
                prop_assert_eq!(id.to_string(), text);
            }
        }
    }
}

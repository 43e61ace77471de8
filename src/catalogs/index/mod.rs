//! The index of a Helm repository, read as it comes: of 60 MB no more is held than one line, one version and what was found.
//!
//! An index is YAML as helm, Artifactory, Nexus and others write it, line by line, or JSON (helm `pkg/repo`, `loadIndex`, takes either).
//! Everything but the entry of one chart is passed over, and nothing is read after it.
//!
//! ```text
//!  fetch  the requests, and what unpacks the answer
//!  entry  what is kept of one version
//!  yaml   YAML by its lines; item: those of one version
//!  json   JSON by its bytes
//! ```

mod entry;
mod fetch;
mod item;
mod json;
mod yaml;

use std::io::Write;

use jiff::Timestamp;

use super::{Failure, LARGEST_INDEX};
use fluxdeck_model::domain::published::{Published, PublishedVersion, TOO_LONG};

pub use fetch::read;

/// source-controller's `--helm-index-max-size`.
const FLUX: u64 = 50 << 20;
/// Most versions of one chart that are kept.
const MOST_VERSIONS: usize = 20_000;

/// What was found of a chart.
#[derive(Debug, Default)]
pub struct Found {
    pub versions: Vec<PublishedVersion>,
    /// Entries that cannot be read, or have no version.
    pub left_out: usize,
    pub is_whole: bool,
    /// The index, in bytes: what was read of it, or what its server says of its size.
    pub size: u64,
    pub(super) has_chart: bool,
}

impl Found {
    pub fn published(self, asked_at: Timestamp) -> Published {
        let mut published = Published::new(self.versions, asked_at);
        published.left_out = self.left_out;
        published.cut = (!self.is_whole).then_some(TOO_LONG);
        published.is_beyond_flux = self.size > FLUX;
        published
    }

    /// Keeps an entry.
    fn keep(&mut self, entry: Option<PublishedVersion>) {
        match entry {
            None => self.left_out += 1,
            Some(_) if self.versions.len() == MOST_VERSIONS => self.is_whole = false,
            Some(entry) => self.versions.push(entry),
        }
    }
}

/// The versions of one chart, from an index that comes in pieces: of what size ever, little of it is held.
pub struct ChartIndex(Index);

impl ChartIndex {
    pub fn of(chart: &str) -> Self {
        Self(Index::new(chart, LARGEST_INDEX))
    }

    /// Takes the next bytes. Returns whether more are wanted: nothing is read behind the entry of the chart.
    pub fn push(&mut self, bytes: &[u8]) -> bool {
        self.0.write_all(bytes).is_ok() && !self.0.has_enough()
    }

    /// The versions that were read.
    ///
    /// # Errors
    /// It is not an index, is too large, or has no such chart.
    pub fn finish(self, asked_at: Timestamp) -> Result<Published, Failure> {
        Ok(self.0.finish()?.published(asked_at))
    }
}

/// An index that is written to it, until it has what it wants.
pub(super) struct Index {
    chart: String,
    format: Format,
    size: u64,
    largest: u64,
    is_too_large: bool,
}

enum Format {
    /// Nothing but blanks came.
    Open,
    Yaml(yaml::Lines),
    Json(json::Bytes),
}

impl Index {
    pub fn new(chart: &str, largest: u64) -> Self {
        Self { chart: chart.to_owned(), format: Format::Open, size: 0, largest, is_too_large: false }
    }

    /// Whether nothing that may come would be read.
    fn has_enough(&self) -> bool {
        self.is_too_large
            || match &self.format {
                Format::Open => false,
                Format::Yaml(lines) => lines.has_enough(),
                Format::Json(bytes) => bytes.has_enough(),
            }
    }

    /// Bytes that are held beside what was found.
    #[cfg(test)]
    pub fn held(&self) -> usize {
        match &self.format {
            Format::Open => 0,
            Format::Yaml(lines) => lines.held(),
            Format::Json(bytes) => bytes.held(),
        }
    }

    /// What was found.
    ///
    /// # Errors
    /// It is too large, is not an index, or has no such chart.
    pub fn finish(self) -> Result<Found, Failure> {
        if self.is_too_large {
            return Err(Failure::TooLarge(self.largest));
        }
        let found = match self.format {
            Format::Open => Err("it is empty"),
            Format::Yaml(lines) => lines.finish(),
            Format::Json(bytes) => bytes.finish(),
        };
        let found = found.map_err(|why| Failure::Unreadable(why.to_owned()))?;
        if found.has_chart { Ok(Found { size: self.size, ..found }) } else { Err(Failure::NoChart) }
    }
}

impl Write for Index {
    /// # Errors
    /// It has enough: of an error nothing is read.
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.size += bytes.len() as u64;
        self.is_too_large |= self.size > self.largest;
        if self.has_enough() {
            return Err(std::io::ErrorKind::Other.into());
        }
        if matches!(self.format, Format::Open)
            && let Some(first) = bytes.iter().find(|byte| !byte.is_ascii_whitespace())
        {
            let chart = std::mem::take(&mut self.chart);
            self.format =
                if *first == b'{' { Format::Json(json::Bytes::new(chart)) } else { Format::Yaml(yaml::Lines::new(chart)) };
        }
        match &mut self.format {
            Format::Open => {}
            Format::Yaml(lines) => lines.push(bytes),
            Format::Json(json) => json.push(bytes),
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

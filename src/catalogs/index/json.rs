//! An index of JSON, by its bytes: how deep one is, and the two keys above, is enough to find the entry of a chart.

use super::Found;
use super::entry::Entry;

/// Longest key that is compared, in bytes.
const KEY: usize = 512;
/// Most that is held of one version, in bytes: with its description, its maintainers, its annotations.
const ITEM: usize = 1 << 20;

/// Bytes of an index.
pub struct Bytes {
    chart: String,
    /// Braces and brackets that are open.
    depth: usize,
    is_in_text: bool,
    is_escaped: bool,
    /// In an object of the first two levels: a text here is a key.
    is_key: bool,
    text: Vec<u8>,
    /// Whether the key of that level is the one that is looked for.
    is_entries: bool,
    is_chart: bool,
    /// One version of the chart, and whether it was too long.
    item: Vec<u8>,
    is_in_item: bool,
    is_too_long: bool,
    has_entries: bool,
    is_done: bool,
    found: Found,
}

impl Bytes {
    pub fn new(chart: String) -> Self {
        Self {
            chart,
            depth: 0,
            is_in_text: false,
            is_escaped: false,
            is_key: false,
            text: Vec::new(),
            is_entries: false,
            is_chart: false,
            item: Vec::new(),
            is_in_item: false,
            is_too_long: false,
            has_entries: false,
            is_done: false,
            found: Found { is_whole: true, ..Found::default() },
        }
    }

    pub fn has_enough(&self) -> bool {
        self.is_done
    }

    #[cfg(test)]
    pub fn held(&self) -> usize {
        self.item.capacity() + self.text.capacity()
    }

    pub fn push(&mut self, bytes: &[u8]) {
        for byte in bytes {
            if self.is_in_item {
                self.is_too_long |= self.item.len() >= ITEM;
                if !self.is_too_long {
                    self.item.push(*byte);
                }
            }
            if self.is_in_text {
                self.text(*byte);
            } else {
                self.sign(*byte);
            }
            if self.is_done {
                return;
            }
        }
    }

    /// What was found.
    ///
    /// # Errors
    /// It is not an index.
    pub fn finish(self) -> Result<Found, &'static str> {
        match (self.is_done, self.has_entries) {
            (false, _) => Err("it breaks off"),
            (true, false) => Err("it is not the index of a Helm repository"),
            (true, true) => Ok(self.found),
        }
    }

    fn text(&mut self, byte: u8) {
        match byte {
            _ if self.is_escaped => self.is_escaped = false,
            b'\\' => self.is_escaped = true,
            b'"' => return self.end_text(),
            _ => {}
        }
        if self.is_key && self.depth <= 2 && self.text.len() < KEY {
            self.text.push(byte);
        }
    }

    fn end_text(&mut self) {
        self.is_in_text = false;
        if !self.is_key {
            return;
        }
        match self.depth {
            1 => {
                self.is_entries = self.text == b"entries";
                self.has_entries |= self.is_entries;
            }
            2 => {
                self.is_chart = self.is_entries && self.text == self.chart.as_bytes();
                self.found.has_chart |= self.is_chart;
            }
            _ => {}
        }
    }

    fn sign(&mut self, byte: u8) {
        match byte {
            b'"' => {
                self.is_in_text = true;
                self.text.clear();
            }
            b':' => self.is_key = false,
            b',' => self.is_key = self.depth == 1 || self.depth == 2 && self.is_entries,
            b'{' | b'[' => {
                if byte == b'{' && self.depth == 3 && self.is_chart {
                    (self.is_in_item, self.is_too_long) = (true, false);
                    self.item.clear();
                    self.item.push(byte);
                }
                self.depth += 1;
                self.is_key = byte == b'{' && (self.depth == 1 || self.depth == 2 && self.is_entries);
            }
            b'}' | b']' => self.close(),
            _ => {}
        }
    }

    fn close(&mut self) {
        self.is_key = false;
        self.depth = self.depth.saturating_sub(1);
        match self.depth {
            3 if self.is_in_item => {
                self.is_in_item = false;
                let entry = if self.is_too_long { None } else { serde_json::from_slice::<Entry>(&self.item).ok() };
                self.found.keep(entry.and_then(Entry::published));
            }
            // the chart has ended, or all charts
            2 => self.is_done = self.is_chart,
            1 => self.is_done = self.is_entries,
            0 => self.is_done = true,
            _ => {}
        }
    }
}

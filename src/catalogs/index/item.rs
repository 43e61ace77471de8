//! The lines of one version in an index of YAML: of them the fields that are wanted are kept, and read as a document of their own. So what
//! is passed over may be as long as it likes, and may have anchors.

use super::entry::{Entry, FIELDS};
use super::yaml::{is_dash, key};
use fluxdeck_model::domain::published::PublishedVersion;

/// Most that is kept of the lines of one version, in bytes.
const MOST: usize = 32 << 10;

/// The lines of a version, as they come.
#[derive(Default)]
pub struct Item {
    /// Where its fields begin, once one has come.
    column: Option<usize>,
    text: String,
    /// The line before is of a field that is wanted.
    is_wanted: bool,
    /// It is written in braces.
    is_flow: bool,
    is_broken: bool,
}

impl Item {
    /// Takes what is behind a column of a line. `is_cut`: the line was longer than what is held of one.
    pub fn line(&mut self, column: usize, content: &str, is_cut: bool) {
        if self.is_flow {
            return self.keep(content, is_cut);
        }
        let Some(own) = self.column else { return self.first(column, content, is_cut) };
        if column < own {
            self.is_broken = true;
        } else if column > own {
            if self.is_wanted {
                self.keep(&format!("  {content}"), is_cut);
            }
        } else if !is_dash(content) {
            // what an alias means was passed over
            let field = key(content).filter(|(key, value)| FIELDS.contains(key) && !value.starts_with('*'));
            self.is_wanted = field.is_some();
            if let Some((key, value)) = field {
                self.keep(&format!("{key}: {value}"), is_cut);
            }
        }
    }

    /// The first line; anchors and tags before it say nothing.
    fn first(&mut self, column: usize, content: &str, is_cut: bool) {
        if content.starts_with(['&', '!']) {
            let behind = content.find(' ').map_or("", |end| &content[end..]);
            let rest = behind.trim_start();
            return self.first(column + content.len() - rest.len(), rest, is_cut);
        }
        if content.is_empty() || content.starts_with('#') {
            return;
        }
        self.column = Some(column);
        self.is_flow = content.starts_with('{');
        self.line(column, content, is_cut);
    }

    fn keep(&mut self, line: &str, is_cut: bool) {
        self.is_broken |= is_cut || self.text.len() + line.len() > MOST;
        if !self.is_broken {
            self.text.push_str(line);
            self.text.push('\n');
        }
    }

    /// The version, once its lines have ended; none where it cannot be read.
    pub fn read(&self) -> Option<PublishedVersion> {
        if self.is_broken {
            return None;
        }
        serde_yaml::from_str::<Entry>(&self.text).ok()?.published()
    }

    #[cfg(test)]
    pub fn held(&self) -> usize {
        self.text.capacity()
    }
}

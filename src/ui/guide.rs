//! The first minute of the demo: one quiet line with three things worth trying, by keys that do the same on a real cluster.
//!
//! ```text
//!  try  ! what fails   :scene break it   :deploy web, a n scale in git   ^g hide
//! ```
//! It takes no key of its own but the one that hides it. Then it never comes back in the same run, nor in another with the same `--demo-dir`.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;

use super::theme::{Scope, Theme};

/// What is typed, and what for. The last one hides the line.
const HINTS: &[(&str, &str)] =
    &[("!", "what fails"), (":scene", "break it"), (":deploy web, a n", "scale in git"), ("^g", "hide")];

pub fn render(area: Rect, buf: &mut Buffer, theme: &Theme) {
    if area.height == 0 {
        return;
    }
    let mut spans = vec![Span::styled(" try  ", theme.style(Scope::Dim))];
    for (keys, what) in HINTS {
        spans.push(Span::styled(*keys, theme.style(Scope::Key)));
        spans.push(Span::styled(format!(" {what}   "), theme.style(Scope::Dim)));
    }
    Line::from(spans).render(area, buf);
}

#[cfg(test)]
mod tests {
    use super::*;
    use fluxdeck_model::commands::{self, keys_of};
    use fluxdeck_model::kinds;

    #[test]
    fn every_hint_names_keys_or_a_command_that_there_is() {
        for (keys, _) in HINTS {
            let is_key = commands::all().any(|command| keys_of(command).split(' ').any(|known| known == *keys));
            let word = keys.strip_prefix(':').and_then(|line| line.split(' ').next());
            let is_word = |word: &str| commands::find(word).is_some() || !kinds::by_name(word).is_empty();
            assert!(is_key || word.is_some_and(is_word), "{keys}");
        }
    }

    #[test]
    fn the_line_fits_on_eighty_columns() {
        let width: usize = HINTS.iter().map(|(keys, what)| keys.len() + what.len() + 4).sum();

        assert!(6 + width <= 80 + 3, "{width}");
    }
}

//! Notifications as terminals take them: OSC 9 (iTerm2, "Escape Codes"), OSC 777 (urxvt's extension `notify`), the bell.

use fluxdeck_model::domain::NotifyBy;
use fluxdeck_model::domain::text::sanitise;
use fluxdeck_model::domain::width::fit;

/// Columns of a text: desktops show less.
const COLUMNS: usize = 200;
/// What the notification is from.
const TITLE: &str = "fluxdeck";

/// The sequence for a text. Names and messages are a stranger's: nothing of the text can end the sequence or begin another part of it.
///
/// tmux hands a sequence to the terminal outside that is wrapped in one of its own, with each ESC doubled, where its user allows that
/// (tmux(1), `allow-passthrough`). The bell is its own.
pub(super) fn sequence(by: NotifyBy, text: &str, is_in_tmux: bool) -> String {
    let text = plain(text);
    let sequence = match by {
        NotifyBy::Off => return String::new(),
        NotifyBy::Bell => return "\x07".to_owned(),
        NotifyBy::Osc9 => format!("\x1b]9;{TITLE}: {text}\x07"),
        NotifyBy::Osc777 => format!("\x1b]777;notify;{TITLE};{text}\x07"),
    };
    if is_in_tmux { format!("\x1bPtmux;{}\x1b\\", sequence.replace('\x1b', "\x1b\x1b")) } else { sequence }
}

/// A text without what means something in a sequence, and not longer than a desktop shows.
fn plain(text: &str) -> String {
    let text = sanitise(text);
    let plain = |c: char| match c {
        ';' => ',',
        '\u{fffd}' => '?',
        c if c.is_control() => '?',
        c => c,
    };
    fit(&text.chars().map(plain).collect::<String>(), COLUMNS).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_way_has_its_sequence_and_tmux_hands_it_on() {
        for (by, is_in_tmux, expected) in [
            (NotifyBy::Off, false, ""),
            (NotifyBy::Bell, true, "\x07"),
            (NotifyBy::Osc9, false, "\x1b]9;fluxdeck: prod: ks a/b fails\x07"),
            (NotifyBy::Osc777, false, "\x1b]777;notify;fluxdeck;prod: ks a/b fails\x07"),
            (NotifyBy::Osc9, true, "\x1bPtmux;\x1b\x1b]9;fluxdeck: prod: ks a/b fails\x07\x1b\\"),
        ] {
            assert_eq!(sequence(by, "prod: ks a/b fails", is_in_tmux), expected, "{by:?}");
        }
    }

    #[test]
    fn no_text_ends_a_sequence_or_begins_another() {
        let hostile = "a\x07b\x1b]0;title\x1b\\c\u{9c}d\u{9d}9;e\n4;1;50\r\u{202e}f\0";
        for by in [NotifyBy::Osc9, NotifyBy::Osc777] {
            let made = sequence(by, hostile, false);
            let inner = made.strip_prefix('\x1b').and_then(|rest| rest.strip_suffix('\x07')).expect("one sequence");
            assert!(!inner.chars().any(|c| c.is_control() || c == '\u{202e}'), "{inner:?}");
            let parts = if by == NotifyBy::Osc9 { 2 } else { 4 };
            assert_eq!(inner.split(';').count(), parts, "{inner:?}");
        }
        assert!(sequence(NotifyBy::Osc9, &"x".repeat(100_000), false).len() < 300);
    }
}

//! What the bytes of a terminal mean: keys and pasted text.
//!
//! A terminal sends the escape key as ESC, alt with a key as ESC and that key, and other keys as ESC and more. Only the moment tells them
//! apart: what a key sends comes in one read. So two reads are never taken for one key, but where a sequence was torn on its way: then its
//! rest follows at once, and begins as no key does that a person presses in that time.

use std::time::{Duration, Instant};

use super::sequence::{ESC, Meaning, PASTE_ENDS, meaning};
use fluxdeck_model::state::{Code, Input, Key};

/// How long after an ESC alone the rest of a torn sequence may follow; after it, it was the escape key. Shorter than a person needs for two
/// keys (about 30 ms), longer than a line needs between two packets of one write (tmux 3.5 waits 10 ms, `escape-time`).
const ESCAPE: Duration = Duration::from_millis(20);
/// The same after what no key begins with alone.
const TORN: Duration = Duration::from_secs(1);
/// Longest sequence that is waited for to its end, in bytes: more than any key or answer of a terminal has.
const LONGEST: usize = 256;

/// Longest text that is taken as one paste, in bytes: what is longer comes in pieces.
const LONGEST_PASTE: usize = 1 << 20;
/// ctrl-c.
const INTERRUPT: &[u8] = b"\x03";

/// Turns reads into inputs. Holds what is not whole yet, until its rest or its time comes.
#[derive(Debug, Default)]
pub struct Decoder {
    held: Vec<u8>,
    /// When the last byte that is held was read.
    since: Option<Instant>,
    /// Text that is being pasted: nothing in it is a key.
    pasted: Option<Vec<u8>>,
}

impl Decoder {
    /// Takes what one read brought at that moment.
    pub fn take(&mut self, read: &[u8], at: Instant) -> Vec<Input> {
        let mut inputs = Vec::new();
        if read == INTERRUPT && self.pasted.is_some() {
            // a paste whose end does not come; nobody pastes this alone
            (self.pasted, self.held) = (None, Vec::new());
        }
        if self.pasted.is_none() && !self.goes_on(read, at) {
            inputs.extend(self.give_up());
        }
        let mut bytes = std::mem::take(&mut self.held);
        bytes.extend_from_slice(read);
        self.since = None;
        let mut rest = bytes.as_slice();
        while !rest.is_empty() {
            let Some(taken) = self.next(rest, &mut inputs) else {
                (self.held, self.since) = (rest.to_vec(), Some(at));
                break;
            };
            rest = &rest[taken..];
        }
        inputs
    }

    /// When [`Self::settle`] has something to say; none while nothing is held.
    pub fn due(&self) -> Option<Instant> {
        self.since?.checked_add(self.patience())
    }

    /// Gives up waiting for the rest of what is held, once it is due.
    pub fn settle(&mut self, now: Instant) -> Vec<Input> {
        match self.due() {
            Some(due) if due <= now => self.give_up().into_iter().collect(),
            _ => Vec::new(),
        }
    }

    /// Takes the next input from the front; returns how many bytes that was, none where it is not whole.
    fn next(&mut self, bytes: &[u8], inputs: &mut Vec<Input>) -> Option<usize> {
        if let Some(pasted) = self.pasted.as_mut() {
            let taken = paste(pasted, bytes);
            let text = pasted.strip_suffix(PASTE_ENDS).or_else(|| (pasted.len() > LONGEST_PASTE).then_some(pasted.as_slice()));
            if let Some(text) = text {
                inputs.push(Input::Paste(String::from_utf8_lossy(text).into_owned()));
                self.pasted = None;
            }
            return Some(taken);
        }
        let (meaning, taken) = match meaning(bytes) {
            Some(found) => found,
            // nothing that is known is as long: it is no key, and what follows may be
            None if bytes.len() > LONGEST => return Some(bytes.len()),
            None => return None,
        };
        match meaning {
            Meaning::Key(key) => inputs.push(Input::Key(key)),
            Meaning::PasteBegins => self.pasted = Some(Vec::new()),
            Meaning::Nothing => {}
        }
        Some(taken)
    }

    /// Whether a read is the rest of what is held.
    fn goes_on(&self, read: &[u8], at: Instant) -> bool {
        let is_in_time = self.since.is_some_and(|since| at.duration_since(since) < self.patience());
        let fits = match (self.held.as_slice(), read.first()) {
            ([ESC], first) => matches!(first, Some(b'[' | b'O')),
            _ => true,
        };
        is_in_time && fits
    }

    /// How long the rest of what is held may take.
    fn patience(&self) -> Duration {
        // ESC and one more may be alt with that key
        if self.held.first() == Some(&ESC) && self.held.len() <= 2 { ESCAPE } else { TORN }
    }

    /// What is held, if nothing follows.
    fn give_up(&mut self) -> Option<Input> {
        self.since = None;
        match std::mem::take(&mut self.held).as_slice() {
            [ESC] => Some(Input::Key(Key::plain(Code::Esc))),
            [ESC, letter @ 0x20..0x7f] => Some(Input::Key(Key { alt: true, ..Key::plain(Code::Char(char::from(*letter))) })),
            _ => None,
        }
    }
}

/// Adds bytes to pasted text up to its end; returns how many.
fn paste(pasted: &mut Vec<u8>, bytes: &[u8]) -> usize {
    for (at, byte) in bytes.iter().enumerate() {
        pasted.push(*byte);
        if pasted.ends_with(PASTE_ENDS) {
            return at + 1;
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads, each with the milliseconds since the one before, and time after the last.
    fn decoded(reads: &[(u64, &[u8])], after: u64) -> Vec<String> {
        let (mut decoder, mut at) = (Decoder::default(), Instant::now());
        let mut inputs = Vec::new();
        for (pause, read) in reads {
            at += Duration::from_millis(*pause);
            inputs.extend(decoder.take(read, at));
        }
        inputs.extend(decoder.settle(at + Duration::from_millis(after)));
        inputs.iter().map(word).collect()
    }

    fn word(input: &Input) -> String {
        let key = match input {
            Input::Key(key) => key,
            Input::Paste(text) => return format!("paste:{text}"),
        };
        let modifiers = [(key.ctrl, "ctrl-"), (key.alt, "alt-"), (key.shift, "shift-")];
        let modifiers: String = modifiers.iter().filter(|(is_held, _)| *is_held).map(|(_, name)| *name).collect();
        match key.code {
            Code::Char(letter) => format!("{modifiers}{letter}"),
            other => format!("{modifiers}{other:?}"),
        }
    }

    #[test]
    fn what_one_read_brings_is_told_apart() {
        for (read, expected) in [
            (&b"j"[..], "j"),
            (b"jk:", "j k :"),
            ("é漢".as_bytes(), "é 漢"),
            (b"\r\n\t\x7f\x08", "Enter ctrl-j Tab Backspace ctrl-h"),
            (b"\x01\x1a\x00\x1c\x1d\x1f", "ctrl-a ctrl-z ctrl-  ctrl-\\ ctrl-5 ctrl-7"),
            (b"\x1b[A\x1b[B\x1b[C\x1b[D\x1b[H\x1b[F\x1b[Z", "Up Down Right Left Home End BackTab"),
            (b"\x1bOA\x1bOH\x1bOP\x1bOS\x1bOM", "Up Home F(1) F(4) Enter"),
            (b"\x1b[1~\x1b[3~\x1b[4~\x1b[5~\x1b[6~", "Home Delete End PageUp PageDown"),
            (b"\x1b[11~\x1b[15~\x1b[17~\x1b[21~\x1b[23~\x1b[24~", "F(1) F(5) F(6) F(10) F(11) F(12)"),
            (b"\x1b[[A\x1b[[E", "F(1) F(5)"),
            (b"\x1b[1;5C\x1b[1;2D\x1b[3;3~", "ctrl-Right shift-Left alt-Delete"),
            (b"\x1b[97;5u\x1b[27;5;97~\x1b[13u\x1b[27u", "ctrl-a ctrl-a Enter Esc"),
            (b"\x1b:", "alt-:"),
            (b"\x1b\x1b:", "Esc alt-:"),
            (b"\x1b\x1b[A", "Esc Up"),
            (b"\x1b\r\x1b\x7f", "alt-Enter alt-Backspace"),
            ("\x1bé".as_bytes(), "alt-é"),
            (b"\x1bOx\x1b]x", "alt-O x alt-] x"),
            (b"\x1b[I\x1b[O\x1b[<0;1;1M\x1b[M !!\x1b[24;80R\x1b[?62;22cj", "j"),
            (b"\x1b]11;rgb:1010/1010/1818\x1b\\j\x1b]11;rgb:1/1/1\x07k", "j k"),
            (b"\x1b[999zj\x1b[1\x07k", "j ctrl-g k"),
            (b"\xff\xc3(\x80j", "( j"),
            (b"\x1b[200~:ctx\r\x1b[A\x1b[201~j", "paste::ctx\r\x1b[A j"),
        ] {
            assert_eq!(decoded(&[(0, read)], 0).join(" "), expected, "{:?}", String::from_utf8_lossy(read));
        }
    }

    #[test]
    fn two_reads_are_never_one_key() {
        for (reads, expected) in [
            (&[(0, &b"\x1b"[..]), (0, b":")][..], "Esc :"),
            (&[(0, b"\x1b"), (1, b"\x1b")], "Esc Esc"),
            (&[(0, b"\x1b"), (1, b"\x1b[A")], "Esc Up"),
            (&[(0, b"\x1b"), (25, b"[")], "Esc ["),
            (&[(0, b"\x1b"), (25, b"OA")], "Esc O A"),
            (&[(0, b"j\x1b"), (1, b"ctx")], "j Esc c t x"),
            (&[(0, b"\x1b["), (25, b"A")], "alt-[ A"),
            (&[(0, b"\x1b[1;"), (2000, b"5C")], "5 C"),
            (&[(0, b"\xc3"), (2000, b"j")], "j"),
        ] {
            assert_eq!(decoded(reads, 100).join(" "), expected, "{reads:?}");
        }
    }

    #[test]
    fn what_was_torn_on_its_way_is_put_together() {
        for (reads, expected) in [
            (&[(0, &b"\x1b"[..]), (5, b"[A")][..], "Up"),
            (&[(0, b"\x1b["), (5, b"A")], "Up"),
            (&[(0, b"\x1b[1;"), (100, b"5C")], "ctrl-Right"),
            (&[(0, b"\x1bO"), (5, b"P")], "F(1)"),
            (&[(0, b"\xc3"), (100, b"\xa9")], "é"),
            (&[(0, b"\x1b[200~a\x1b[2"), (60_000, b"01~j")], "paste:a j"),
            (&[(0, b"\x1b[200~a"), (1, b"\x1b"), (5_000, b"[201~"), (1, b"j")], "paste:a j"),
            (&[(0, b"\x1b[200~a"), (1, b"j"), (9_000, b"\x03"), (1, b"k")], "ctrl-c k"),
            (&[(0, b"\x1b]11;rgb:10"), (100, b"/10\x07j")], "j"),
        ] {
            assert_eq!(decoded(reads, 100).join(" "), expected, "{reads:?}");
        }
    }

    #[test]
    fn nothing_is_held_beyond_its_time() {
        let (mut decoder, at) = (Decoder::default(), Instant::now());
        assert_eq!(decoder.due(), None);
        assert!(decoder.take(b"\x1b", at).is_empty());
        let due = decoder.due().expect("an escape is held");
        assert_eq!(due, at + ESCAPE);
        assert!(decoder.settle(due - Duration::from_millis(1)).is_empty(), "not yet");
        assert_eq!(decoder.settle(due), [Input::Key(Key::plain(Code::Esc))]);
        assert_eq!(decoder.due(), None, "it is told once");

        // an answer without an end does not swallow keys for ever
        decoder.take(b"\x1b]1", due);
        let endless = vec![b'x'; 2 * LONGEST];
        decoder.take(&endless, due);
        assert_eq!(decoder.take(b"j", due).len(), 1);
    }
}

//! What the bytes of a terminal mean: keys and pasted text.
//!
//! A terminal sends the escape key as ESC, and other keys as ESC and more. Where the line is slow, two keys come in one read and one key
//! in two. So bytes are taken as a stream, wherever it is cut: an ESC waits for its rest as long as a line needs and no person, and is the
//! escape key when none has come (tmux `escape-time`, vim `ttimeoutlen`). What begins no sequence needs no pause.

use std::time::{Duration, Instant};

use super::sequence::{ESC, Meaning, PASTE_ENDS, introduces, meaning, typed};
use fluxdeck_model::state::Input;

/// How long after an ESC alone, or with what a person may have pressed after it, the rest of a torn sequence may follow; after it, they were
/// keys. Shorter than a person needs for two keys (about 30 ms) and than the escape key may take to be seen; longer than a line needs between
/// two packets of one write, which follow each other at once (tmux 3.5 waits 10 ms, `escape-time`).
const ESCAPE: Duration = Duration::from_millis(4);
/// How long after the first byte the rest of anything else may follow: an answer without an end swallows no more keys.
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
    /// When the first and the last byte that is held were read.
    since: Option<(Instant, Instant)>,
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
        let first = self.since.take().map_or(at, |(first, _)| first);
        let mut rest = bytes.as_slice();
        while !rest.is_empty() {
            let Some(taken) = self.next(rest, &mut inputs) else {
                let first = if rest.len() == bytes.len() { first } else { at };
                (self.held, self.since) = (rest.to_vec(), Some((first, at)));
                break;
            };
            rest = &rest[taken..];
        }
        inputs
    }

    /// When [`Self::settle`] has something to say; none while nothing is held.
    pub fn due(&self) -> Option<Instant> {
        let (first, last) = self.since?;
        if typed(&self.held).is_empty() { first.checked_add(TORN) } else { last.checked_add(ESCAPE) }
    }

    /// Gives up waiting for the rest of what is held, once it is due.
    pub fn settle(&mut self, now: Instant) -> Vec<Input> {
        match self.due() {
            Some(due) if due <= now => self.give_up(),
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
            // nothing that is known is as long: it is not a key, and what follows may be
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
        let fits = self.held != [ESC] || read.first().is_some_and(|first| introduces(*first));
        fits && self.due().is_some_and(|due| at < due)
    }

    /// What is held, if nothing follows.
    fn give_up(&mut self) -> Vec<Input> {
        self.since = None;
        typed(&std::mem::take(&mut self.held)).into_iter().map(Input::Key).collect()
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
    use fluxdeck_model::state::{Code, Key};

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
    fn keys_of_one_read_are_separated() {
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
            // over a slow line two keys come in one read
            (b"\x1bs", "Esc s"),
            (b"j\x1b:ctx\r", "j Esc : c t x Enter"),
            (b"\x1b\x1b:", "Esc Esc :"),
            (b"\x1b\x1b[A", "Esc Up"),
            (b"\x1b\r\x1b\x7f\x1b\x03", "Esc Enter Esc Backspace Esc ctrl-c"),
            ("\x1bé".as_bytes(), "Esc é"),
            (b"\x1bOx\x1b]x\x1bPj", "Esc O x Esc ] x Esc P j"),
            // of a terminal that names keys by numbers: alt, and what was let go, or pressed with keys that we do not know
            (b"\x1b[115;3u\x1b[115;9u\x1b[115;1:3u\x1b[57358u\x1b[1;1:3A\x1b[27;65u\x1b[1;1:2A", "alt-s Esc Up"),
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
            (&[(0, b"\x1b["), (25, b"A")], "Esc [ A"),
            (&[(0, b"\x1b["), (3, b"["), (25, b"j")], "Esc [ [ j"),
            (&[(0, b"\x1b]"), (25, b"1")], "Esc ] 1"),
            (&[(0, b"\x1b[1;"), (2000, b"5C")], "5 C"),
            (&[(0, b"\xc3"), (2000, b"j")], "j"),
        ] {
            assert_eq!(decoded(reads, 100).join(" "), expected, "{reads:?}");
        }
    }

    #[test]
    fn what_was_torn_on_its_way_is_put_together() {
        for (reads, expected) in [
            (&[(0, &b"\x1b"[..]), (3, b"[A")][..], "Up"),
            (&[(0, b"\x1b["), (3, b"A")], "Up"),
            (&[(0, b"\x1b[1;"), (100, b"5C")], "ctrl-Right"),
            (&[(0, b"\x1bO"), (3, b"P")], "F(1)"),
            (&[(0, b"\xc3"), (100, b"\xa9")], "é"),
            (&[(0, b"\x1b[200~a\x1b[2"), (60_000, b"01~j")], "paste:a j"),
            (&[(0, b"\x1b[200~a"), (1, b"\x1b"), (5_000, b"[201~"), (1, b"j")], "paste:a j"),
            (&[(0, b"\x1b[200~a"), (1, b"j"), (9_000, b"\x03"), (1, b"k")], "ctrl-c k"),
            (&[(0, b"\x1b]11;rgb:10"), (100, b"/10\x07j")], "j"),
            (&[(0, b"\x1b"), (3, b"]11;rgb:10/10\x07j")], "j"),
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
        assert_eq!(decoder.due(), None, "it is reported once");

        // an answer without an end does not swallow keys for ever
        decoder.take(b"\x1b]1", due);
        let endless = vec![b'x'; 2 * LONGEST];
        decoder.take(&endless, due);
        assert_eq!(decoder.take(b"j", due).len(), 1);
        assert!(decoder.take(b"\x1b]1", due).is_empty());
        let keys = (1..=12).flat_map(|tenth| decoder.take(b"k", due + Duration::from_millis(100 * tenth))).count();
        assert_eq!(keys, 3, "however soon each follows the one before");
    }

    /// Pieces of what terminals send, whole and in part.
    const PIECES: &[&[u8]] = &[
        b"\x1b",
        b"\x1b",
        b"\x1b",
        b"[",
        b"O",
        b"]",
        b"P",
        b"1",
        b";",
        b"5",
        b"A",
        b"~",
        b"u",
        b"s",
        b"R",
        b"\r",
        b"\x03",
        b"\x07",
        b"\\",
        "é".as_bytes(),
        "漢".as_bytes(),
        b"\xff",
        b"\x1b[A",
        b"\x1b[1;5C",
        b"\x1bOP",
        b"\x1b[M !!",
        b"\x1b]11;rgb:1/1/1\x1b\\",
        b"\x1b[200~q\x1b[Aq\x1b[201~",
    ];

    /// The same numbers in each run: Knuth's generator of 64 bits (MMIX).
    struct Dice(u64);

    impl Dice {
        fn below(&mut self, bound: usize) -> usize {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(self.0 >> 33).expect("31 bits") % bound
        }
    }

    #[test]
    fn the_same_bytes_are_the_same_keys_wherever_they_are_cut() {
        let mut dice = Dice(7);
        for _ in 0..20_000 {
            let bytes: Vec<u8> = (0..=dice.below(8)).flat_map(|_| PIECES[dice.below(PIECES.len())].iter().copied()).collect();
            let whole = decoded(&[(0, &bytes)], 2000);
            let (mut reads, mut rest) = (Vec::new(), bytes.as_slice());
            while !rest.is_empty() {
                let (read, behind) = rest.split_at(1 + dice.below(rest.len()));
                // ctrl-c alone ends a paste whose end does not come
                if read == INTERRUPT && bytes.windows(6).any(|window| window == b"\x1b[200~") {
                    break;
                }
                reads.push((u64::try_from(dice.below(4)).expect("small"), read));
                rest = behind;
            }
            if rest.is_empty() {
                assert_eq!(
                    decoded(&reads, 2000),
                    whole,
                    "{:?}",
                    reads.iter().map(|(_, read)| read.escape_ascii().to_string()).collect::<Vec<_>>()
                );
            }
        }
    }

    /// What a person types is text and control keys: in whatever reads it comes, nothing is lost, merged or added.
    #[test]
    fn every_byte_that_is_typed_is_a_key() {
        let typed = b"\x1b\x1bsjR:qy\rdl /n\t\x7f?*";
        let mut dice = Dice(11);
        for _ in 0..5_000 {
            let bytes: Vec<u8> = (0..=dice.below(12)).map(|_| typed[dice.below(typed.len())]).collect();
            let keys: Vec<_> = bytes.iter().flat_map(|byte| decoded(&[(0, &[*byte])], 100)).collect();
            assert_eq!(keys.len(), bytes.len());
            assert_eq!(decoded(&[(0, &bytes)], 100), keys, "{:?}", bytes.escape_ascii().to_string());
        }
    }
}

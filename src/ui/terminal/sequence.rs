//! One key, as terminals spell it: the sequences of xterm (ctlseqs, "PC-Style Function Keys"), of the Linux console and of rxvt, and what is
//! no key: answers of the terminal, the mouse, the focus.
//!
//! ESC and a key that begins no sequence is two keys, the escape key and that one: over a slow line both come in one read. Terminals spell
//! alt with a key the same way; no command has such a key, and who presses one means nothing by it.

use fluxdeck_model::state::{Code, Key};

pub(super) const ESC: u8 = 0x1b;
const BEL: u8 = 0x07;
/// The end marker of pasted text (xterm ctlseqs, "Bracketed Paste Mode").
pub(super) const PASTE_ENDS: &[u8] = b"\x1b[201~";

/// What a sequence says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    Key(Key),
    PasteBegins,
    /// Nothing to us.
    Nothing,
}

/// What the front of some bytes means, and how many they are; none where they are not whole. More bytes behind them change nothing.
pub(super) fn meaning(bytes: &[u8]) -> Option<(Meaning, usize)> {
    match bytes {
        [] | [ESC] => None,
        [ESC, second, ..] if !introduces(*second) => Some(ESCAPE_KEY),
        [ESC, b'[', ..] => control_sequence(bytes),
        [ESC, b'O', ..] => keypad(bytes),
        [ESC, ..] => answer(bytes),
        [first, ..] if first.is_ascii() => Some((Meaning::Key(ascii(*first)), 1)),
        _ => letter(bytes),
    }
}

/// Whether a sequence can continue with that byte after its ESC.
pub(super) fn introduces(byte: u8) -> bool {
    matches!(byte, b'[' | b'O' | b']' | b'P')
}

/// The escape key; the bytes after it are something else.
const ESCAPE_KEY: (Meaning, usize) = (Meaning::Key(Key { code: Code::Esc, ctrl: false, alt: false, shift: false }), 1);

/// The keys that a person may have pressed where a sequence has only begun: none where it has gone on as nobody types.
pub(super) fn typed(begun: &[u8]) -> Vec<Key> {
    match begun {
        [ESC] | [ESC, _] | [ESC, b'[', b'['] => begun.iter().map(|byte| ascii(*byte)).collect(),
        _ => Vec::new(),
    }
}

fn plain(code: Code) -> Meaning {
    Meaning::Key(Key::plain(code))
}

/// A byte as a key. Control characters are keys with ctrl, but those with a key of their own.
fn ascii(byte: u8) -> Key {
    let ctrl = |letter: u8| Key { ctrl: true, ..Key::plain(Code::Char(char::from(letter))) };
    match byte {
        b'\r' => Key::plain(Code::Enter),
        b'\t' => Key::plain(Code::Tab),
        ESC => Key::plain(Code::Esc),
        0x7f => Key::plain(Code::Backspace),
        0 => ctrl(b' '),
        0x01..=0x1a => ctrl(byte - 1 + b'a'),
        0x1c => ctrl(b'\\'),
        0x1d..=0x1f => ctrl(byte - 0x1c + b'4'),
        _ => Key::plain(Code::Char(char::from(byte))),
    }
}

/// A letter beyond ASCII. Bytes that are not UTF-8 mean nothing.
fn letter(bytes: &[u8]) -> Option<(Meaning, usize)> {
    let front = &bytes[..bytes.len().min(4)];
    let whole = match std::str::from_utf8(front) {
        Ok(text) => text,
        Err(error) if error.valid_up_to() > 0 => std::str::from_utf8(&front[..error.valid_up_to()]).unwrap_or_default(),
        Err(error) => return error.error_len().map(|wrong| (Meaning::Nothing, wrong)),
    };
    let letter = whole.chars().next()?;
    Some((plain(Code::Char(letter)), letter.len_utf8()))
}

/// `ESC O` and a letter: keys of the keypad, and of the cursor in its application mode. Anything else is the escape key, and what follows.
fn keypad(bytes: &[u8]) -> Option<(Meaning, usize)> {
    let last = *bytes.get(2)?;
    let code = match last {
        b'M' => Some(Code::Enter),
        _ => lettered(last),
    };
    Some(code.map_or(ESCAPE_KEY, |code| (plain(code), 3)))
}

/// Keys that are named by the last letter of their sequence.
fn lettered(last: u8) -> Option<Code> {
    Some(match last {
        b'A' => Code::Up,
        b'B' => Code::Down,
        b'C' => Code::Right,
        b'D' => Code::Left,
        b'H' => Code::Home,
        b'F' => Code::End,
        b'Z' => Code::BackTab,
        b'P'..=b'S' => Code::F(last - b'P' + 1),
        _ => return None,
    })
}

/// A reply of the terminal to a query (OSC, DCS), up to its end: a late one is not typed text. They begin with a number,
/// or with a sign that says whose they are; anything else is the escape key, and what follows.
fn answer(bytes: &[u8]) -> Option<(Meaning, usize)> {
    if !matches!(bytes.get(2)?, b'0'..=b'9' | b'>' | b'!') {
        return Some(ESCAPE_KEY);
    }
    let end = (2..bytes.len()).find_map(|at| match &bytes[at..] {
        [BEL, ..] => Some(at + 1),
        [ESC, b'\\', ..] => Some(at + 2),
        // torn off by something else
        [ESC, next, ..] if *next != b'\\' => Some(at),
        _ => None,
    });
    end.map(|end| (Meaning::Nothing, end))
}

/// `ESC [`, parameters, and a last letter (ECMA-48 5.4).
fn control_sequence(bytes: &[u8]) -> Option<(Meaning, usize)> {
    let end = 2 + bytes[2..].iter().position(|byte| !matches!(byte, 0x20..=0x3f))?;
    let (parameters, last) = (&bytes[2..end], bytes[end]);
    match last {
        // the Linux console's F1 to F5
        b'[' if parameters.is_empty() => {
            let letter = *bytes.get(end + 1)?;
            let key = matches!(letter, b'A'..=b'E').then(|| plain(Code::F(letter.wrapping_sub(b'A') + 1)));
            Some((key.unwrap_or(Meaning::Nothing), end + 2))
        }
        // the mouse of old: three bytes follow
        b'M' if parameters.is_empty() => (bytes.len() >= end + 4).then_some((Meaning::Nothing, end + 4)),
        0x40..=0x7e => Some((spelled(parameters, last), end + 1)),
        // a control character breaks it off, and is itself
        _ => Some((Meaning::Nothing, end)),
    }
}

/// What a whole control sequence says.
fn spelled(parameters: &[u8], last: u8) -> Meaning {
    let mut numbers = parameters.split(|byte| *byte == b';').map(number);
    let (first, second, third) = (numbers.next().flatten(), numbers.next().flatten(), numbers.next().flatten());
    // sequences other than keys have a question mark or similar before the number
    let is_key = parameters.iter().all(|byte| matches!(byte, b'0'..=b';')) && !is_release(parameters);
    let code = match last {
        _ if !is_key => None,
        b'~' if first == Some(200) => return Meaning::PasteBegins,
        // xterm's modifyOtherKeys
        b'~' if first == Some(27) => return third.and_then(coded).map_or(Meaning::Nothing, |key| modified(key, second)),
        b'~' => first.and_then(numbered),
        b'u' => return first.and_then(coded).map_or(Meaning::Nothing, |key| modified(key, second)),
        // the cursor's place, not F3
        b'R' => None,
        _ => lettered(last),
    };
    code.map_or(Meaning::Nothing, |code| modified(Key::plain(code), second))
}

/// Whether a key was let go, which it says behind its modifiers (kitty, "Event types"): a terminal that another program has left so.
fn is_release(parameters: &[u8]) -> bool {
    let modifiers = parameters.split(|byte| *byte == b';').nth(1).unwrap_or_default();
    modifiers.split(|byte| *byte == b':').nth(1) == Some(b"3")
}

/// A parameter's number, without the part after its colon.
fn number(parameter: &[u8]) -> Option<u32> {
    let digits = parameter.split(|byte| *byte == b':').next()?;
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// Keys that are named by a number.
fn numbered(number: u32) -> Option<Code> {
    let function = |least: u32, first: u8| u8::try_from(number - least).ok().map(|more| Code::F(first + more));
    match number {
        1 | 7 => Some(Code::Home),
        3 => Some(Code::Delete),
        4 | 8 => Some(Code::End),
        5 => Some(Code::PageUp),
        6 => Some(Code::PageDown),
        11..=15 => function(11, 1),
        17..=21 => function(17, 6),
        23..=26 => function(23, 11),
        28..=29 => function(28, 15),
        31..=34 => function(31, 17),
        _ => None,
    }
}

/// Keys that are named by their character.
fn coded(code: u32) -> Option<Key> {
    // kitty names in this area what has no character: of the keypad, the media, the modifiers themselves
    let letter = char::from_u32(code).filter(|_| !(0xe000..=0xf8ff).contains(&code))?;
    Some(u8::try_from(code).ok().filter(u8::is_ascii).map_or(Key::plain(Code::Char(letter)), ascii))
}

/// A key with the modifiers of xterm: one more than a sum of 1 for shift, 2 for alt, 4 for ctrl. With those of others (kitty: 8 for super,
/// 16 for hyper, 32 for meta) it is not a key of ours; the locks do not count.
fn modified(key: Key, modifiers: Option<u32>) -> Meaning {
    let mask = modifiers.unwrap_or(1).saturating_sub(1);
    if mask & (8 | 16 | 32) != 0 {
        return Meaning::Nothing;
    }
    // shift is part of a character
    let is_letter = matches!(key.code, Code::Char(_) | Code::BackTab);
    Meaning::Key(Key { code: key.code, ctrl: key.ctrl || mask & 4 != 0, alt: mask & 2 != 0, shift: mask & 1 != 0 && !is_letter })
}

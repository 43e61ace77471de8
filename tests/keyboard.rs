//! What is typed at the program in a pseudo terminal: every key has its effect, in order, whatever comes with it.

use std::time::Duration;

use crate::support::program::Fluxdeck;
use crate::support::terminal::{Terminal, WIDE};

/// Long enough for a busy machine.
const SOON: Duration = Duration::from_secs(20);
/// What a person needs for the next key, at least: by it an escape key is known.
const PAUSE: Duration = Duration::from_millis(40);
/// Windows in which the prompt and all that is typed fit.
const SIZES: [(u16, u16); 5] = [(120, 30), (100, 24), (119, 29), (90, 20), (101, 40)];

fn opened(user: &Fluxdeck) -> Terminal {
    let mut screen = user.open(&["demo"], WIDE);
    screen.until("the tree", SOON, |text| text.contains("flux-system/flux-system") && text.contains("live"));
    screen
}

/// A word that no command begins with, and none like the next.
fn word(round: usize) -> String {
    (0..18).map(|at| char::from(b'a' + u8::try_from((round * 7 + at * at * 5 + at) % 26).expect("a letter"))).collect()
}

fn prompts(word: &str) -> impl Fn(&str) -> bool {
    let prompt = format!(":{word}");
    move |text| text.lines().any(|line| line.trim() == prompt)
}

/// The window changes with each key. Nothing is typed behind the last one: it must not wait for another.
#[test]
fn every_key_has_its_effect_in_a_storm_of_resizes() {
    let user = Fluxdeck::new();
    let mut screen = opened(&user);
    let mut sizes = SIZES.into_iter().cycle();
    for round in 0..25 {
        let word = format!("zq{}", word(round));
        for (number, letter) in format!(":{word}").chars().enumerate() {
            let size = sizes.next().expect("it is a circle");
            if number % 2 == 0 {
                screen.resize(size);
                screen.keys(&letter.to_string());
            } else {
                screen.keys(&letter.to_string());
                screen.resize(size);
            }
        }
        screen.until(&format!("«:{word}» and nothing else"), SOON, prompts(&word));
        // never one key with what comes next
        screen.resize(sizes.next().expect("it is a circle"));
        screen.keys("\x1b");
        std::thread::sleep(PAUSE);
    }
    screen.resize(WIDE);
    screen.until("the tree without a prompt", SOON, |text| text.contains("flux-system/flux-system") && !text.contains(":zq"));
    screen.keys(":q\r");
    assert!(screen.end(SOON).success());
    screen.assert_given_back();
}

#[test]
fn pasted_text_is_text_wherever_it_is_torn() {
    let user = Fluxdeck::new();
    let mut screen = opened(&user);
    screen.keys(":");
    for part in ["\x1b[20", "0~zq ctx\r", "\x1b", "[201", "~more"] {
        screen.resize(WIDE);
        screen.keys(part);
    }
    screen.until("the pasted line", SOON, |text| {
        text.lines().any(|line| line.trim().starts_with(":zq ctx") && line.contains("more"))
    });
    screen.keys("\x1b");
    screen.until("no prompt", SOON, |text| !text.contains(":zq"));
}

/// An arrow is ESC and more: over a slow line its parts come one by one.
#[test]
fn an_arrow_is_not_an_escape() {
    let user = Fluxdeck::new();
    let mut screen = opened(&user);
    screen.keys(":zqab");
    screen.until("what was typed", SOON, prompts("zqab"));
    screen.keys("\x1b[D\x1bOD");
    screen.keys("x");
    screen.until("a letter in the middle", SOON, prompts("zqxab"));
}

/// Over a slow line the escape key and the next one come in one read: they are not alt with that key.
#[test]
fn an_escape_and_what_comes_with_it_are_two_keys() {
    let user = Fluxdeck::new();
    let mut screen = opened(&user);
    for round in 0..5 {
        let word = format!("zq{}", word(round));
        screen.keys(&format!("\x1b:{word}"));
        screen.until(&format!("«:{word}» and nothing else"), SOON, prompts(&word));
    }
    screen.keys("\x1b?");
    screen.until("the help", SOON, |text| !text.contains(":zq") && text.contains("help"));
}

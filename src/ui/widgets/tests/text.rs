use super::*;
use crate::ui::widgets::lines::Styled;
use crate::ui::widgets::testing::{World, lines};

fn text(of: &[&str]) -> Vec<Styled> {
    of.iter().map(|line| Styled::of(Scope::Text, line)).collect()
}

fn numbers(count: usize) -> Vec<Styled> {
    (0..count).map(|at| Styled::of(Scope::Text, format!("line {at}"))).collect()
}

struct Screen {
    world: World,
    text: Text,
    source: Vec<Styled>,
    size: (u16, u16),
}

impl Screen {
    fn new(source: Vec<Styled>, width: u16, height: u16) -> Self {
        let mut screen = Self { world: World::default(), text: Text::default(), source, size: (width, height) };
        screen.lines();
        screen
    }

    fn buffer(&mut self) -> Buffer {
        let Self { world, text, source, size } = self;
        world.draw(size.0, size.1, |area, buf, scene| text.render(area, buf, scene, &source[..]))
    }

    fn lines(&mut self) -> Vec<String> {
        lines(&self.buffer())
    }

    fn press(&mut self, gesture: Gesture) -> Vec<String> {
        assert!(self.text.gesture(gesture, &self.source[..]), "{gesture:?}");
        self.lines()
    }

    fn search(&mut self, text: &str) -> Vec<String> {
        self.text.search(text, &self.source[..]).expect("a search");
        self.lines()
    }

    fn position(&self) -> String {
        self.text.position(&self.source[..])
    }
}

#[test]
fn scrolling_stops_at_both_ends() {
    let mut screen = Screen::new(numbers(10), 20, 4);
    assert_eq!(screen.lines(), [" line 0", " line 1", " line 2", " line 3"]);
    assert_eq!(screen.press(Gesture::Up)[0], " line 0");
    assert_eq!(screen.press(Gesture::Down)[0], " line 1");
    assert_eq!(screen.press(Gesture::PageDown)[0], " line 4");
    assert_eq!(screen.press(Gesture::Bottom), [" line 6", " line 7", " line 8", " line 9"]);
    assert_eq!(screen.press(Gesture::Down)[0], " line 6");
    assert_eq!(screen.position(), "10/10");
    assert_eq!(screen.press(Gesture::PageUp)[0], " line 3");
    assert_eq!(screen.press(Gesture::Top)[0], " line 0");
    assert_eq!(screen.position(), "4/10");
}

#[test]
fn text_to_the_right_is_marked_and_reached() {
    let mut screen = Screen::new(text(&["0123456789abcdefghijklmnopqrstuvwxyz", "short", "0123456789abcde世界xy"]), 21, 3);
    assert_eq!(screen.lines(), [" 0123456789abcdefghi›", " short", " 0123456789abcde世界›"]);
    assert_eq!(screen.press(Gesture::Right), [" ghijklmnopqrstuvwxyz", "", "  界xy"]);
    assert_eq!(screen.press(Gesture::Left)[1], " short");
}

#[test]
fn wrapped_lines_scroll_row_by_row() {
    let mut screen = Screen::new(text(&["0123456789ABCDEFGHIJxyz", "世界世界世", "end"]), 11, 4);
    assert_eq!(screen.press(Gesture::Wrap), [" 0123456789", " ABCDEFGHIJ", " xyz", " 世界世界世"]);
    assert_eq!(screen.press(Gesture::Down)[0], " ABCDEFGHIJ");
    assert_eq!(screen.lines()[3], " end");
    assert_eq!(screen.press(Gesture::Down)[0], " ABCDEFGHIJ");
    assert_eq!(screen.press(Gesture::Up)[0], " 0123456789");
    assert_eq!(screen.press(Gesture::Bottom)[3], " end");
    assert_eq!(screen.press(Gesture::PageUp)[0], " 0123456789");
}

#[test]
fn a_wide_character_never_straddles_a_row() {
    let mut screen = Screen::new(text(&["a世b界c"]), 3, 4);
    assert_eq!(screen.press(Gesture::Wrap), ["a世", "b界", "c", ""]);
}

#[test]
fn a_search_goes_to_the_next_match_counts_and_comes_round() {
    let mut source = numbers(40);
    for at in [12, 20, 33] {
        source[at] = Styled::of(Scope::Text, format!("line {at} ERROR here"));
    }
    let mut screen = Screen::new(source, 30, 6);
    assert!(screen.search("err.r").contains(&" line 12 ERROR here".to_owned()));
    assert_eq!(screen.position(), "match 1/3 · 16/40");
    screen.press(Gesture::NextMatch);
    assert_eq!(screen.position(), "match 2/3 · 24/40");
    screen.press(Gesture::NextMatch);
    screen.press(Gesture::NextMatch);
    assert!(screen.position().starts_with("match 1/3"), "{}", screen.position());
    screen.press(Gesture::PreviousMatch);
    assert!(screen.position().starts_with("match 3/3"), "{}", screen.position());
    screen.search("nowhere");
    assert!(screen.position().starts_with("no match"), "{}", screen.position());
    screen.search("");
    assert_eq!(screen.text.searched(), "");
}

#[test]
fn signs_of_the_filter_language_are_letters_in_a_text() {
    let mut screen = Screen::new(text(&["plain", "a !important -l flag ("]), 30, 2);
    for typed in ["!important", "-l fl", "("] {
        screen.search(typed);
        assert!(screen.position().starts_with("match 1/1"), "{typed}: {}", screen.position());
    }
}

#[test]
fn matches_stand_out_where_they_are() {
    let mut screen = Screen::new(text(&["one two one"]), 20, 1);
    screen.search("one");
    let buf = screen.buffer();
    let plain = screen.world.theme.style(Scope::Text).fg;
    let found: String = (0..20).map(|x| if buf[(x, 0)].style().fg == plain || x > 11 { '.' } else { 'x' }).collect();
    assert_eq!(&found[1..12], "xxx.....xxx");
}

#[test]
fn a_match_far_to_the_right_is_brought_into_view() {
    let line = format!("{}needle", "x".repeat(16_000));
    let mut screen = Screen::new(text(&[&line]), 40, 2);
    assert!(screen.search("needle")[0].contains("needle"));
}

#[test]
fn following_stays_at_the_end_until_one_looks_back() {
    let mut screen = Screen::new(numbers(10), 20, 3);
    screen.text.follow = true;
    assert_eq!(screen.lines()[2], " line 9");
    screen.source.extend(numbers(5));
    assert_eq!(screen.lines()[2], " line 4");
    screen.press(Gesture::Up);
    screen.source.extend(numbers(5));
    assert_eq!(screen.lines()[2], " line 3");
    // the same lines stay where they are when old ones go
    screen.source.drain(..4);
    screen.text.dropped(4);
    assert_eq!(screen.lines()[2], " line 3");
}

#[test]
fn seven_hundred_thousand_lines_cost_a_screen() {
    struct Counted(std::cell::Cell<usize>);
    impl Source for Counted {
        fn len(&self) -> usize {
            700_000
        }
        fn line(&self, _: usize) -> &str {
            self.0.set(self.0.get() + 1);
            "2026-01-01T00:00:00Z a line of a log that is as long as most are, which is about a hundred letters or so"
        }
        fn parts(&self, _: usize) -> Vec<(usize, Scope)> {
            Vec::new()
        }
    }
    let source = Counted(std::cell::Cell::new(0));
    let mut world = World::default();
    let mut text = Text { follow: true, wrap: true, ..Text::default() };
    world.draw(120, 50, |area, buf, scene| text.render(area, buf, scene, &source));
    text.gesture(Gesture::PageUp, &source);
    world.draw(120, 50, |area, buf, scene| text.render(area, buf, scene, &source));
    assert!(source.0.get() < 2_000, "{} lines were looked at", source.0.get());
}

#[test]
fn no_size_is_too_small() {
    for (width, height) in [(0, 0), (1, 1), (1, 5), (9, 1), (20, 5)] {
        let mut screen = Screen::new(text(&["世界", "", "a long line of words", "x"]), width, height);
        for gesture in
            [Gesture::Right, Gesture::Wrap, Gesture::Bottom, Gesture::PageUp, Gesture::Down, Gesture::Wrap, Gesture::Left]
        {
            screen.press(gesture);
        }
        screen.search("l.ng");
        screen.press(Gesture::NextMatch);
        screen.source.clear();
        screen.press(Gesture::NextMatch);
        screen.press(Gesture::Bottom);
    }
}

#[test]
fn lines_are_sought_by_what_they_are_round_the_end_and_the_line_found_is_marked() {
    let mut screen = Screen::new(numbers(30), 20, 4);
    let mut seek = |forward| {
        let Screen { text, source, .. } = &mut screen;
        assert!(text.seek(forward, &source[..], |at| at % 10 == 5), "there are such lines");
        screen.lines().into_iter().filter(|line| line.starts_with('▌')).collect::<Vec<_>>()
    };
    assert_eq!(seek(true), ["▌line 5"]);
    assert_eq!(seek(true), ["▌line 15"]);
    assert_eq!(seek(false), ["▌line 5"]);
    assert_eq!(seek(false), ["▌line 25"]);
    assert_eq!(seek(true), ["▌line 5"]);
    assert!(!screen.text.seek(true, &screen.source[..], |_| false));
}

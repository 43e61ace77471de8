use super::*;

fn keyed(mut editor: Editor, keys: &[&str]) -> Editor {
    for key in keys {
        editor.key(Key::parse(key).expect("a key"));
    }
    editor
}

/// The text with `|` at the cursor.
fn shown(editor: &Editor) -> String {
    let (before, after) = editor.text().split_at(editor.at());
    format!("{before}|{after}")
}

#[test]
fn a_line_is_edited_anywhere() {
    for (text, keys, expected) in [
        ("", &["a", "ü", "c", "left", "backspace", "x"][..], "ax|c"),
        ("ab", &["home", "delete", "end", "space", "q"], "b q|"),
        ("a", &["ctrl-u", "backspace", "left", "b"], "b|"),
        ("get ks", &["left", "left", "ctrl-k", "h", "r"], "get hr|"),
        ("get ks", &["left", "left", "ctrl-u"], "|ks"),
        ("get ks", &["ctrl-a", "ctrl-d", "ctrl-f", "ctrl-h", "ctrl-e", "ctrl-b"], "t k|s"),
        ("abc", &["j", "k", "q", "?", "G"], "abcjkq?G|"),
        ("abc", &["up", "down", "ctrl-j", "alt-x", "f5"], "abc|"),
    ] {
        assert_eq!(shown(&keyed(Editor::with(text), keys)), expected, "{keys:?}");
    }
}

#[test]
fn words_are_stepped_over_taken_away_and_put_back() {
    for (keys, expected) in [
        (&["ctrl-left"][..], "get web/front-|end"),
        (&["alt-left", "alt-left"], "get web/|front-end"),
        (&["home", "ctrl-right"], "get |web/front-end"),
        (&["ctrl-w"], "get web/front-|"),
        (&["ctrl-w", "ctrl-w", "ctrl-w"], "get |"),
        (&["alt-backspace", "ctrl-w", "ctrl-y"], "get web/front-end|"),
        (&["home", "ctrl-delete"], "|web/front-end"),
        (&["ctrl-u", "x", "ctrl-y"], "xget web/front-end|"),
    ] {
        assert_eq!(shown(&keyed(Editor::with("get web/front-end"), keys)), expected, "{keys:?}");
    }
}

#[test]
fn a_letter_goes_with_its_marks_and_counts_its_columns() {
    for (text, keys, expected) in [
        ("ae\u{301}x", &["left", "left"][..], "a|e\u{301}x"),
        ("ae\u{301}x", &["left", "backspace"], "a|x"),
        ("🇩🇪🇫🇷", &["backspace"], "🇩🇪|"),
        ("世界", &["left", "delete"], "世|"),
        ("한국어", &["left", "ctrl-h"], "한|어"),
    ] {
        assert_eq!(shown(&keyed(Editor::with(text), keys)), expected, "{text} {keys:?}");
    }
}

#[test]
fn keys_say_whether_the_text_is_another() {
    let mut editor = Editor::with("ab");
    for (key, expected) in [
        ("left", Edited::Moved),
        ("home", Edited::Moved),
        ("backspace", Edited::Moved),
        ("x", Edited::Changed),
        ("delete", Edited::Changed),
        ("tab", Edited::No),
        ("enter", Edited::No),
        ("up", Edited::No),
        ("alt-x", Edited::No),
        ("ctrl-c", Edited::No),
    ] {
        assert_eq!(editor.key(Key::parse(key).expect("a key")), expected, "{key}");
    }
}

#[test]
fn a_paste_is_one_line_and_never_endless() {
    for (pasted, expected) in [
        ("two\nlines\u{1b}[31m", "two lines[31m"),
        ("one\r\n", "one"),
        ("a\tb\u{202e}c\u{200b}", "a bc"),
        ("\n\n", ""),
        ("a\rb", "a b"),
    ] {
        let mut editor = Editor::default();
        editor.paste(pasted);
        assert_eq!(editor.text(), expected, "{pasted:?}");
    }
    let mut editor = Editor::with("two");
    for much in [1022, 5000, 1 << 20] {
        assert_eq!(editor.paste(&"x".repeat(much)), Edited::Moved);
    }
    assert_eq!(editor.text(), "two");
    assert_eq!((editor.paste(&"x".repeat(1021)), editor.text().len()), (Edited::Changed, 1024));
    assert_eq!((editor.key(Key::plain(Code::Char('y'))), editor.text().len()), (Edited::Moved, 1024));
}

#[test]
fn what_was_cut_comes_back_only_where_it_fits() {
    let mut editor = keyed(Editor::with("x".repeat(600)), &["ctrl-u", "ctrl-y"]);

    assert_eq!(editor.text().len(), 600);
    assert_eq!((editor.key(Key::parse("ctrl-y").expect("a key")), editor.text().len()), (Edited::Moved, 600));
}

#[test]
fn where_lines_are_taken_one_moves_between_them() {
    let lines = |text: &str| Editor::default().taking(100, true).pasted(text);
    for (text, keys, expected) in [
        ("one\r\ntwo\nüber", &["up", "x", "ctrl-j", "down"][..], "one\ntwox\n\n|über"),
        ("one\ntwo", &["ctrl-a", "backspace"], "one|two"),
        ("one\ntwo", &["up", "delete"], "one|two"),
        ("one\ntwo", &["ctrl-u", "up", "home", "ctrl-k"], "|\n"),
        ("a\n世界b", &["left", "up", "down"], "a\n|世界b"),
        ("abc\n世界", &["up", "left", "left", "down"], "abc\n|世界"),
        ("a\n\tb\n", &["x"], "a\n  b\nx|"),
        ("one\ntwo", &["up", "up", "home", "ctrl-j"], "\n|one\ntwo"),
    ] {
        assert_eq!(shown(&keyed(lines(text), keys)), expected, "{text:?} {keys:?}");
    }
    let mut editor = lines("one\ntwo\nüber");
    assert_eq!(editor.key(Key::plain(Code::Down)), Edited::No, "there is nothing below");
    assert_eq!(editor.lines(2), [("two", None), ("über", Some(5))]);
    assert_eq!(keyed(editor, &["up", "up"]).lines(2), [("one", Some(3)), ("two", None)]);
}

#[test]
fn a_window_shows_the_end_that_one_types_at() {
    for (line, at, columns, expected) in [
        ("abc", 3, 10, ("abc", " ", "")),
        ("abcdef", 6, 4, ("def", " ", "")),
        ("abcdef", 2, 4, ("ab", "c", "d")),
        ("世界世界", 12, 4, ("界", " ", "")),
        ("世界世界", 3, 5, ("世", "界", "")),
        ("xe\u{301}y", 1, 2, ("x", "e\u{301}", "")),
        ("世", 0, 1, ("", "世", "")),
        ("abc", 1, 0, ("", "b", "")),
    ] {
        assert_eq!(window(line, at, columns), expected, "{line} {at} {columns}");
    }
}

impl Editor {
    fn pasted(mut self, text: &str) -> Self {
        self.paste(text);
        self
    }
}

use super::*;

#[test]
fn block_scalars_end_where_the_indentation_does() {
    let yaml = "a: |\n  b: no key\n\n  - nor this\nc: 1\nlist:\n- d: >-\n    folded\n  e: x\n- |\n  text\n- f";
    let mut colours = Colours::default();
    let block: Vec<_> = yaml.lines().filter(|line| colours.is_in_block(line)).map(str::trim).collect();
    assert_eq!(block, ["b: no key", "", "- nor this", "folded", "text"]);
}

#[test]
fn keys_values_and_comments_differ() {
    let scopes = |line: &str| {
        let mut from = 0;
        let parts = Colours::default().line(line).into_iter().filter_map(|(end, scope)| {
            let text = line[from..end].trim().to_owned();
            from = end;
            (!text.is_empty()).then_some((text, scope))
        });
        parts.collect::<Vec<_>>()
    };
    let part = |text: &str, scope| (text.to_owned(), scope);
    let (key, colon) = (|text: &str| part(text, Scope::Accent), || part(":", Scope::Dim));
    for (line, expected) in [
        ("  name: web", vec![key("name"), colon(), part("web", Scope::Text)]),
        ("- replicas: 3", vec![part("-", Scope::Dim), key("replicas"), colon(), part("3", Scope::Key)]),
        ("'a:b': \"c\"", vec![key("'a:b'"), colon(), part("\"c\"", Scope::Header)]),
        ("- http://host:80/x", vec![part("-", Scope::Dim), part("http://host:80/x", Scope::Text)]),
        ("# note: this", vec![part("# note: this", Scope::Dim)]),
        ("spec:", vec![key("spec"), colon()]),
        ("b: c#d # e", vec![key("b"), colon(), part("c#d", Scope::Text), part("# e", Scope::Dim)]),
        ("it's: 'a # b' # c", vec![key("it's"), colon(), part("'a # b'", Scope::Header), part("# c", Scope::Dim)]),
        (
            "n: 3 # {\"$imagepolicy\": \"a:b\"}",
            vec![key("n"), colon(), part("3", Scope::Key), part("# {\"$imagepolicy\": \"a:b\"}", Scope::Dim)],
        ),
    ] {
        assert_eq!(scopes(line), expected, "{line}");
    }
}

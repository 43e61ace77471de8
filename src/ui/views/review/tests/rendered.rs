use super::*;
use crate::ui::theme::Depth;

fn field(path: &str, before: Option<&str>, after: Option<&str>) -> RenderedField {
    RenderedField { path: path.to_owned(), before: before.map(str::to_owned), after: after.map(str::to_owned) }
}

fn object(name: &str, fate: ObjectFate, fields: Vec<RenderedField>) -> RenderedObject {
    RenderedObject { object: name.to_owned(), fate, fields, more: 0 }
}

fn shown(build: &RenderedBuild, width: usize) -> Vec<Styled> {
    let theme = Theme::builtin("dark", Depth::True, false).expect("a theme");
    let mut out = Vec::new();
    of_build(build, &theme, width, &mut out);
    out
}

fn text(lines: &[Styled]) -> Vec<&str> {
    lines.iter().map(|line| line.text.as_str()).collect()
}

#[test]
fn objects_and_fields_are_shown_with_what_comes_and_goes() {
    let build = RenderedBuild {
        builds: vec!["prod/flux-system/apps".to_owned(), "staging/flux-system/apps".to_owned()],
        objects: vec![
            object(
                "Deployment web/web",
                ObjectFate::Changed,
                vec![
                    field("spec.replicas", Some("3"), Some("5")),
                    field("spec.paused", None, Some("true")),
                    field("spec.a", Some(""), None),
                ],
            ),
            object("ConfigMap web/env", ObjectFate::New, vec![field("data.A", None, Some("1"))]),
            object("Secret web/key", ObjectFate::Changed, vec![field("data.k", Some("<masked>"), Some("<masked>"))]),
        ],
        more: 2,
        lost: None,
    };
    let lines = shown(&build, 80);
    let expected = [
        " prod/flux-system/apps  and the same in staging/flux-system/apps",
        "   ~ Deployment web/web",
        "        spec.replicas: 3 → 5",
        "      + spec.paused: true",
        "      - spec.a: \"\"",
        "   + ConfigMap web/env  new",
        "      + data.A: 1",
        "   ~ Secret web/key",
        "        data.k: another value, not shown: <masked>",
        "   and 2 more objects",
    ];
    assert_eq!(text(&lines), expected);
    let stressed: Vec<_> = lines[2].parts().iter().filter(|(_, scope)| matches!(scope, Style::Added | Style::Removed)).collect();
    assert_eq!(stressed.len(), 2);
}

#[test]
fn of_a_long_text_the_lines_that_differ_are_shown() {
    let before = "a: 1\nb: 2\nc: 3\nd: 4\ne: 5\nf: 6\n";
    let after = before.replace("d: 4", "d: 40");
    let fields = vec![field("data['values.yaml']", Some(before), Some(&after))];
    let build = RenderedBuild {
        builds: vec!["x".to_owned()],
        objects: vec![object("ConfigMap a/b", ObjectFate::Changed, fields)],
        more: 0,
        lost: None,
    };
    let expected = [
        " x",
        "   ~ ConfigMap a/b",
        "        data['values.yaml']:",
        "        …",
        "          c: 3",
        "        - d: 4",
        "        + d: 40",
        "          e: 5",
        "        …",
    ];
    assert_eq!(text(&shown(&build, 60)), expected);
}

#[test]
fn what_cannot_be_built_any_more_says_why() {
    let lost = Some("it could not be built any more: \u{1b}[2Jx".to_owned());
    let build = RenderedBuild { builds: vec!["x".to_owned()], objects: Vec::new(), more: 0, lost };
    let lines = shown(&build, 60);
    assert!(lines[1].text.starts_with("   ✗ it could not be built any more") && !lines[1].text.contains('\u{1b}'));
}

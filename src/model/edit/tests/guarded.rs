//! The guard, given wrong plans: any effect besides the wanted one is refused.

use super::super::plan::{SplicePlan, ways};
use super::super::{guard, splice};
use super::*;

const TEXT: &str = "# top\na: 1 # one\nb:\n  - 'x'\n  - {c: d, e: [f]} # two\ng: |\n  h\n\ni: &j k\nl: *j\n---\nm: \"n\"\n";

fn plan(source: &YamlSource) -> SplicePlan {
    ways(source, &set("b/#1/c", "new")).expect("a plan").remove(0)
}

/// Everything in the file, except for the wanted value.
fn said(source: &YamlSource) -> Vec<(NodePlace, Shape)> {
    let places = (0..source.spans().len()).filter_map(|id| source.place_of(id)).filter(|place| *place != at("b/#1/c"));
    places.map(|place| (place.clone(), source.at(&place).expect("it is there"))).collect()
}

#[test]
fn a_plan_that_does_more_than_wanted_is_refused() {
    let source = source(TEXT);
    let wanted = plan(&source);
    let at_place = super::at("b/#1/c");
    let own = wanted.splices[0].range.clone();
    let mut refused = 0;
    for (at, letter) in TEXT.char_indices().filter(|(at, _)| !(own.start..=own.end).contains(at)) {
        for with in ["", "x", "#", " ", ":", "\n", "'", "- ", "&j "] {
            for range in [at..at, at..at + letter.len_utf8()] {
                let mut plan = wanted.clone();
                plan.splices.push(Splice::new(range, with));
                match guard::made(&source, plan, false) {
                    Err(_) => refused += 1,
                    // blanks, empty lines and the like
                    Ok((after, _)) => {
                        assert_eq!(said(&after), said(&source), "{with:?} at {at} of {TEXT:?}");
                        assert_eq!(after.comments(), source.comments(), "{with:?} at {at} of {TEXT:?}");
                        assert!(matches!(after.at(&at_place), Ok(Shape::Scalar(is)) if is.text() == "new"));
                    }
                }
            }
        }
    }
    assert!(refused > 1000, "{refused}");
}

#[test]
fn a_plan_that_does_something_else_is_refused() {
    let source = source(TEXT);
    for splices in [
        Vec::new(),
        vec![Splice::new(TEXT.find("d,").expect("d")..TEXT.find(", e").expect("e"), "old")],
        vec![Splice::new(TEXT.find("d,").expect("d")..TEXT.find(", e").expect("e"), "'new'")],
        vec![Splice::new(TEXT.find("d,").expect("d")..TEXT.find(", e").expect("e"), "!!str new")],
        vec![Splice::new(TEXT.find("d,").expect("d")..TEXT.find(", e").expect("e"), "&z new")],
        vec![Splice::new(TEXT.find(" # two").expect("two")..TEXT.find("\ng:").expect("g"), "")],
        vec![Splice::new(0..TEXT.len(), "")],
        vec![Splice::new(0..3, ""), Splice::new(2..5, "")],
    ] {
        let wrong = SplicePlan { splices, ..plan(&source) };
        assert!(guard::made(&source, wrong.clone(), false).is_err(), "{wrong:?}");
        assert!(guard::made(&source, wrong.clone(), true).is_err(), "{wrong:?}");
    }
    let (after, splices) = guard::made(&source, plan(&source), false).expect("as wanted");
    assert_eq!(after.text(), TEXT.replace("c: d", "c: new"));
    assert_eq!(splice::spliced(TEXT, &splices), after.text());
}

/// What is taken out may take its comments along, others not, and none may be new.
#[test]
fn comments_are_counted() {
    let text = "a: 1 # one\nb: 2 # two\n";
    let source = source(text);
    let plan = ways(&source, &remove("b")).expect("a plan").remove(0);
    assert!(guard::made(&source, plan.clone(), true).is_ok());
    assert!(guard::made(&source, plan.clone(), false).is_err());
    let more = SplicePlan { splices: plan.splices.into_iter().chain([Splice::insert(0, "# new\n")]).collect(), ..plan };
    assert!(guard::made(&source, more, true).is_err());
    assert!(made("a: {\n  # why\n}\n", &[add("a/b", text_of("c"))]).is_err());
}

fn text_of(text: &str) -> NewValue {
    NewValue::string(text)
}

//! What must hold of all edits.

use proptest::prelude::*;

use super::*;

const TEXT: &str = "# top\napiVersion: apps/v1\nkind: Deployment # it is\nmetadata: {name: \"api\", labels: {app: api, tier: 'back'}}\nspec:\n  replicas: 3 # three\n  template:\n    spec:\n      containers:\n      - name: api\n        image: app:1.0 # {\"$imagepolicy\": \"flux-system:app\"}\n        args: [a, \"b\", 'c']\n        env:\n          - {name: A, value: \"1\"}\n          - name: B\n            value: two words\n      # end\n---\nkind: ConfigMap\ndata:\n  config.yaml: |\n    level: info # why\n    port: 80\n  note: >-\n    some text\n    in lines\n";

const PLACES: [&str; 14] = [
    "kind",
    "metadata/name",
    "metadata/labels/app",
    "metadata/labels/tier",
    "spec/replicas",
    "spec/template/spec/containers/name=api/image",
    "spec/template/spec/containers/name=api/args/#0",
    "spec/template/spec/containers/name=api/args/#2",
    "spec/template/spec/containers/name=api/env/#0/value",
    "spec/template/spec/containers/name=api/env/name=B/value",
    "1:kind",
    "1:data/note",
    "1:data/config.yaml/|/level",
    "1:data/config.yaml/|/port",
];

fn scalars() -> impl Strategy<Value = Scalar> {
    prop_oneof![
        "[ -~äß\u{85}\u{2028}\u{1f600}\t\n]{0,12}".prop_map(Scalar::String),
        proptest::sample::select(&super::sweep::POOL[..]).prop_map(Scalar::string),
        any::<i64>().prop_map(Scalar::Integer),
        any::<bool>().prop_map(Scalar::Bool),
        Just(Scalar::Null),
    ]
}

fn setting(place: &str, value: &Scalar) -> Operation {
    Operation::set(at(place), value.clone())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    /// There and back is nowhere; and every string can be written everywhere.
    #[test]
    fn an_edit_and_its_inverse_give_identical_bytes(place in 0..PLACES.len(), value in scalars(), is_crlf in any::<bool>()) {
        let text = if is_crlf { TEXT.replace('\n', "\r\n") } else { TEXT.to_owned() };
        let (source, place) = (source(&text), PLACES[place]);
        let Ok(Shape::Scalar(before)) = source.at(&at(place)) else { panic!("a scalar at {place}") };
        let edited = apply(&source, &[setting(place, &value)]).expect("every scalar can be set");
        prop_assert_eq!(edited.source().at(&at(place)).map(|is| matches!(is, Shape::Scalar(is) if is.text() == value.text())), Ok(true));
        // outside of the splices the bytes are equal
        let (mut old, mut new) = (0, 0);
        for splice in edited.splices() {
            let same = splice.range.start - old;
            prop_assert_eq!(&text.as_bytes()[old..splice.range.start], &edited.bytes()[new..new + same]);
            prop_assert_eq!(splice.text.as_bytes(), &edited.bytes()[new + same..new + same + splice.text.len()]);
            (old, new) = (splice.range.end, new + same + splice.text.len());
        }
        prop_assert_eq!(&text.as_bytes()[old..], &edited.bytes()[new..]);
        let back = apply(edited.source(), &[setting(place, &before)]).expect("and set back");
        // lines that were folded are one line then
        if place != "1:data/note" || edited.splices().is_empty() {
            prop_assert_eq!(String::from_utf8_lossy(back.bytes()), text);
        }
    }

    #[test]
    fn edits_of_different_places_commute(a in 0..PLACES.len(), b in 0..PLACES.len(), one in scalars(), two in scalars()) {
        prop_assume!(a != b);
        let source = source(TEXT);
        let (one, two) = (setting(PLACES[a], &one), setting(PLACES[b], &two));
        let there = apply(&source, &[one.clone(), two.clone()]).map(|edited| edited.bytes().to_vec());
        if let Ok(edited) = apply(&source, &[one.clone(), two.clone()]) {
            prop_assert_eq!(splice::spliced(TEXT, edited.splices()), edited.source().text());
        }
        let back = apply(&source, &[two, one]).map(|edited| edited.bytes().to_vec());
        prop_assert_eq!(there.map_err(|_| ()), back.map_err(|_| ()));
    }

    #[test]
    fn what_is_added_can_be_taken_out(place in 0..4usize, value in scalars(), key in "[ -~]{1,9}", is_crlf in any::<bool>()) {
        let text = if is_crlf { TEXT.replace('\n', "\r\n") } else { TEXT.to_owned() };
        let place = at(["", "spec", "metadata/labels", "1:data"][place]).then(PlaceStep::Key(key));
        let source = source(&text);
        prop_assume!(source.at(&place).is_err());
        let added = apply(&source, &[Operation::Add { at: place.clone(), value: value.into() }]).expect("every key can be added");
        let back = apply(added.source(), &[Operation::Remove { at: place }]).expect("and taken out");
        prop_assert_eq!(String::from_utf8_lossy(back.bytes()), text);
    }
}

mod add;
mod guarded;
mod hostile;
mod inside;
mod place;
mod property;
mod refused;
mod remove;
mod set;
mod sweep;

use super::*;

/// `1:spec/containers/name=api/#0/|/+`: a document (the first where none is named), keys, an item by a value, by its number or by its text
/// (`=text`), into a text, behind the last item.
fn at(text: &str) -> NodePlace {
    let (document, path) = match text.split_once(':') {
        Some((document, path)) if document.parse::<usize>().is_ok() => (document.parse().expect("a number"), path),
        _ => (0, text),
    };
    let step = |part: &str| match part {
        "|" => PlaceStep::Inside(0),
        "+" => PlaceStep::Last,
        part if part.starts_with('#') => PlaceStep::Index(part[1..].parse().expect("a number")),
        part if part.starts_with('=') => PlaceStep::Is(part[1..].to_owned()),
        part => match part.split_once('=') {
            Some((key, value)) => PlaceStep::Item(vec![(key.to_owned(), value.replace('~', "/"))]),
            None => PlaceStep::Key(part.replace('~', "/")),
        },
    };
    NodePlace { document, path: path.split('/').filter(|part| !part.is_empty()).map(step).collect() }
}

fn source(text: &str) -> YamlSource {
    YamlSource::read(text.as_bytes()).unwrap_or_else(|refusal| panic!("{refusal}: {text:?}"))
}

fn set(place: &str, value: &str) -> Operation {
    Operation::set(at(place), Scalar::string(value))
}

fn number(place: &str, value: i64) -> Operation {
    Operation::set(at(place), Scalar::Integer(value))
}

fn add(place: &str, value: impl Into<NewValue>) -> Operation {
    Operation::Add { at: at(place), value: value.into() }
}

fn remove(place: &str) -> Operation {
    Operation::Remove { at: at(place) }
}

fn text(value: &str) -> NewValue {
    NewValue::string(value)
}

/// The text after, or the refusal's name.
fn made(before: &str, operations: &[Operation]) -> std::result::Result<String, Refusal> {
    let source = YamlSource::read(before.as_bytes())?;
    let edited = apply(&source, operations)?;
    let after = String::from_utf8(edited.bytes().to_vec()).expect("UTF-8");
    // the splices make it of the bytes before
    assert_eq!(splice::spliced(before, edited.splices()), after);
    Ok(after)
}

fn reads(before: &str, operations: &[Operation], after: &str) {
    match made(before, operations) {
        Ok(is) => assert_eq!(is, after, "{operations:?}\nin\n{before}"),
        Err(refusal) => panic!("{refusal:?}: {operations:?}\nin\n{before}"),
    }
}

//! Which field is asked for, and which new value: of the same type, and such that careless hands get it wrong.

use serde_json::{Value, json};

use super::difference::{Spot, Step, path, reach};
use super::random::Random;

/// Texts that some reader takes for something else, that need quotes, or that end a scalar where they stand as they are.
const TEXTS: [&str; 20] = [
    "changed",
    "yes",
    "0755",
    "1e3",
    "~",
    "",
    "a: b",
    "b #c",
    " #",
    "*x",
    "ünïcode",
    "{{ x }}",
    "12:30",
    "1.10",
    "- a",
    "true",
    "it's \"so\"",
    "a,b]",
    "null",
    "a long text of many words that no writer of YAML may fold at the eightieth column, although it would like to do so there",
];

/// Numbers for fields that hold one.
const NUMBERS: [i64; 6] = [0, 1, 7, 8080, 65_535, -1];

/// A field of a build, and what it is to become.
#[derive(Clone, Debug)]
pub struct Question {
    pub folder: String,
    pub spot: Spot,
    /// `KIND/NAME`, or `KIND.GROUP/NAME`.
    pub object: String,
    pub namespace: String,
    pub field: String,
    pub new: Value,
}

/// Fields that can be asked for in a build.
pub struct Drawer<'b> {
    folder: &'b str,
    objects: &'b [Value],
}

impl<'b> Drawer<'b> {
    pub fn new(folder: &'b str, objects: &'b [Value]) -> Self {
        Self { folder, objects }
    }

    /// One field by chance: first an object, then a field of it, because one CustomResourceDefinition has more fields than all the rest.
    pub fn draw(&self, random: &mut Random) -> Option<Question> {
        let mut numbers: Vec<_> = (0..self.objects.len()).collect();
        random.shuffle(&mut numbers);
        // rarely a definition: there are many, and they are all alike
        let is_definition = |at: &usize| self.objects[*at]["kind"] == "CustomResourceDefinition";
        if random.below(8) > 0 {
            numbers.sort_by_key(is_definition);
        }
        numbers.into_iter().find_map(|object| {
            let fields = self.fields(object);
            (!fields.is_empty()).then(|| self.question(object, random.pick(&fields).clone(), random))
        })
    }

    /// All fields, each with one new value.
    pub fn all(&self, random: &mut Random) -> Vec<Question> {
        let numbers = 0..self.objects.len();
        let fields: Vec<_> = numbers.flat_map(|object| self.fields(object).into_iter().map(move |path| (object, path))).collect();
        fields.into_iter().map(|(object, path)| self.question(object, path, random)).collect()
    }

    fn question(&self, object: usize, steps: Vec<Step>, random: &mut Random) -> Question {
        let it = &self.objects[object];
        let old = reach(it, &steps).expect("it was found there");
        let new = another(old, &steps, random);
        let field = by_name(it, &steps, random).unwrap_or_else(|| path(&steps));
        let namespace = text(it, "namespace").to_owned();
        let (object_name, spot) = (self.called(object), Spot { object, path: steps });
        Question { folder: self.folder.to_owned(), spot, object: object_name, namespace, field, new }
    }

    /// The scalars of an object that can be named, and are not its identity.
    fn fields(&self, object: usize) -> Vec<Vec<Step>> {
        let it = &self.objects[object];
        let mut found = Vec::new();
        if self.is_named_alike(object) || it.get("sops").is_some() {
            return found;
        }
        scalars(it, &mut Vec::new(), &mut found);
        let is_secret = it["kind"] == "Secret";
        found.retain(|steps| {
            let first = |at: usize| match steps.get(at) {
                Some(Step::Key(key)) => key.as_str(),
                _ => "",
            };
            match first(0) {
                "apiVersion" | "kind" => false,
                "metadata" => !(steps.len() == 2 && ["name", "namespace"].contains(&first(1))),
                "data" | "stringData" => !is_secret,
                _ => true,
            }
        });
        found
    }

    /// Whether a command line cannot distinguish it from another object.
    fn is_named_alike(&self, object: usize) -> bool {
        let name = |it: &Value| (text(it, "name").to_owned(), it["kind"].to_string(), group(it).to_owned());
        let own = &self.objects[object];
        let is_alike = |other: &Value| {
            name(other) == name(own) && (text(own, "namespace").is_empty() || text(own, "namespace") == text(other, "namespace"))
        };
        text(own, "name").is_empty() || self.objects.iter().filter(|other| is_alike(other)).count() > 1
    }

    fn called(&self, object: usize) -> String {
        let own = &self.objects[object];
        let kind = own["kind"].as_str().unwrap_or_default();
        let is_other = |other: &Value| other["kind"] == own["kind"] && group(other) != group(own);
        match self.objects.iter().any(is_other) && !group(own).is_empty() {
            true => format!("{kind}.{}/{}", group(own), text(own, "name")),
            false => format!("{kind}/{}", text(own, "name")),
        }
    }
}

fn text<'v>(object: &'v Value, key: &str) -> &'v str {
    object["metadata"][key].as_str().unwrap_or_default()
}

fn group(object: &Value) -> &str {
    object["apiVersion"].as_str().and_then(|version| version.split_once('/')).map_or("", |(group, _)| group)
}

fn scalars(value: &Value, at: &mut Vec<Step>, found: &mut Vec<Vec<Step>>) {
    let mut below = |step: Step, value: &Value| {
        at.push(step);
        scalars(value, at, found);
        at.pop();
    };
    match value {
        Value::Object(entries) => entries.iter().for_each(|(key, value)| below(Step::Key(key.clone()), value)),
        Value::Array(items) => items.iter().enumerate().for_each(|(index, value)| below(Step::Index(index), value)),
        Value::Null => {}
        _ => found.push(at.clone()),
    }
}

/// The path with `[name=…]` for the last number that can be said so; every other time.
fn by_name(object: &Value, steps: &[Step], random: &mut Random) -> Option<String> {
    let at = steps.iter().rposition(|step| matches!(step, Step::Index(_)))?;
    let Value::Array(items) = reach(object, &steps[..at])? else { return None };
    let name = reach(object, &steps[..=at])?["name"].as_str()?;
    let is_plain = name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '-');
    let is_alone = items.iter().filter(|item| item["name"] == *name).count() == 1;
    let rest = path(&steps[at + 1..]);
    let dot = if rest.is_empty() || rest.starts_with('[') { "" } else { "." };
    (is_plain && is_alone && random.below(2) == 0).then(|| format!("{}[name={name}]{dot}{rest}", path(&steps[..at])))
}

/// Another value of the same type. An image mostly becomes another image: where `images:` sets it, nothing else can be said.
fn another(old: &Value, steps: &[Step], random: &mut Random) -> Value {
    match old {
        Value::Bool(is) => json!(!is),
        Value::Number(number) if number.is_i64() || number.is_u64() => {
            let others: Vec<_> = NUMBERS.iter().filter(|other| json!(other) != *old).collect();
            json!(random.pick(&others))
        }
        Value::Number(_) => json!(0.25),
        _ => {
            let old = old.as_str().unwrap_or_default();
            let is_image = matches!(steps.last(), Some(Step::Key(key)) if key == "image");
            if is_image && random.below(4) > 0 {
                return json!(other_image(old, random));
            }
            let others: Vec<_> = TEXTS.iter().filter(|other| **other != old).collect();
            json!(random.pick(&others))
        }
    }
}

fn other_image(old: &str, random: &mut Random) -> String {
    let end = old.rfind('/').map_or(0, |slash| slash + 1);
    let name = old[end..].find(['@', ':']).map_or(old, |at| &old[..end + at]);
    let (registry, digest) = ("registry.example.test/", format!("sha256:{}", "0123456789abcdef".repeat(4)));
    match random.below(4) {
        0 => format!("{name}@{digest}"),
        1 => format!("{registry}mirrored:1.10"),
        _ => format!("{name}:9.9.9-exam"),
    }
}

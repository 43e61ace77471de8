//! Why an edit is not made. Messages contain no value of the file: it may be a secret.

use std::fmt;

use crate::error::Error;

/// Why an edit is not possible. Lines are from 1, as git counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    Utf16,
    NotUtf8 {
        line: u32,
    },
    TooLarge,
    TooDeep {
        line: u32,
    },
    /// A carriage return without a line feed: a line end for YAML, not for git.
    CarriageReturn {
        line: u32,
    },
    Malformed {
        line: u32,
        message: String,
    },
    /// `{{ }}` that something else fills in before YAML is read.
    Template {
        line: u32,
    },
    Tabs {
        line: u32,
    },
    /// More than one document where kustomize sees one.
    Documents {
        line: u32,
    },
    DuplicateKey {
        line: u32,
        key: String,
    },
    Encrypted {
        line: u32,
    },
    /// The two readers do not say the same of the file as it is.
    Readers {
        line: u32,
    },
    /// There is nothing at that place.
    Missing {
        place: String,
    },
    /// There is something at that place already.
    Exists {
        place: String,
    },
    /// It is a map or a list, or the other way round.
    Shape {
        line: u32,
        wanted: &'static str,
    },
    /// The value is another one's: `*anchor`.
    Alias {
        line: u32,
        anchor: String,
    },
    /// Other places use the value: `&anchor`, and the lines of its aliases.
    Anchor {
        line: u32,
        anchor: String,
        uses: Vec<u32>,
    },
    /// The key comes from a merged map: `<<`.
    MergeKey {
        line: u32,
        key: String,
    },
    Tagged {
        line: u32,
        tag: String,
    },
    /// A key written as `? key`, or one without a value in brackets.
    ExplicitKey {
        line: u32,
    },
    /// What would be taken out holds a comment that belongs to something else.
    Comment {
        line: u32,
    },
    /// A `|` or `>` ends with the file, which has no last line end: its text would get one.
    Unended {
        line: u32,
    },
    /// The text there is not the one that the change was made for.
    Moved {
        line: u32,
    },
    /// An embedded text that would not be written back in the same form.
    Codec {
        line: u32,
    },
    /// In a text inside a text.
    Inside {
        line: u32,
        refusal: Box<Refusal>,
    },
    /// The value cannot be written there so that every reader takes it for what it is.
    Value {
        message: &'static str,
    },
    /// Without it the file would be empty.
    LastDocument,
    NotKustomization,
    /// The edited text would not have the wanted content, or would change something else too.
    Guard {
        line: u32,
    },
}

impl Refusal {
    /// Where it is known to stand.
    pub fn line(&self) -> Option<u32> {
        match self {
            Self::NotUtf8 { line }
            | Self::TooDeep { line }
            | Self::CarriageReturn { line }
            | Self::Malformed { line, .. }
            | Self::Template { line }
            | Self::Tabs { line }
            | Self::Documents { line }
            | Self::DuplicateKey { line, .. }
            | Self::Encrypted { line }
            | Self::Readers { line }
            | Self::Shape { line, .. }
            | Self::Alias { line, .. }
            | Self::Anchor { line, .. }
            | Self::MergeKey { line, .. }
            | Self::Tagged { line, .. }
            | Self::ExplicitKey { line }
            | Self::Comment { line }
            | Self::Unended { line }
            | Self::Moved { line }
            | Self::Codec { line }
            | Self::Inside { line, .. }
            | Self::Guard { line } => Some(*line),
            _ => None,
        }
    }

    /// What is in the way.
    pub fn message(&self) -> String {
        match self {
            Self::Utf16 => "the file is UTF-16".to_owned(),
            Self::NotUtf8 { .. } => "the file is not UTF-8".to_owned(),
            Self::TooLarge => "the file is too large to be edited".to_owned(),
            Self::TooDeep { .. } => "lists and maps are nested too deep".to_owned(),
            Self::CarriageReturn { .. } => "there is a carriage return without a line feed".to_owned(),
            Self::Malformed { message, .. } => format!("not YAML: {message}"),
            Self::Template { .. } => "this is a template, not YAML".to_owned(),
            Self::Tabs { .. } => "there is a tab where YAML needs spaces".to_owned(),
            Self::Documents { .. } => "a document begins that kustomize does not see".to_owned(),
            Self::DuplicateKey { key, .. } => format!("the key `{key}` is there twice"),
            Self::Encrypted { .. } => "the file is encrypted by SOPS".to_owned(),
            Self::Readers { .. } => "two YAML readers understand the file differently".to_owned(),
            Self::Missing { place } => format!("`{place}` is not there"),
            Self::Exists { place } => format!("`{place}` is there already"),
            Self::Shape { wanted, .. } => format!("this is not {wanted}"),
            Self::Alias { anchor, .. } => format!("the value is an alias of `&{anchor}`"),
            Self::Anchor { anchor, uses, .. } => {
                let lines: Vec<_> = uses.iter().map(u32::to_string).collect();
                format!("the value is used again through `*{anchor}` (line {})", lines.join(", "))
            }
            Self::MergeKey { key, .. } => format!("`{key}` comes from a merged map (`<<`)"),
            Self::Tagged { tag, .. } => format!("the value carries the tag `{tag}`"),
            Self::ExplicitKey { .. } => "the key has no `: value` behind it".to_owned(),
            Self::Comment { .. } => "there is a comment inside of what would be removed".to_owned(),
            Self::Unended { .. } => "a text ends with the file, and would be another one with a line behind it".to_owned(),
            Self::Moved { .. } => "the file holds another value than was read".to_owned(),
            Self::Codec { .. } => "the text inside of the scalar cannot be written back in the same form".to_owned(),
            Self::Inside { refusal, .. } => format!("in the text that begins here: {refusal}"),
            Self::Value { message } => (*message).to_owned(),
            Self::LastDocument => "it is the only document of the file".to_owned(),
            Self::NotKustomization => "the file is not a kustomization".to_owned(),
            Self::Guard { .. } => "the edited file would not have the wanted content".to_owned(),
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Utf16 | Self::NotUtf8 { .. } => "save the file as UTF-8",
            Self::CarriageReturn { .. } => "save the file with one kind of line end",
            Self::Template { .. } => "change it where it is filled in",
            Self::Tabs { .. } => "indent with spaces",
            Self::DuplicateKey { .. } => "remove one of them: Flux refuses the file too",
            Self::Encrypted { .. } => "use `sops edit`",
            Self::Alias { .. } | Self::Anchor { .. } => "edit the anchored value, which changes every use of it",
            Self::MergeKey { .. } => "edit the merged map, or write the key beside the merge key",
            Self::Tagged { .. } => "remove the tag first",
            Self::Unended { .. } => "end the file with a line end",
            Self::Moved { .. } => "read the file again",
            Self::LastDocument => "remove the file",
            Self::Value { .. } | Self::Missing { .. } | Self::Exists { .. } | Self::Shape { .. } | Self::TooLarge => "",
            _ => "edit the file in $EDITOR",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message())?;
        self.line().map_or(Ok(()), |line| write!(f, " (line {line})"))
    }
}

impl std::error::Error for Refusal {}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::failed(refusal.to_string(), refusal.hint())
    }
}

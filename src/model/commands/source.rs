//! The form for a source whose repository the cluster does not know.

use crate::change::SourceQuestion;
use crate::domain::{ArtifactSource, SaidSource};
use crate::forms::{Answers, Choice, Choices, Field, FieldValue, Form, InputKind};

const REPOSITORY: &str = "repository";
const BRANCH: &str = "branch";
const ROOT: &str = "root";

/// Repository, branch and folder. Without a repository what was said is forgotten.
pub fn source_form(question: &SourceQuestion) -> Form {
    let roots = question.roots.iter().map(|root| Choice::new(if root.is_empty() { "." } else { root }, "builds the object"));
    let root = match question.roots.is_empty() {
        true => InputKind::Text,
        false => InputKind::Choice { from: Choices::Now(roots.collect()), free: true },
    };
    Form::of([
        Field::new(REPOSITORY, "repository", "URL or folder of the git repository", InputKind::Text).optional(),
        Field::new(BRANCH, "branch", "The default branch if it is empty", InputKind::Text).optional(),
        Field::new(ROOT, "folder", "The folder that becomes the artifact", root).optional(),
    ])
}

/// What is known of it, as answers.
pub fn source_answers(known: &ArtifactSource) -> Answers {
    let texts = [(REPOSITORY, &known.repository), (BRANCH, &known.branch), (ROOT, &known.root)];
    texts
        .into_iter()
        .filter(|(_, text)| !text.is_empty())
        .fold(Answers::default(), |answers, (id, text)| answers.with(id, FieldValue::Text(text.clone())))
}

/// The answer to a question.
pub fn said_source(question: &SourceQuestion, answers: &Answers) -> SaidSource {
    let text = |id| answers.text(id).unwrap_or_default().trim().to_owned();
    let from = ArtifactSource { repository: text(REPOSITORY), branch: text(BRANCH), root: text(ROOT) };
    SaidSource { key: question.key.clone(), from }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_said_fills_the_form_that_says_it_again() {
        let known = ArtifactSource { repository: "/src/fleet".to_owned(), branch: String::new(), root: "deploy".to_owned() };
        let question =
            SourceQuestion { key: "oci://r/a".to_owned(), roots: vec![String::new()], known, ..SourceQuestion::default() };
        let said = said_source(&question, &source_answers(&question.known));
        assert_eq!((said.key.as_str(), &said.from), ("oci://r/a", &question.known));
        assert_eq!(said.from.folder(), Some("/src/fleet"));
        assert_eq!(source_form(&question).fields[2].matching("")[0].value, ".");
        let nothing = said_source(&question, &Answers::default()).from;
        assert_eq!((nothing.folder(), &nothing), (None, &ArtifactSource::default()));
    }
}

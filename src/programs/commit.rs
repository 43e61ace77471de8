//! Commits by the user's own git, from a tree that is in the repository already: `git commit-tree`, which knows neither work tree nor index.
//!
//! Who makes it, and whether it is signed, is read where the user would commit (`includeIf` and all), shown in the review, and fixed in the
//! plan with the time: the same plan makes the same commit. `git commit-tree` itself looks at no `commit.gpgSign`, so it is asked for by
//! `-S`. Hooks of `git commit` do not run: they look at a work tree and an index, and what is in them is not what is committed.

use std::path::Path;
use std::time::Duration;

use fluxdeck_model::domain::text::{redact, sanitise};
use tokio::process::Command;

use super::failure::Failure;
use super::{last_words, quiet, said};

/// How long it may take: a key on a token is touched, a pinentry of a desktop is typed into.
const LIMIT: Duration = Duration::from_secs(120);

/// A name and an address, as git puts them into a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    pub name: String,
    pub email: String,
}

/// Who commits in a repository, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signer {
    pub author: Identity,
    pub committer: Identity,
    /// `commit.gpgSign`: OpenPGP, X.509 or ssh, as the user has it.
    pub is_signing: bool,
}

/// A commit to be made.
#[derive(Clone, Debug)]
pub struct Commit<'c> {
    /// Ids of a tree and a commit in the repository.
    pub tree: &'c str,
    pub parent: &'c str,
    pub message: &'c str,
    pub signer: &'c Signer,
    /// Seconds since 1970, and minutes east of Greenwich.
    pub at: (i64, i16),
}

/// Who the user is in a repository.
///
/// # Errors
/// git does not know, or there is none.
pub async fn signer(repository: &Path) -> Result<Signer, Failure> {
    let (author, committer) =
        (identity(repository, "GIT_AUTHOR_IDENT").await?, identity(repository, "GIT_COMMITTER_IDENT").await?);
    let asked = ["config", "--type=bool", "--default=false", "--get", "commit.gpgSign"];
    let is_signing = ask(repository, &asked).await?.trim() == "true";
    Ok(Signer { author, committer, is_signing })
}

async fn identity(repository: &Path, variable: &str) -> Result<Identity, Failure> {
    let unknown =
        |why: &str| Failure::Failed(format!("git does not know who commits here (set user.name and user.email): {why}"));
    let printed = ask(repository, &["var", variable]).await.map_err(|failure| match failure {
        Failure::Failed(why) => unknown(&why),
        other => other,
    })?;
    parsed(&printed).ok_or_else(|| unknown(&sanitise(&printed)))
}

/// `name <email> seconds zone`.
fn parsed(ident: &str) -> Option<Identity> {
    let (name, rest) = ident.trim().rsplit_once(" <")?;
    let (email, _) = rest.split_once('>')?;
    Some(Identity { name: name.to_owned(), email: email.to_owned() })
}

async fn ask(repository: &Path, arguments: &[&str]) -> Result<String, Failure> {
    let mut command = Command::new(quiet::git()?);
    quiet::into(&mut command, repository, &[]);
    command.args(arguments);
    let ended = quiet::run(command, &[], LIMIT).await?;
    if !ended.status.success() {
        return Err(said::failure(&ended.said));
    }
    String::from_utf8(ended.printed).map_err(|_| Failure::Failed("git says what is not UTF-8".to_owned()))
}

/// Makes a commit and returns its id. Nothing refers to it yet.
///
/// # Errors
/// It cannot be signed without asking the user, or git does not make it.
pub async fn commit(repository: &Path, commit: &Commit<'_>) -> Result<String, Failure> {
    let is_id = |id: &str| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !is_id(commit.tree) || !is_id(commit.parent) {
        return Err(Failure::Call("a commit is made of ids".to_owned()));
    }
    let mut command = Command::new(quiet::git()?);
    quiet::into(&mut command, repository, &[("i18n.commitEncoding".to_owned(), "UTF-8".to_owned())]);
    command.args(["commit-tree", commit.tree, "-p", commit.parent, "-F", "-"]);
    if commit.signer.is_signing {
        command.arg("-S");
    }
    let date = date(commit.at);
    for (who, identity) in [("AUTHOR", &commit.signer.author), ("COMMITTER", &commit.signer.committer)] {
        command.env(format!("GIT_{who}_NAME"), &identity.name).env(format!("GIT_{who}_EMAIL"), &identity.email);
        command.env(format!("GIT_{who}_DATE"), &date);
    }
    let ended = quiet::run(command, commit.message.as_bytes(), LIMIT).await?;
    let id = String::from_utf8_lossy(&ended.printed).trim().to_owned();
    match ended.status.code() {
        Some(0) if is_id(&id) => Ok(id),
        // git `builtin/commit-tree.c`: whatever else fails ends with 128
        Some(1) if commit.signer.is_signing => {
            Err(Failure::Unsigned(sanitise(&redact(&last_words(&ended.said, &["gpg:", "error:"]))).into_owned()))
        }
        _ => Err(said::failure(&ended.said)),
    }
}

/// As git takes it wherever (git-commit(1), DATE FORMATS): `@` seconds, and hours and minutes from Greenwich.
fn date((seconds, east): (i64, i16)) -> String {
    let (sign, minutes) = (if east < 0 { '-' } else { '+' }, east.unsigned_abs());
    format!("@{seconds} {sign}{:02}{:02}", minutes / 60, minutes % 60)
}

/// A message with the sign-off of who commits (git-commit(1), `--signoff`): once, as a trailer beside others.
pub fn signed_off(message: &str, who: &Identity) -> String {
    let line = format!("Signed-off-by: {} <{}>", who.name, who.email);
    let message = message.trim_end();
    if message.lines().any(|known| known == line) {
        return format!("{message}\n");
    }
    let is_trailer = |line: &str| {
        let token = line.split_once(": ").map_or("", |(token, _)| token);
        !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    // a subject is not a trailer, even if it looks like one
    let last = message.rsplit_once("\n\n").map(|(_, last)| last);
    let gap = if last.is_some_and(|last| last.lines().all(is_trailer)) { "\n" } else { "\n\n" };
    format!("{message}{gap}{line}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_is_read_as_git_prints_it() {
        let who = |name: &str, email: &str| Some(Identity { name: name.to_owned(), email: email.to_owned() });
        assert_eq!(parsed("Ana Ünal <ana@example.com> 1700000000 +0100\n"), who("Ana Ünal", "ana@example.com"));
        assert_eq!(parsed("A <B> <> 0 +0000"), who("A <B>", ""));
        assert_eq!(parsed("nobody"), None);
    }

    #[test]
    fn a_date_has_its_zone() {
        let dates = [((0, 0), "@0 +0000"), ((1_700_000_000, 330), "@1700000000 +0530"), ((1, -90), "@1 -0130")];
        assert!(dates.into_iter().all(|(at, text)| date(at) == text));
    }

    #[test]
    fn a_sign_off_stands_once_and_among_the_trailers() {
        let ana = Identity { name: "Ana".to_owned(), email: "a@x".to_owned() };
        for (message, signed) in [
            ("Scale web", "Scale web\n\nSigned-off-by: Ana <a@x>\n"),
            ("fix: it", "fix: it\n\nSigned-off-by: Ana <a@x>\n"),
            (
                "Scale web\n\nWhy: because of it all.\nMore.\n",
                "Scale web\n\nWhy: because of it all.\nMore.\n\nSigned-off-by: Ana <a@x>\n",
            ),
            ("Scale web\n\nWhy.\n\nChange-Id: 1\n", "Scale web\n\nWhy.\n\nChange-Id: 1\nSigned-off-by: Ana <a@x>\n"),
            ("Scale\n\nSigned-off-by: Ana <a@x>\n", "Scale\n\nSigned-off-by: Ana <a@x>\n"),
            ("Scale\n\nSigned-off-by: Bo <b@x>", "Scale\n\nSigned-off-by: Bo <b@x>\nSigned-off-by: Ana <a@x>\n"),
        ] {
            assert_eq!(signed_off(message, &ana), signed);
        }
    }
}

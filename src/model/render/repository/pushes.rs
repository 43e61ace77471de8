//! The commands of a repository's CI files that push a folder as an artifact: `flux push artifact URL --path=FOLDER`, and the action
//! `controlplaneio-fluxcd/distribution/actions/push`.
//!
//! URLs hold variables of the CI. A variable that the file gives a value has it, also as an argument of a shell function; any other may be
//! anything, and is the same in the URL and the folder of one command (a matrix). A registry that is pushed to as `localhost` has
//! another name inside of the cluster.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;

use super::super::node::Text;
use super::super::tree::{PathKind, Tree};
use super::index::Index;

const COMMAND: &str = "flux push artifact";
const ACTION: &str = "distribution/actions/push@";
/// Lines below an action that may be its inputs.
const INPUTS: usize = 20;
/// Larger files are not looked at, in bytes.
const LARGEST: usize = 1 << 20;
/// Variables in the values of variables.
const DEEPEST: usize = 4;
/// Calls of one shell function.
const MOST_CALLS: usize = 200;
/// A longer URL is none, in bytes.
const LONGEST: usize = 4096;

/// A folder that a file pushes.
#[derive(Clone, Debug)]
pub struct Push {
    pub file: Text,
    /// With a group for each variable.
    url: Regex,
    /// The variables of the groups.
    variables: Vec<String>,
    folder: String,
}

impl Push {
    /// `url` and `folder` with the values of their variables, where the file says them.
    fn new(file: &Text, url: &str, folder: &str) -> Option<Self> {
        let url = without_tag(url.trim_start_matches("oci://")).to_owned();
        let (host, path) = url.split_once('/')?;
        let is_local = ["localhost", "127.0.0.1"].contains(&host.split(':').next().unwrap_or(host));
        let (begin, said) = if is_local { ("^(?:oci://)?[^/]+/", path) } else { ("^(?:oci://)?", url.as_str()) };
        let (mut pattern, mut variables, mut at) = (begin.to_owned(), Vec::new(), 0);
        for found in VARIABLE.find_iter(said) {
            pattern += &regex::escape(&said[at..found.start()]);
            let name = name_of(found.as_str());
            pattern += if name == "github.repository" { "([^/]+/[^/]+)" } else { "([^/]+)" };
            variables.push(name);
            at = found.end();
        }
        pattern += &regex::escape(said[at..].trim_end_matches('/'));
        // an address that begins with a variable could be any
        let head = VARIABLE.find(said).map_or(said, |found| &said[..found.start()]);
        let url = Regex::new(&format!("{pattern}/?$")).ok().filter(|_| head.contains(char::is_alphanumeric))?;
        Some(Self { file: file.clone(), url, variables, folder: folder.to_owned() })
    }

    /// The folder that becomes the artifact of that URL; none where it is another one, or only the CI knows.
    pub fn folder_of(&self, url: &str) -> Option<String> {
        let found = self.url.captures(url)?;
        let values: BTreeMap<&str, &str> = self
            .variables
            .iter()
            .zip(found.iter().skip(1))
            .filter_map(|(name, value)| Some((name.as_str(), value?.as_str())))
            .collect();
        let mut is_known = true;
        let folder = VARIABLE.replace_all(&self.folder, |found: &regex::Captures<'_>| {
            let value = values.get(name_of(&found[0]).as_str()).copied();
            is_known &= value.is_some();
            value.unwrap_or_default().to_owned()
        });
        is_known.then(|| folder.into_owned())
    }
}

/// `${{ a }}`, `{{ a }}`, `$(a)`, `${a}`, `$a`.
static VARIABLE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\$?\{\{[^}]*\}\}|\$\([^)]*\)|\$\{[^}]*\}|\$[A-Za-z_][A-Za-z0-9_]*|\$[0-9]").expect("a pattern")
});

fn name_of(variable: &str) -> String {
    let name = variable.trim_matches(|c: char| "${}()".contains(c) || c.is_whitespace());
    name.strip_prefix("env.").unwrap_or(name).to_owned()
}

/// The text with the values that the file itself gives its variables, and those the variables in them.
fn filled(text: &str, file: &str) -> String {
    let mut text = text.to_owned();
    for _ in 0..DEEPEST {
        let value = |found: &regex::Captures<'_>| value_of(&name_of(&found[0]), file).unwrap_or_else(|| found[0].to_owned());
        let next = VARIABLE.replace_all(&text, value).into_owned();
        if next == text || next.len() > LONGEST {
            break;
        }
        text = next;
    }
    text
}

/// `NAME: value`, `NAME=value`, `NAME ?= value`.
fn value_of(name: &str, file: &str) -> Option<String> {
    if !name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    {
        return None;
    }
    let line = |line: &str| {
        let line = line.trim().trim_start_matches("export ").trim_start_matches("- ");
        let rest = line.strip_prefix(name)?.trim_start().trim_start_matches(['?', ':']).trim_start_matches('=');
        let is_said = line.len() > name.len() && !line[name.len()..].starts_with(|c: char| c.is_alphanumeric() || c == '_');
        let value = unquoted(rest.trim());
        (is_said && !value.is_empty()).then(|| value.to_owned())
    };
    file.lines().find_map(line)
}

fn unquoted(text: &str) -> &str {
    text.trim_matches(|c| c == '"' || c == '\'')
}

/// `registry:5000/name:tag` without the tag.
fn without_tag(url: &str) -> &str {
    let variables: Vec<_> = VARIABLE.find_iter(url).map(|found| found.range()).collect();
    let is_plain = |at: usize| !variables.iter().any(|range| range.contains(&at));
    let begin = url.rmatch_indices('/').find(|(at, _)| is_plain(*at)).map_or(0, |(at, _)| at);
    let tag = url[begin..].match_indices(':').find(|(at, _)| is_plain(begin + at));
    tag.map_or(url, |(at, _)| &url[..begin + at])
}

/// Everything that the CI files of a repository push.
pub fn of(index: &Index<'_>) -> Vec<Push> {
    let mut found = Vec::new();
    let folders = std::iter::once("").chain(index.folders());
    for folder in folders {
        for name in index.list(folder).unwrap_or_default() {
            let path: Text = if folder.is_empty() { name.as_str().into() } else { format!("{folder}/{name}").into() };
            if !is_of_ci(&path, &name) || index.entry(&path) != Some(PathKind::File) {
                continue;
            }
            let Some(text) = index.read(&path).ok().filter(|bytes| bytes.len() <= LARGEST) else { continue };
            let text = String::from_utf8_lossy(&text);
            found.extend(commands(&path, &text));
            found.extend(actions(&path, &text));
        }
    }
    found
}

/// In a folder of a forge, or a script.
fn is_of_ci(path: &str, name: &str) -> bool {
    let is_text = [".yaml", ".yml"].iter().any(|end| name.ends_with(end));
    let is_named = ["Makefile", "makefile", "GNUmakefile", "justfile", ".justfile", "Justfile", "Jenkinsfile"].contains(&name);
    let is_task = name.starts_with("Taskfile") || name.starts_with("azure-pipelines") || name.starts_with('.');
    is_named
        || name.ends_with(".sh")
        || name.ends_with(".mk")
        || name.ends_with(".just")
        || is_text && (path.starts_with('.') || is_task)
}

/// `flux push artifact URL … --path=FOLDER`, over lines that end with `\`.
fn commands(file: &Text, text: &str) -> Vec<Push> {
    let text = text.replace("\\\n", " ");
    let one = |at: usize| -> Option<Vec<Push>> {
        let words: Vec<&str> = words(text[at + COMMAND.len()..].lines().next().unwrap_or_default());
        let url = words.iter().map(|word| unquoted(word)).find(|word| !word.starts_with('-'))?;
        let folder = words.iter().enumerate().find_map(|(at, word)| match *word {
            "--path" | "-f" => words.get(at + 1).copied(),
            word => word.strip_prefix("--path=").or_else(|| word.strip_prefix("-f=")),
        })?;
        let (url, folder) = (filled(url, &text), filled(unquoted(folder), &text));
        let given = |arguments: &Vec<&str>, within: &str| {
            let value = |found: &regex::Captures<'_>| {
                let number = name_of(&found[0]).parse::<usize>().ok().and_then(|number| number.checked_sub(1));
                number.and_then(|at| arguments.get(at)).map_or_else(|| found[0].to_owned(), |word| unquoted(word).to_owned())
            };
            filled(&VARIABLE.replace_all(within, value), &text)
        };
        let calls = calls(&text, at);
        let push = |arguments: &Vec<&str>| Push::new(file, &given(arguments, &url), &given(arguments, &folder));
        Some(calls.iter().filter_map(push).collect())
    };
    text.match_indices(COMMAND).filter_map(|(at, _)| one(at)).flatten().collect()
}

/// The arguments of all calls of the shell function that a place is in; none of what is in no function.
fn calls(text: &str, at: usize) -> Vec<Vec<&str>> {
    static FUNCTION: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"(?m)^(?:function +)?([A-Za-z_][A-Za-z0-9_-]*) *\( *\)|^\}").expect("a pattern"));
    let name = FUNCTION.captures_iter(&text[..at]).last().and_then(|found| Some(found.get(1)?.as_str()));
    let Some(name) = name else { return vec![Vec::new()] };
    let call = |line| words(line).split_first().filter(|(first, _)| **first == name).map(|(_, rest)| rest.to_vec());
    text.lines().filter_map(call).take(MOST_CALLS).collect()
}

/// Blanks divide words, but not inside of quotes and of variables.
fn words(line: &str) -> Vec<&str> {
    let (mut found, mut begin, mut depth, mut quote) = (Vec::new(), None, 0_usize, None);
    for (at, c) in line.char_indices() {
        match c {
            '"' | '\'' if quote.is_none() && depth == 0 => quote = Some(c),
            c if quote == Some(c) && depth == 0 => quote = None,
            '(' | '{' => depth += 1,
            ')' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        let is_blank = c.is_whitespace() && depth == 0 && quote.is_none();
        match begin {
            None if !is_blank => begin = Some(at),
            Some(from) if is_blank => {
                found.push(&line[from..at]);
                begin = None;
            }
            _ => {}
        }
    }
    found.extend(begin.map(|from| &line[from..]));
    found
}

/// The inputs `repository` and `path` of the action.
fn actions(file: &Text, text: &str) -> Vec<Push> {
    let lines: Vec<&str> = text.lines().collect();
    let input = |from: usize, name: &str| {
        let below = lines[from + 1..].iter().take(INPUTS).take_while(|line| !line.trim_start().starts_with("- "));
        let value = below.filter_map(|line| line.trim().strip_prefix(name)?.strip_prefix(':')).next()?;
        Some(unquoted(value.trim()).to_owned())
    };
    let one = |at: usize| Push::new(file, &filled(&input(at, "repository")?, text), &filled(&input(at, "path")?, text));
    (0..lines.len()).filter(|at| lines[*at].contains(ACTION)).filter_map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(file: &str, url: &str) -> Option<String> {
        let name: Text = "ci.yaml".into();
        commands(&name, file).iter().chain(&actions(&name, file)).find_map(|push| push.folder_of(url))
    }

    #[test]
    fn commands_are_read_as_people_write_them() {
        let url = "oci://ghcr.io/acme/fleet/infra";
        for (file, expected) in [
            (
                "run: flux push artifact oci://ghcr.io/acme/fleet/infra:latest --path=./kubernetes/infra --source=x",
                Some("./kubernetes/infra"),
            ),
            (
                "flux push artifact \"oci://ghcr.io/acme/fleet/infra:$(git rev-parse --short HEAD)\" \\\n  --path \"./kubernetes/infra\" \\\n  --revision x",
                Some("./kubernetes/infra"),
            ),
            (
                "env:\n  REPO: oci://ghcr.io/acme/fleet/infra\nrun: |\n  flux push artifact $REPO:${{ github.sha }} -f infra\n",
                Some("infra"),
            ),
            (
                "REGISTRY ?= ghcr.io/acme\nURL = oci://$(REGISTRY)/fleet/infra\n\tflux push artifact $(URL):dev --path=\"infra\"\n",
                Some("infra"),
            ),
            ("flux push artifact oci://ghcr.io/${{ github.repository }}/infra:x --path=deploy", Some("deploy")),
            (
                "flux push artifact oci://ghcr.io/${{ github.repository }}/${{ matrix.part }}:x --path=parts/${{ matrix.part }}",
                Some("parts/infra"),
            ),
            ("flux push artifact oci://ghcr.io/acme/fleet/apps:x --path=apps", None),
            ("flux push artifact $ADDRESS --path=apps", None),
            ("flux push artifact oci://localhost:5050/acme/fleet/infra:local --path=infra", Some("infra")),
            (
                "root='kubernetes'\npush() {\n  name=$1\n  path=$2\n  flux push artifact oci://${name} \\\n    --path=\"${path}\"\n}\npush \"ghcr.io/acme/fleet/apps:x\" apps\npush \"ghcr.io/acme/fleet/infra:x\" \"${root}/infra\"\n",
                Some("kubernetes/infra"),
            ),
            ("flux push artifact oci://ghcr.io/acme/fleet/infra:x --path=$FOLDER", None),
            (
                "- uses: controlplaneio-fluxcd/distribution/actions/push@main\n  with:\n    repository: ghcr.io/${{ github.repository }}/${{ matrix.part }}\n    path: \"./parts/${{ matrix.part }}\"\n",
                Some("./parts/infra"),
            ),
        ] {
            assert_eq!(folder(file, url).as_deref(), expected, "{file}");
        }
    }
}

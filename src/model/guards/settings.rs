//! Every key of `.fluxdeck.toml`, declared once: what `fluxdeck init` writes, and what the README says. A test holds it to what the reader
//! takes.

use super::policy::FILE;

/// A table of the file.
pub struct SettingTable {
    /// `[changes]`; empty for the top of the file.
    pub header: &'static str,
    pub doc: &'static str,
    pub keys: &'static [SettingKey],
}

/// One key with its default, else with an example.
pub struct SettingKey {
    pub name: &'static str,
    pub doc: &'static str,
    /// As TOML.
    pub value: &'static str,
    /// What may be left out.
    pub is_optional: bool,
}

const fn key(name: &'static str, value: &'static str, doc: &'static str) -> SettingKey {
    SettingKey { name, doc, value, is_optional: false }
}

const fn optional(name: &'static str, value: &'static str, doc: &'static str) -> SettingKey {
    SettingKey { is_optional: true, ..key(name, value, doc) }
}

/// All tables, in the order of the file.
pub static TABLES: &[SettingTable] = &[
    SettingTable {
        header: "",
        doc: "",
        keys: &[key(
            "deny",
            "[]",
            "Files that no change of fluxdeck touches, and that are an error in `fluxdeck check --since`: globs such as \"clusters/*/flux-system/**\". \
             Without a `/` a glob means a name anywhere; one that fits a folder means everything in it.",
        )],
    },
    SettingTable {
        header: "[changes]",
        doc: "How changes of fluxdeck are made here.",
        keys: &[
            key("deny", "[]", "As above, for changes of fluxdeck and `check` alike."),
            key("branch", "\"fluxdeck/{change}\"", "What their branches are called."),
            key("sign-off", "false", "Whether their commits are signed off; left out: as the last commits of the branch are."),
            key("labels", "[]", "Labels of their pull requests, where a person names none. The forge has to have them."),
            key("reviewers", "[]", "Who is asked for a review, where a person names nobody: users, or \"organisation/team\"."),
        ],
    },
    SettingTable {
        header: "[[policy]]",
        doc: "A program that checks changes: exit code 0 is passed, any other one is against the change. It is taken from the base branch, and runs \
              only once a person has allowed exactly these commands (P in a review, or `fluxdeck trust`); in CI with `fluxdeck check --since \
              origin/main --run-policy`: in a copy of the changed files, with a home of its own, without the user's variables, for at most \
              120 s. FLUXDECK_CHANGED names a file with the paths that changed.",
        keys: &[
            key("name", "\"kubeconform\"", "What the check is called."),
            key(
                "command",
                "[\"kubeconform\", \"-summary\", \".\"]",
                "The program and its arguments. No shell reads them, unless it is one: [\"sh\", \"-c\", \"…\"]. A program of the repository is \
                 named by its path: [\"./ci/check.sh\"]; what was allowed is its content too.",
            ),
            optional(
                "when",
                "{ paths = [], kinds = [], playbooks = [] }",
                "For which changes; without it, for all. Of each list that has something, one has to fit: globs of files that change; kinds of \
                 objects that are built otherwise (\"Deployment\", \"HelmRelease.helm.toolkit.fluxcd.io\"); playbooks of fluxdeck that made the \
                 change (then not in CI).",
            ),
        ],
    },
    SettingTable {
        header: "[[kustomizations]]",
        doc: "What another repository applies from this one.",
        keys: &[
            key("cluster", "\"production\"", "The name of the cluster."),
            key("path", "\"apps/web\"", "The folder, as `spec.path` of the Flux Kustomization names it."),
            optional("targetNamespace", "\"web\"", "Its `spec.targetNamespace`."),
            optional("substitute", "{ DOMAIN = \"example.test\" }", "Its `spec.postBuild.substitute`."),
        ],
    },
    SettingTable {
        header: "[[artifacts]]",
        doc: "A folder of this repository that CI pushes as an artifact: `flux push artifact oci://… --path=…`.",
        keys: &[
            key("url", "\"oci://ghcr.io/acme/fleet\"", "As OCIRepositories name it."),
            key("path", "\"kubernetes\"", "The folder that is pushed."),
        ],
    },
];

/// What could be learned of a repository.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LearntSettings {
    /// Globs.
    pub deny: Vec<String>,
    /// With `{change}` in it.
    pub branch: Option<String>,
    pub sign_off: Option<bool>,
    /// Cluster and folder.
    pub kustomizations: Vec<(String, String)>,
    /// URL and folder.
    pub artifacts: Vec<(String, String)>,
}

/// Columns of a line.
const WIDTH: usize = 120;
/// Tables of one header that are written.
const MOST: usize = 20;

impl LearntSettings {
    /// What a key is filled with; each table of its header gets one. Empty: the declared value.
    fn values(&self, table: &SettingTable, key: &SettingKey) -> Vec<String> {
        let text = |text: &str| toml::Value::String(text.to_owned()).to_string();
        let list = |all: &[String]| format!("[{}]", all.iter().map(|one| text(one)).collect::<Vec<_>>().join(", "));
        let firsts = |all: &[(String, String)]| all.iter().map(|(first, _)| text(first)).collect();
        let seconds = |all: &[(String, String)]| all.iter().map(|(_, second)| text(second)).collect();
        match (table.header, key.name) {
            ("", "deny") if !self.deny.is_empty() => vec![list(&self.deny)],
            ("[changes]", "branch") => self.branch.iter().map(|branch| text(branch)).collect(),
            ("[changes]", "sign-off") => self.sign_off.iter().map(ToString::to_string).collect(),
            ("[[kustomizations]]", "cluster") => firsts(&self.kustomizations),
            ("[[kustomizations]]", "path") => seconds(&self.kustomizations),
            ("[[artifacts]]", "url") => firsts(&self.artifacts),
            ("[[artifacts]]", "path") => seconds(&self.artifacts),
            _ => Vec::new(),
        }
    }

    /// The file. `is_plain`: what it sets holds; else it is commented out, and the file changes nothing.
    pub fn text(&self, is_plain: bool) -> String {
        let off = if is_plain { "" } else { "# " };
        let mut out = comment(&format!(
            "{FILE}: what this repository says to fluxdeck, which reads it from the base branch. Every key is here. What is commented out shows \
             its default or an example, as far as it is known what fits here; take the `# ` away from what is to hold."
        ));
        for table in TABLES {
            let values: Vec<_> = table.keys.iter().map(|key| self.values(table, key)).collect();
            let is_learnt = values.iter().any(|values| !values.is_empty());
            let count = values.iter().map(Vec::len).max().unwrap_or_default().clamp(1, MOST);
            for number in 0..count {
                out.push('\n');
                if !table.header.is_empty() {
                    if number == 0 {
                        out.push_str(&comment(table.doc));
                    }
                    out.push_str(&format!("{off}{}\n", table.header));
                }
                let is_list = table.header.starts_with("[[");
                for (key, values) in table.keys.iter().zip(&values) {
                    // an example beside what is known would say something that is not so
                    if key.is_optional && is_list && is_learnt {
                        continue;
                    }
                    if number == 0 {
                        out.push_str(&comment(key.doc));
                    }
                    let value = values.get(number).map_or(key.value, String::as_str);
                    out.push_str(&format!("{off}{} = {value}\n", key.name));
                }
            }
        }
        out
    }
}

/// A text as comment lines.
fn comment(text: &str) -> String {
    let mut out = String::new();
    let mut line = "#".to_owned();
    for word in text.split_whitespace() {
        if line.chars().count() + word.chars().count() + 1 > WIDTH {
            out.push_str(&format!("{line}\n"));
            line = "#".to_owned();
        }
        line.push(' ');
        line.push_str(word);
    }
    out.push_str(&format!("{line}\n"));
    out
}

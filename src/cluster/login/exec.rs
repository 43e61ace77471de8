//! The protocol between a kubeconfig's login program and us (`client.authentication.k8s.io/v1` and `v1beta1`; client-go
//! `plugin/pkg/client/auth/exec/exec.go`): what it is given, and whether its answer is valid.

use std::ffi::OsString;
use std::process::Stdio;

use http::HeaderValue;
use jiff::Timestamp;
use kube::config::{ExecConfig, ExecInteractiveMode};
use serde::Deserialize;
use serde_json::json;
use tokio::process::Command;

use super::{Credential, Failed};
use fluxdeck_model::domain::text::sanitise;

/// A login program as the kubeconfig names it. Silent in Debug: its arguments and its environment may be secret.
pub(super) struct Program(ExecConfig);

impl std::fmt::Debug for Program {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Program")
    }
}

impl Program {
    /// # Errors
    /// The entry names no program.
    pub fn new(exec: ExecConfig) -> Result<Self, Failed> {
        match &exec.command {
            Some(command) if !command.trim().is_empty() => Ok(Self(exec)),
            _ => {
                Err(Failed::new("the kubeconfig names no login program (exec without command)", "fix the user in the kubeconfig"))
            }
        }
    }

    /// What makes it different from others: two users with the same entry share a credential.
    pub fn key(&self) -> String {
        let cluster = self.0.provide_cluster_info.then_some(&self.0.cluster);
        json!([self.0, cluster]).to_string()
    }

    /// Its name for people: the file's, without folders.
    pub fn name(&self) -> String {
        let command = self.0.command.as_deref().unwrap_or_default();
        sanitise(command.rsplit(['/', '\\']).next().unwrap_or(command)).into_owned()
    }

    /// Whether it may have the terminal where there is one.
    pub fn may_talk(&self) -> bool {
        self.0.interactive_mode != Some(ExecInteractiveMode::Never)
    }

    /// Why it is not run without the terminal, where it cannot do without one (client-go `exec.go`, isInteractive). `is_screen`: there is
    /// one, and it is ours.
    pub fn needs_terminal(&self, is_screen: bool) -> Option<Failed> {
        if self.0.interactive_mode != Some(ExecInteractiveMode::Always) {
            return None;
        }
        let hint = match is_screen {
            true => {
                "the screen has it: use the commands (`fluxdeck tree`), choose another context, or set interactiveMode to IfAvailable if the program can do without"
            }
            false => "run this in a terminal, or choose another context",
        };
        let message = format!("the login program `{}` asks its questions on a terminal (interactiveMode: Always)", self.name());
        Some(Failed::new(message, hint))
    }

    /// The command, with its standard input and output. Standard error is the caller's.
    pub fn command(&self, is_talking: bool) -> Command {
        let mut command = Command::new(self.0.command.as_deref().unwrap_or_default());
        command.args(self.0.args.iter().flatten());
        for variable in self.0.env.iter().flatten() {
            if let (Some(name), Some(value)) = (variable.get("name"), variable.get("value")) {
                command.env(name, value);
            }
        }
        let cluster = self.0.provide_cluster_info.then_some(self.0.cluster.as_ref()).flatten();
        let mut spec = json!({ "interactive": is_talking });
        if let Some(cluster) = cluster {
            spec["cluster"] = json!(cluster);
        }
        let info = json!({ "apiVersion": self.version(), "kind": "ExecCredential", "spec": spec });
        command.env("KUBERNETES_EXEC_INFO", OsString::from(info.to_string()));
        command.stdin(if is_talking { Stdio::inherit() } else { Stdio::null() }).stdout(Stdio::piped());
        command
    }

    fn version(&self) -> &str {
        self.0.api_version.as_deref().unwrap_or("client.authentication.k8s.io/v1beta1")
    }

    /// Why it could not be started.
    pub fn not_started(&self, why: &std::io::Error) -> Failed {
        let name = self.name();
        if why.kind() != std::io::ErrorKind::NotFound {
            return Failed::new(
                format!("the login program `{name}` cannot be started: {why}"),
                "check the user in the kubeconfig",
            );
        }
        let hint = self.0.install_hint.as_deref().map(str::trim).filter(|hint| !hint.is_empty());
        Failed::new(
            format!("the login program `{name}` is not installed"),
            hint.map_or_else(
                || "the kubeconfig logs in with it: install it, or choose another context".to_owned(),
                |hint| sanitise(hint).into_owned(),
            ),
        )
    }

    /// Reads what it printed. Nothing of that gets into an error.
    ///
    /// # Errors
    /// It is not a credential, or one that no request can carry.
    pub fn read(&self, printed: &[u8]) -> Result<Credential, Failed> {
        let name = self.name();
        let wrong = |why: &str| Failed::new(format!("the login program `{name}` {why}"), super::AGAIN);
        // client-go takes YAML too
        let answer: Answer = serde_yaml::from_slice(printed).map_err(|_| wrong("prints no ExecCredential"))?;
        let is_other = answer.api_version.as_deref().is_some_and(|version| version != self.version());
        if answer.kind.as_deref().is_some_and(|kind| kind != "ExecCredential") || is_other {
            return Err(wrong(&format!("answers in another version than it was asked in ({})", self.version())));
        }
        let status = answer.status.ok_or_else(|| wrong("prints an ExecCredential without status"))?;
        let expires = match status.expiration_timestamp.as_deref() {
            Some(time) => Some(time.parse::<Timestamp>().map_err(|_| wrong("prints an expirationTimestamp that is not a time"))?),
            None => None,
        };
        let header = match &status.token {
            Some(token) => Some(bearer(token).ok_or_else(|| wrong(&format!("gives {BAD_TOKEN}")))?),
            None => None,
        };
        let certificate = match (status.client_certificate_data, status.client_key_data) {
            (Some(certificate), Some(key)) => Some((certificate, key)),
            (None, None) => None,
            _ => return Err(wrong("gives a certificate without its key, or the other way round")),
        };
        if header.is_none() && certificate.is_none() {
            return Err(wrong("gives neither a token nor a certificate"));
        }
        Ok(Credential { header, certificate, expires })
    }
}

/// Why a token is refused. The token itself is never shown.
pub(in crate::cluster) const BAD_TOKEN: &str = "a token with characters that no token may have, such as a line end";

/// The header of a token; none for what no header may hold.
pub(in crate::cluster) fn bearer(token: &str) -> Option<HeaderValue> {
    let is_fit = !token.is_empty() && token.bytes().all(|byte| (0x21..0x7f).contains(&byte));
    let mut value = is_fit.then(|| HeaderValue::try_from(format!("Bearer {token}")).ok()).flatten()?;
    value.set_sensitive(true);
    Some(value)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    api_version: Option<String>,
    kind: Option<String>,
    status: Option<Status>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    expiration_timestamp: Option<String>,
    token: Option<String>,
    client_certificate_data: Option<String>,
    client_key_data: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn program(text: &str) -> Program {
        Program::new(serde_json::from_str(text).expect("an exec entry")).expect("a program")
    }

    #[test]
    fn answers_are_taken_as_client_go_takes_them_and_never_shown() {
        let program = program(r#"{"apiVersion": "client.authentication.k8s.io/v1", "command": "/opt/bin/tok"}"#);
        let head = r#""kind": "ExecCredential", "apiVersion": "client.authentication.k8s.io/v1""#;
        for (printed, wrong) in [
            (format!("{{{head}, \"status\": {{\"token\": \"PLANTED\"}}}}"), ""),
            ("kind: ExecCredential\nstatus:\n  token: PLANTED\n  expirationTimestamp: \"2030-01-01T00:00:00Z\"\n".to_owned(), ""),
            (format!("{{{head}, \"status\": {{\"clientCertificateData\": \"PLANTED\", \"clientKeyData\": \"PLANTED\"}}}}"), ""),
            (format!("{{{head}, \"status\": {{\"clientKeyData\": \"PLANTED\"}}}}"), "without its key"),
            (format!("{{{head}, \"status\": {{\"token\": \"PLANTED\\n\"}}}}"), "such as a line end"),
            (
                format!("{{{head}, \"status\": {{\"token\": \"PLANTED\", \"expirationTimestamp\": \"PLANTED\"}}}}"),
                "is not a time",
            ),
            (format!("{{{head}, \"status\": {{}}}}"), "neither a token nor a certificate"),
            (format!("{{{head}}}"), "without status"),
            (
                r#"{"apiVersion": "client.authentication.k8s.io/v1beta1", "status": {"token": "PLANTED"}}"#.to_owned(),
                "another version",
            ),
            ("PLANTED\nis no answer: [".to_owned(), "prints no ExecCredential"),
        ] {
            match program.read(printed.as_bytes()) {
                Ok(credential) => assert!(wrong.is_empty() && !format!("{credential:?}").contains("PLANTED"), "{printed}"),
                Err(failed) => {
                    let text = format!("{failed:?}");
                    assert!(
                        !wrong.is_empty() && text.contains(wrong) && text.contains("`tok`") && !text.contains("PLANTED"),
                        "{text}"
                    );
                }
            }
        }
    }

    #[test]
    fn it_gets_what_the_protocol_defines() {
        let program = program(
            r#"{"apiVersion": "client.authentication.k8s.io/v1beta1", "command": "tok", "args": ["a b"],
                "env": [{"name": "A", "value": "PLANTED"}, {"name": "B"}], "interactiveMode": "Never"}"#,
        );
        let command = program.command(false);
        let variables: Vec<_> = command.as_std().get_envs().map(|(name, _)| name.to_string_lossy().into_owned()).collect();
        let info = command.as_std().get_envs().find(|(name, _)| *name == "KUBERNETES_EXEC_INFO").and_then(|(_, value)| value);
        let info: serde_json::Value = serde_json::from_str(&info.expect("set").to_string_lossy()).expect("JSON");

        assert_eq!(variables, ["A", "KUBERNETES_EXEC_INFO"]);
        assert_eq!(
            info,
            json!({"apiVersion": "client.authentication.k8s.io/v1beta1", "kind": "ExecCredential", "spec": {"interactive": false}})
        );
        assert!(!program.may_talk() && !format!("{program:?}").contains("PLANTED"));
    }

    #[test]
    fn one_that_always_asks_is_not_run_without_a_terminal() {
        for (mode, is_run) in [("Always", false), ("IfAvailable", true), ("Never", true)] {
            let program = program(&format!(r#"{{"command": "tok", "interactiveMode": "{mode}"}}"#));
            assert_eq!(program.needs_terminal(true).is_none(), is_run, "{mode}");
        }
        let program = program(r#"{"command": "tok", "interactiveMode": "Always"}"#);
        let refused = |is_screen| program.needs_terminal(is_screen).expect("it has to talk");
        assert!(
            refused(false).message.contains("`tok` asks its questions on a terminal")
                && refused(false).hint.contains("in a terminal")
        );
        assert!(refused(true).hint.contains("the screen has it"));
    }

    #[test]
    fn one_that_is_missing_is_named_with_the_hint_of_the_kubeconfig() {
        let missing = std::io::Error::from(std::io::ErrorKind::NotFound);
        let failed = program(r#"{"command": "no-such-login", "installHint": "ask the platform\nteam"}"#).not_started(&missing);

        assert_eq!(failed.message, "the login program `no-such-login` is not installed");
        assert_eq!(failed.hint, "ask the platform team");
    }
}

//! Credentials in text: what they look like, and the text without them.
//!
//! The one place that knows. Controllers quote the URLs they were given, programs print their environment, libraries format what they
//! hold: whatever people see or files keep went through [`redact`], by way of [`super::text::sanitise`]. A user's own log lines do *not*.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::{Captures, Regex};

/// What stands where a credential was.
pub const MASK: &str = "***";

/// What a name that ends like this holds is a credential: of a variable, a field, a parameter of a URL. A regular expression without groups.
const NAMES: &str = "(?:token|secret|passwd|password|passphrase|pwd|api[_-]?key|access[_-]?key(?:[_-]?id)?|private[_-]?key|\
                     account[_-]?key|secret[_-]key|encryption[_-]?key|signing[_-]?key|signature|credentials?)";

/// Something that every text with a credential holds: one pass that clean text does not go beyond.
static ALARM: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)://|=|:[^\s@/]+@[a-z0-9.-]+:\d|authorization|cookie|bearer|basic|token|secret|passw|passphrase|pwd|api.?key|access.?key|private.?key|account.?key|encryption.?key|signing.?key|credential|signature|stdout|stderr|invalid port|eyj|gh[pousr]_|github_pat_|glpat-|gldt-|glrt-|glptt-|glcbt-|glsoat-|glft-|glagent-|xox|xapp-|AKIA|ASIA|AIza|ya29|sk_live|sk_test|sk-|npm_|dckr_pat|hvs\.|dop_v1|SG\.|ATATT|age-secret|k8s-aws|hooks\.slack|webhook|/bot|LS0tLS1",
    )
});

/// What a credential looks like, and what is left of it. In the order in which they are looked for: the larger thing first.
struct Rule {
    looks: Regex,
    left: fn(&Captures) -> String,
}

static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| {
    let mask: fn(&Captures) -> String = |_| MASK.to_owned();
    let after: fn(&Captures) -> String = |found| format!("{}{MASK}", &found[1]);
    let quoted: fn(&Captures) -> String = |found| format!("{}\"{MASK}\"", &found[1]);
    let random: fn(&Captures) -> String = if_random;
    let between: fn(&Captures) -> String = |found| format!("{}{MASK}{}", &found[1], &found[2]);
    let rules = [
        // RFC 7468, and OpenPGP's blocks; also one that is cut off
        (r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----(?s:.*?)(?:-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----|\z)", mask),
        // the same in base64: the first words after `-----BEGIN `
        (r"\bLS0tLS1CRUdJTiB(?:QUklW|SU0Eg|FQyBQ|PUEVO|FTkNS)[A-Za-z0-9+/=]*", mask),
        // what Debug makes of a command's environment and of its output
        (r#"\b([A-Z_][A-Z0-9_]+=)"(?:\\.|[^"\\])*"?"#, quoted),
        (r#"\b(stdout: |stderr: )"(?:\\.|[^"\\])*"?"#, quoted),
        // an address without its scheme, as libraries log it
        (r"(^|[\s(,=\x22'])[^\s:@/\x22'(),=]+:[^\s@/\x22'()]+(@[A-Za-z0-9.-]+:\d{1,5}\b)", between),
        // what Go says of a URL whose password holds a slash
        (r#"(invalid port )"[^"]*""#, quoted),
        (r"(?i)(hooks\.slack(?:-gov)?\.com/(?:services|workflows|triggers)/)[^\s\x22'<>\\]+", after),
        (r"(?i)(discord(?:app)?\.com/api/(?:v\d+/)?webhooks/)[^\s\x22'<>\\]+", after),
        (r"(?i)(webhook\.office\.com/)[^\s\x22'<>\\]+", after),
        (r"(/bot)\d+:[A-Za-z0-9_-]+", after),
        (
            r"(?i)(\b(?:proxy-)?authorization\\?[\x22']?\s*[:=]\s*\\?[\x22'\[]*(?:(?:bearer|basic|token|digest|negotiate|apikey|aws4-hmac-sha256)\s+)?)[^\s\x22',\\\]}]+",
            after,
        ),
        (r"(?i)(\b(?:set-)?cookie: )[^\r\n]+", after),
        // parameters of a URL; the short names are credentials only there
        (r"(?i)([?&;](?:sig|key|code|auth|jwt|assertion|[a-z0-9_.-]*NAMES)=)[^&\s\x22'<>#\\]+", after),
        // JSON, and JSON in a text of JSON
        (r#"(?i)("[a-z0-9_.-]*NAMES"\s*:\s*)(?:"(?:\\.|[^"\\])*"?|-?\d[\d.]*)"#, quoted),
        (r#"(?i)(\\"[a-z0-9_.-]*NAMES\\"\s*:\s*\\")[^"\\]*"#, after),
        (r#"(?i)(\b[a-z0-9_.-]*NAMES[\x22']?\s?=\s?)"(?:\\.|[^"\\])*"?"#, quoted),
        (r"(?i)(\b[a-z0-9_.-]*NAMES[\x22']?\s?=\s?)(?:'[^']*'?|[^\s\x22',;&)}\]\\]+)", after),
        (r"(?i)\b([a-z0-9_.-]*NAMES:\s+)(\x22(?:\\.|[^\x22\\])*\x22|'[^']*'|[^\s\x22',;)}\]\\]+)", random),
        (r"(?i)\b((?:bearer|basic|token|password)\s+)([A-Za-z0-9._~+/=-]{8,})", random),
        // a JWT; base64 of JSON that is as long, such as a registry's login
        (r"\beyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]+){1,4}|\beyJ[A-Za-z0-9+/_=-]{24,}", mask),
        // GitHub, GitLab, Slack, AWS, Google, Stripe, npm, Docker, Vault, DigitalOcean, SendGrid, Atlassian, age, EKS
        (
            r"\bgh[pousr]_[A-Za-z0-9]{16,}|\bgithub_pat_[A-Za-z0-9_]{20,}|\bgl(?:pat|dt|rt|ptt|cbt|soat|ft|agent)-[A-Za-z0-9_.-]{16,}|\bxox[a-z]-[A-Za-z0-9-]{10,}|\bxapp-[A-Za-z0-9-]{10,}|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|\bAIza[A-Za-z0-9_-]{30,}|\bya29\.[A-Za-z0-9_-]{20,}|\bsk_(?:live|test)_[A-Za-z0-9]{16,}|\bsk-[A-Za-z0-9_-]{32,}|\bnpm_[A-Za-z0-9]{30,}|\bdckr_pat_[A-Za-z0-9_-]{16,}|\bhvs\.[A-Za-z0-9_-]{20,}|\bdop_v1_[a-f0-9]{32,}|\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}|\bATATT[A-Za-z0-9_=-]{20,}|(?i:\bAGE-SECRET-KEY-1[A-Z0-9]{20,})|\bk8s-aws-v1\.[A-Za-z0-9_-]{20,}",
            mask,
        ),
    ];
    rules.into_iter().map(|(looks, left)| Rule { looks: pattern(&looks.replace("NAMES", NAMES)), left }).collect()
});

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a pattern")
}

/// Returns the text without credentials: the user information of URLs (`https://token@host`), parameters of URLs that carry tokens,
/// authorization headers, environments as Debug prints them, fields and variables with a telling name, private keys, JWTs, and tokens
/// of a known shape. Of prose as much as possible is left: `password authentication failed` names no password.
///
/// Borrows when there was nothing to do, after one pass. Doing it twice changes nothing.
pub fn redact(text: &str) -> Cow<'_, str> {
    if !ALARM.is_match(text) {
        return text.into();
    }
    let mut out = without_user_information(text);
    for rule in RULES.iter() {
        let changed = match rule.looks.replace_all(&out, rule.left) {
            Cow::Owned(changed) => changed,
            Cow::Borrowed(_) => continue,
        };
        out = changed.into();
    }
    out
}

/// Whether what a field, a variable or an option of that name holds is a credential. A name that ends in `secret` mostly names an object
/// instead (`existingSecret`), unless it is known.
pub fn is_telling(name: &str) -> bool {
    static TELLING: LazyLock<Regex> = LazyLock::new(|| pattern(&format!("(?i){NAMES}$")));
    let lower = name.to_lowercase();
    match lower.strip_suffix("secret") {
        Some(before) => {
            matches!(before.trim_end_matches(['_', '-']), "" | "client" | "shared" | "app" | "webhook" | "jwt" | "cookie")
        }
        None => TELLING.is_match(name),
    }
}

/// A value behind a telling word: taken out where it is quoted or looks random; words of a sentence stay. A password is taken out always.
fn if_random(found: &Captures) -> String {
    let (word, value) = (&found[1], &found[2]);
    let is_password = word.trim_end().ends_with(':') && word.to_lowercase().contains("passw");
    let is_path = value.starts_with('/');
    let is_mixed = value.chars().skip(1).any(char::is_uppercase) && value.chars().any(char::is_lowercase);
    let is_random = !is_path && (is_mixed || value.ends_with('=') || value.contains(|c: char| c.is_ascii_digit()));
    if is_password || is_random || value.starts_with(['"', '\'']) { format!("{word}{MASK}") } else { found[0].to_owned() }
}

/// Takes out what stands before the `@` of URLs. A user's name alone is left for SSH, where it is no credential.
fn without_user_information(text: &str) -> Cow<'_, str> {
    let mut out = String::new();
    let mut done = 0;
    for (at, _) in text.match_indices("://") {
        let start = at + 3;
        if start < done {
            continue;
        }
        let Some(end) = user_information(&text[start..]) else { continue };
        let information = &text[start..start + end];
        let is_ssh = text[..at].to_lowercase().ends_with("ssh");
        if is_ssh && !information.contains(':') {
            continue;
        }
        out.push_str(&text[done..start]);
        out.push_str(MASK);
        done = start + end;
    }
    if done == 0 {
        return text.into();
    }
    out.push_str(&text[done..]);
    out.into()
}

/// How long the user information is with which a URL goes on behind its `://`, if it has some.
fn user_information(rest: &str) -> Option<usize> {
    let url =
        rest.find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>' | '`')).map_or(rest, |end| &rest[..end]);
    let authority = &url[..url.find(['/', '?', '#', '\\']).unwrap_or(url.len())];
    if let Some(at) = authority.rfind('@') {
        return Some(at);
    }
    // a password with a slash in it, which nobody may write and people do: what looks like a port is none
    let (_, port) = authority.split_once(':').filter(|_| !authority.starts_with('['))?;
    let is_port = port.len() <= 5 && port.bytes().all(|byte| byte.is_ascii_digit());
    if is_port { None } else { url.rfind('@') }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A text, and what is left of it; empty where it stays as it is.
    const TEXTS: &[(&str, &str)] = &[
        // URLs
        ("unable to clone 'http://user:SUPERSECRET123@git.example.com/f'", "unable to clone 'http://***@git.example.com/f'"),
        ("fetch https://ghp_x@github.com/o/r failed", "fetch https://***@github.com/o/r failed"),
        ("https://ops:hun/ter2@git.example.com/f.git", "https://***@git.example.com/f.git"),
        ("https://a:b@one.example.com https://c@two.example.com/x", "https://***@one.example.com https://***@two.example.com/x"),
        (
            "parse \"https://***@h/\": invalid port \":hun\" after host",
            "parse \"https://***@h/\": invalid port \"***\" after host",
        ),
        ("ssh://git@github.com/org/fleet", ""),
        ("ssh://git:hunter2@github.com/org/fleet", "ssh://***@github.com/org/fleet"),
        ("oci://registry.example.com:5000/manifests@sha256:abc", ""),
        ("https://example.com/a?x=1 to ops@example.com", ""),
        ("https://example.com:8443/@v/list", ""),
        ("checkout waiting: (\"http\", me:hunter2@10.0.0.1:6443)", "checkout waiting: (\"http\", ***@10.0.0.1:6443)"),
        ("image web:1.2.3@sha256:0a1b2c3d4e5f is pulled", ""),
        (
            "GET https://b.example.com/x?X-Amz-Signature=0af&sv=2&sig=abc%3D&a=b",
            "GET https://b.example.com/x?X-Amz-Signature=***&sv=2&sig=***&a=b",
        ),
        ("https://h.example.com/?private_token=abc", "https://h.example.com/?private_token=***"),
        ("post to https://hooks.slack.com/services/T0/B0/xyz failed", "post to https://hooks.slack.com/services/*** failed"),
        ("https://api.telegram.org/bot123456:ABC-def/sendMessage", "https://api.telegram.org/bot***/sendMessage"),
        // headers
        ("Authorization: Bearer abcdef0123456789 refused", "Authorization: Bearer *** refused"),
        ("{\"Authorization\": \"Basic dXNlcjpwYXNz\"}", "{\"Authorization\": \"Basic ***\"}"),
        ("map[Authorization:[Bearer abc]]", "map[Authorization:[Bearer ***]]"),
        ("set-cookie: session=abc; path=/", "set-cookie: ***"),
        ("sent bearer dG9rZW4xMjM0 to it", "sent bearer *** to it"),
        ("password authentication failed, basic authentication is off", ""),
        ("the token expired yesterday; bearer authentication", ""),
        ("cannot read token /var/run/secrets/kubernetes.io/serviceaccount/token", ""),
        // what libraries and programs print
        (
            "auth exec command 'CLIENT_SECRET=\"TOP SECRET\\\"ENV\" A_B=\"x\" \"/bin/tok\"' failed: Output { stdout: \"tok\", stderr: \"log in\\n\" }",
            "auth exec command 'CLIENT_SECRET=\"***\" A_B=\"***\" \"/bin/tok\"' failed: Output { stdout: \"***\", stderr: \"***\" }",
        ),
        (
            "env: GITHUB_TOKEN=abc AWS_SECRET_ACCESS_KEY=a/b+c= HOME=/root",
            "env: GITHUB_TOKEN=*** AWS_SECRET_ACCESS_KEY=*** HOME=/root",
        ),
        ("--password=hunter2 --user=me", "--password=*** --user=me"),
        ("{\"adminPassword\":\"hun\\\"ter\",\"port\":1}", "{\"adminPassword\":\"***\",\"port\":1}"),
        ("said {\\\"token\\\": \\\"abc\\\"}", "said {\\\"token\\\": \\\"***\\\"}"),
        ("password: hunter, user: me", "password: ***, user: me"),
        ("failed to parse token: unexpected end of input", ""),
        ("token: 'hunter'", "token: ***"),
        // keys and tokens
        ("key -----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY----- end", "key *** end"),
        ("-----BEGIN OPENSSH PRIVATE KEY-----\nMIIE and cut", "***"),
        ("-----BEGIN CERTIFICATE----- MIIE", ""),
        ("got eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJrIn0.c2ln here", "got *** here"),
        ("ghp_0123456789abcdefABCD and glpat-0123456789abcdefghij", "*** and ***"),
        ("xoxb-1234567890-abc, AKIAIOSFODNN7EXAMPLE", "***, ***"),
        // what is said every day
        ("Applied revision: main@sha1:86058ad", ""),
        ("secret 'default/pull-token' not found", ""),
        ("Helm install succeeded for release shop/web.v3 with chart web@1.2.3", ""),
        ("Deployment/web dry-run failed: spec.replicas=3 is invalid, key 'a=b'", ""),
    ];

    #[test]
    fn credentials_are_taken_out_and_the_rest_is_left() {
        for (text, safe) in TEXTS {
            let safe = if safe.is_empty() { text } else { safe };
            let found = redact(text);
            assert_eq!(found, *safe);
        }
    }

    #[test]
    fn doing_it_twice_changes_nothing() {
        for (text, _) in TEXTS {
            let once = redact(text).into_owned();
            assert_eq!(redact(&once), once);
        }
    }

    #[test]
    fn text_without_credentials_is_borrowed() {
        for text in ["stored artifact for main@sha1:86058ad", "https://example.com/a", "a=b", "grüße, 世界"] {
            assert!(matches!(redact(text), Cow::Borrowed(_)), "{text}");
        }
    }

    #[test]
    fn names_tell_what_they_hold() {
        for name in ["password", "adminPassword", "API_KEY", "githubToken", "clientSecret", "aws_secret_access_key", "token"] {
            assert!(is_telling(name), "{name}");
        }
        for name in ["existingSecret", "imagePullSecret", "secretName", "tokenExpiry", "key", "interval", "passwordKey"] {
            assert!(!is_telling(name), "{name}");
        }
    }
}

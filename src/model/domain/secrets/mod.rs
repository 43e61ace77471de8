//! Credentials in text: detects and removes them.
//!
//! The only place for that. Controllers quote URLs, programs print their environment, libraries format their structs: everything
//! that is shown or stored goes through [`redact`], by way of [`super::text::sanitise`]. A user's own log lines do *not*.

mod pairs;
mod urls;
mod value;

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::{Captures, Regex};

/// The replacement of a credential.
pub const MASK: &str = "***";

/// How often a text is gone through at most; two do nearly always.
const PASSES: usize = 6;

/// What a name that ends like this holds is a credential: of a variable, a field, a parameter of a URL. A regular expression without groups.
const NAMES: &str = "(?:token|secret|passwd|password|passphrase|pwd|[_-]pass|api[_-]?key|access[_-]?key(?:[_-]?id)?|private[_-]?key|\
                     account[_-]?key|secret[_-]key|encryption[_-]?key|signing[_-]?key|license[_-]?key|master[_-]?key|session[_-]?(?:id|key)|\
                     signature|credentials?)";

/// Something that every text with a credential holds: one pass that clean text does not go beyond.
static ALARM: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)://|=|@(?:tcp|udp|unix)\(|:[^\s/]+@[a-z0-9.-]+:\d|authorization|invalid value|unsupported value|duplicate value|immutable value|not found:|auth\\*[\x22]|cookie|bearer|basic|token|secret|passw|passphrase|pass(?-u:\b)|pwd|api.?key|access.?key|private.?key|account.?key|encryption.?key|signing.?key|license.?key|master.?key|session[_-]?(?:id|key)|credential|signature|stdout|stderr|invalid port|eyj|gh[pousr]_|github_pat_|glpat-|gldt-|glrt-|glptt-|glcbt-|glsoat-|glft-|glagent-|gloas-|glimt-|glrtr-|xox|xapp-|AKIA|ASIA|AIza|ya29|GOCSPX-|hf_|pypi-|dp\.(?:pt|st|sa|ct|scim|audit)\.|atlasv1|\d:AA|sk_live|sk_test|sk-|npm_|dckr_pat|hv[bsr]\.|dop_v1|SG\.|ATATT|age-secret|k8s-aws|hooks\.slack|webhook|/bot|LS0tLS1",
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
    // words of a sentence stay
    let random: fn(&Captures) -> String = |found| match value::is_random(&found[2]) {
        true => format!("{}{MASK}", &found[1]),
        false => found[0].to_owned(),
    };
    let between: fn(&Captures) -> String = |found| format!("{}{MASK}{}", &found[1], &found[2]);
    let rules = [
        // RFC 7468, and OpenPGP's blocks; also one that is cut off
        (r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----(?s:.*?)(?:-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----|\z)", mask),
        // the same in base64: the first words after `-----BEGIN `
        (r"\bLS0tLS1CRUdJTiB(?:QUklW|SU0Eg|FQyBQ|PUEVO|FTkNS)[A-Za-z0-9+/=]*", mask),
        // what Debug makes of a command's environment and of its output
        (r#"\b([A-Z_][A-Z0-9_]+=)"(?:\\.|[^"\\])*"?"#, quoted),
        (r#"\b(stdout: |stderr: )"(?:\\.|[^"\\])*"?"#, quoted),
        // the end of a key whose beginning is cut off
        (
            r"(\\[rn]|)(?:\A[A-Za-z0-9+/=]*(?:\s|\\[rn])+)?(?:[A-Za-z0-9+/=]{24,}(?:\s|\\[rn])+)*[A-Za-z0-9+/=]*(?:\s|\\[rn])*-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----",
            after,
        ),
        // an address without its scheme, as libraries log it; a database's as Go's MySQL driver has it
        (r"(^|[\s(,=\x22'])[^\s:@/\x22'(),=]+:[^\s/\x22'()]+(@[A-Za-z0-9.-]+:\d{1,5}\b)", between),
        (r"(^|[\s(,=:\x22'])[^\s:@/\x22'(),=]+:[^\s\x22'()]+(@(?:tcp|udp|unix)\()", between),
        // what Go says of a URL whose password holds a slash
        (r#"(invalid port )"[^"]*""#, quoted),
        (r"(?i)(hooks\.slack(?:-gov)?\.com/(?:services|workflows|triggers)/)[^\s\x22'<>\\]+", after),
        (r"(?i)(discord(?:app)?\.com/api/(?:v\d+/)?webhooks/)[^\s\x22'<>\\]+", after),
        (r"(?i)(webhook\.office\.com/)[^\s\x22'<>\\]+", after),
        (r"(/bot)\d+:[A-Za-z0-9_-]+", after),
        (
            r"(?i)(\b(?:proxy-)?authorization\\?[\x22']?\s*[:=]\s*\\?[\x22'\[]*(?:digest|aws4-hmac-sha256|oauth|googlelogin|hawk)\s+)[^\r\n]+",
            after,
        ),
        (
            r"(?i)(\b(?:proxy-)?authorization\\?[\x22']?\s*[:=]\s*\\?[\x22'\[]*(?:(?:bearer|basic|token|negotiate|apikey|digest|aws4-hmac-sha256|oauth|googlelogin|hawk)\s+)?)[^\s\x22',\\\]}]+",
            after,
        ),
        (
            r#"(?i)(\b(?:set-)?cookie2?\\?["']?[:=][ \t]?)(?:\*\*\*|\[[^\]\r\n]*\]?|\\"[^"\r\n]*|"(?:\\.|[^"\\])*"?|'[^'\r\n]*'?|[^\r\n]+)"#,
            after,
        ),
        // `{name: API_TOKEN, value: x}`
        (
            r#"(?i)(\bname\\*["']?\s*[:=]\s*\\*["']?[a-z0-9_.-]*NAMES\\*["']?\s*,?(?:\s|\\n)*\\*["']?value\\*["']?\s*[:=]\s*)(?:\\+"[^"\\]*|"(?:\\.|[^"\\])*"?|'[^'\r\n]*'?|[^\s,}\]"'\\]+)"#,
            after,
        ),
        // parameters of a URL; the short names are credentials only there
        (r"(?i)([?&](?:sig|key|code|auth|jwt|assertion|[a-z0-9_.-]*NAMES)=)[^&\s\x22'<>#\\]+", after),
        // a registry's login
        (r#"(?i)(\\*"auth\\*"\s*:\s*\\*")[A-Za-z0-9+/=]{4,}"#, after),
        (r"(?i)\b((?:bearer|basic)\s+)([A-Za-z0-9._~+/=-]{8,})", random),
        // a JWT; base64 of JSON that is as long, such as a registry's login
        (r"\beyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]+){1,4}|\beyJ[A-Za-z0-9+/_=-]{24,}", mask),
        // GitHub, GitLab, Slack, AWS, Google, Stripe, npm, Docker, Vault, Hugging Face, PyPI, Doppler, Terraform, Telegram, DigitalOcean,
        // SendGrid, Atlassian, age, EKS
        (
            r"\bgh[pousr]_[A-Za-z0-9]{16,}|\bgithub_pat_[A-Za-z0-9_]{20,}|\bgl(?:pat|dt|rt|ptt|cbt|soat|ft|agent|oas|imt|rtr)-[A-Za-z0-9_.-]{16,}|\bxox[a-z]-[A-Za-z0-9-]{10,}|\bxapp-[A-Za-z0-9-]{10,}|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|\bAIza[A-Za-z0-9_-]{30,}|\bya29\.[A-Za-z0-9_-]{20,}|\bsk_(?:live|test)_[A-Za-z0-9]{16,}|\bsk-[A-Za-z0-9_-]{32,}|\bnpm_[A-Za-z0-9]{30,}|\bdckr_pat_[A-Za-z0-9_-]{16,}|\bhv[bsr]\.[A-Za-z0-9_-]{20,}|\bGOCSPX-[A-Za-z0-9_-]{20,}|\bhf_[A-Za-z0-9]{30,}|\bpypi-[A-Za-z0-9_-]{30,}|\bdp\.(?:pt|st|sa|ct|scim|audit)\.[A-Za-z0-9]{20,}|\b[A-Za-z0-9]{10,}\.atlasv1\.[A-Za-z0-9_-]{30,}|\b\d{8,10}:AA[A-Za-z0-9_-]{30,}|\bdop_v1_[a-f0-9]{32,}|\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}|\bATATT[A-Za-z0-9_=-]{20,}|(?i:\bAGE-SECRET-KEY-1[A-Z0-9]{20,})|\bk8s-aws-v1\.[A-Za-z0-9_-]{20,}",
            mask,
        ),
    ];
    rules.into_iter().map(|(looks, left)| Rule { looks: pattern(&looks.replace("NAMES", NAMES)), left }).collect()
});

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a pattern")
}

/// Returns the text without credentials: the user information of URLs (`https://token@host`), parameters of URLs that carry tokens,
/// authorization headers, environments as Debug prints them, fields and variables with a sensitive name, private keys, JWTs, and
/// tokens of a known shape. Of prose as much as possible is left: `password authentication failed` names no password.
///
/// Borrows when there was nothing to do, after one pass. Doing it twice changes nothing; there are as many lines as there were.
pub fn redact(text: &str) -> Cow<'_, str> {
    if !ALARM.is_match(text) {
        return text.into();
    }
    let mut out = Cow::Borrowed(text);
    // what was taken out may have kept apart what looks like a credential without it
    for _ in 0..PASSES {
        match pass(&out) {
            Cow::Owned(changed) if changed != *out => out = changed.into(),
            _ => break,
        }
    }
    out
}

/// What is left of a text, with as many lines: line numbers must keep pointing at the same places.
fn keep_lines(text: &str, mut left: String) -> String {
    let lines = |text: &str| text.bytes().filter(|byte| *byte == b'\n').count();
    let missing = lines(text).saturating_sub(lines(&left));
    left.extend(std::iter::repeat_n('\n', missing));
    left
}

fn pass(text: &str) -> Cow<'_, str> {
    let mut out = urls::without_user_information(text);
    for rule in RULES.iter() {
        out = then(out, |text| rule.looks.replace_all(text, |found: &Captures| keep_lines(&found[0], (rule.left)(found))));
    }
    then(out, pairs::without_values)
}

/// The next step, which borrows as long as there is nothing to do.
fn then<'a>(text: Cow<'a, str>, step: impl FnOnce(&str) -> Cow<'_, str>) -> Cow<'a, str> {
    let changed = match step(&text) {
        Cow::Owned(changed) => changed,
        Cow::Borrowed(_) => return text,
    };
    changed.into()
}

/// Whether what a field, a variable or an option of that name holds is a credential. A name that ends in `secret` mostly names an object
/// instead (`existingSecret`), unless it is known.
pub fn is_sensitive(name: &str) -> bool {
    // headers too
    static SENSITIVE: LazyLock<Regex> = LazyLock::new(|| pattern(&format!("(?i)(?:{NAMES}|authorization|cookie)$")));
    let lower = name.to_lowercase();
    match lower.strip_suffix("secret") {
        Some(before) => {
            matches!(before.trim_end_matches(['_', '-']), "" | "client" | "shared" | "app" | "webhook" | "jwt" | "cookie")
        }
        None => SENSITIVE.is_match(name),
    }
}

#[cfg(test)]
mod tests;

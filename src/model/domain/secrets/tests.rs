use proptest::prelude::*;

use super::*;
use crate::testing::holds;

/// A text, and what is left of it; empty where it stays as it is.
const TEXTS: &[(&str, &str)] = &[
    // URLs
    ("unable to clone 'http://user:SUPERSECRET123@git.example.com/f'", "unable to clone 'http://***@git.example.com/f'"),
    ("fetch https://ghp_x@github.com/o/r failed", "fetch https://***@github.com/o/r failed"),
    ("https://ops:hun/ter2@git.example.com/f.git", "https://***@git.example.com/f.git"),
    ("https://a:b@one.example.com https://c@two.example.com/x", "https://***@one.example.com https://***@two.example.com/x"),
    ("parse \"https://***@h/\": invalid port \":hun\" after host", "parse \"https://***@h/\": invalid port \"***\" after host"),
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
    ("token: 'hunter'", "token: '***'"),
    // keys and tokens
    ("key -----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY----- end", "key ***\n\n end"),
    ("-----BEGIN OPENSSH PRIVATE KEY-----\nMIIE and cut", "***\n"),
    ("-----BEGIN CERTIFICATE----- MIIE", ""),
    ("got eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJrIn0.c2ln here", "got *** here"),
    ("ghp_0123456789abcdefABCD and glpat-0123456789abcdefghij", "*** and ***"),
    ("xoxb-1234567890-abc, AKIAIOSFODNN7EXAMPLE", "***, ***"),
    // what Go, Rust and JavaScript print of their values
    ("map[password:hunter2 token:abc user:me]", "map[password:*** token:*** user:me]"),
    ("map[string]string{\"password\":\"hunter2\", \"user\":\"me\"}", "map[string]string{\"password\":\"***\", \"user\":\"me\"}"),
    ("data: map[password:[104 117 110] user:[109 101]]", "data: map[password:*** user:[109 101]]"),
    ("&{Username:me Password:hunter2 Port:3}", "&{Username:me Password:*** Port:3}"),
    ("{password:hunter2}", "{password:***}"),
    ("Auth { user: \"me\", password: \"hunter2\" }", "Auth { user: \"me\", password: \"***\" }"),
    ("{ token: hunter, port: 3 }", "{ token: ***, port: 3 }"),
    ("apiKey => hunter, b => c", "apiKey => ***, b => c"),
    ("Header map[Cookie:[session=hunter2] Accept:[*/*]]", "Header map[Cookie:*** Accept:[*/*]]"),
    // YAML
    ("user: me\npassword: |\n  hunter2\n  and more\nport: 3", "user: me\npassword: ***\n\n\nport: 3"),
    ("  password: >-\n\n    hunter2\n\n    more\n  port: 3", "  password: ***\n\n\n\n\n  port: 3"),
    ("- password: |2\n    hunter2\n  port: 3", "- password: ***\n\n  port: 3"),
    ("user: me\\npassword: |\\n  hunter2\\n  more\\nport: 3", "user: me\\npassword: ***\\nport: 3"),
    ("a: b\npassword:\n  hunter2\nport: 3", "a: b\npassword:\n  ***\nport: 3"),
    ("a: b\npassword: correct horse battery\nport: 3", "a: b\npassword: ***\nport: 3"),
    ("a: b\nclientToken: hunter\n", "a: b\nclientToken: ***\n"),
    ("password: | hunter2 more", "password: ***"),
    ("{user: me, password: hun'ter, port: 3}", "{user: me, password: ***, port: 3}"),
    ("password: 'hun''ter2', user: me", "password: '***', user: me"),
    ("- {name: API_TOKEN, value: hunter}", "- {name: API_TOKEN, value: ***}"),
    ("- name: API_TOKEN\n  value: hunter\n", "- name: API_TOKEN\n  value: ***\n"),
    ("{Name:API_TOKEN Value:hunter ValueFrom:nil}", "{Name:API_TOKEN Value:*** ValueFrom:nil}"),
    ("[{\"name\":\"API_TOKEN\",\"value\":\"hunter\"}]", "[{\"name\":\"API_TOKEN\",\"value\":***}]"),
    // JSON in JSON in JSON
    (r#"{"a":"{\"password\":\"hun\\\"ter2\",\"port\":3}"}"#, r#"{"a":"{\"password\":\"***\",\"port\":3}"}"#),
    (r#"x \\\"token\\\":\\\"hunter\\\",\\\"b\\\":1"#, r#"x \\\"token\\\":\\\"***\\\",\\\"b\\\":1"#),
    (r#"{"auths":{"r.example.com":{"auth":"bWU6eA=="}}}"#, r#"{"auths":{"r.example.com":{"auth":"***"}}}"#),
    (r#"{"auths":{"ghcr.io":{"auth":"dXNlcjpodW50ZXIy"}}}"#, r#"{"auths":{"ghcr.io":{"auth":"***"}}}"#),
    (r#"{\"auth\":\"dXNlcjpodW50ZXIy\"}"#, r#"{\"auth\":\"***\"}"#),
    // what the API server says of a value
    ("data[cfg]: Not found: \"hunter2\"", "data[cfg]: Not found: \"***\""),
    ("data[cfg]: Immutable value: \"hunter2\"", "data[cfg]: Immutable value: \"***\""),
    (
        "Secret \"db\" is invalid: data[password]: Invalid value: \"hunter2\": must be base64",
        "Secret \"db\" is invalid: data[password]: Invalid value: \"***\": must be base64",
    ),
    ("spec.adminPassword: Invalid value: \"hunter2\": too short", "spec.adminPassword: Invalid value: \"***\": too short"),
    ("spec.tokens.token[0]: Unsupported value: \"hunter2\"", "spec.tokens.token[0]: Unsupported value: \"***\""),
    ("spec.containers[0].env[2].value: Invalid value: \"hunter2\"", "spec.containers[0].env[2].value: Invalid value: \"***\""),
    (
        "patch: Invalid value: \"{\\\"stringData\\\":{\\\"password\\\":\\\"hunter2\\\"}}\"",
        "patch: Invalid value: \"{\\\"stringData\\\":{\\\"password\\\":\\\"***\\\"}}\"",
    ),
    ("spec.password: Required value", ""),
    ("spec.password: Too long: may not be more than 64 bytes", ""),
    ("spec.replicas: Invalid value: -1: must be greater than or equal to 0", ""),
    ("spec.containers[0].image: Invalid value: \" web\": must not have leading whitespace", ""),
    // options and variables
    ("helm --password hunter --user me", "helm --password *** --user me"),
    ("[\"login\", \"--password\", \"hunter2\", \"-v\"]", "[\"login\", \"--password\", \"***\", \"-v\"]"),
    ("run --token=hun,ter --port=3", "run --token=*** --port=3"),
    ("DB_PASS=hunter; DB_SECRET=abc, A=b", "DB_PASS=***; DB_SECRET=***, A=b"),
    ("user=me password=hun,ter2 host=h", "user=me password=*** host=h"),
    ("server=h;password=hun;ter2;user=me", "server=h;password=***;user=me"),
    ("the option --token is deprecated, use --token-file", ""),
    ("give --password or --password-stdin", ""),
    ("X-Auth-Token: hunter", "X-Auth-Token: ***"),
    ("proxy-authorization: digest username=\"me\", response=\"hunter2\"", "proxy-authorization: digest ***"),
    ("cookie=session=hunter2; path=/", "cookie=***"),
    // URLs as nobody may write them
    (
        "unable to clone 'https://me:hun'ter2@git.example.com/f': refused",
        "unable to clone 'https://***@git.example.com/f': refused",
    ),
    ("parse \"https://me:hun\\\"ter2@git.example.com/f\"", "parse \"https://***@git.example.com/f\""),
    ("https://hun'ter2@git.example.com/f", "https://***@git.example.com/f"),
    ("https://me:pa@ss@git.example.com/f", "https://***@git.example.com/f"),
    ("https://me:pa@s/s@git.example.com/f", "https://***@git.example.com/f"),
    ("https://me:pa#s?s@git.example.com/f", "https://***@git.example.com/f"),
    ("https://me:12/34@git.example.com/f", "https://***@git.example.com/f"),
    ("https://me:12'34@git.example.com/f", "https://***@git.example.com/f"),
    ("clone 'https://me:hun ter2@git.example.com/f' failed", "clone 'https://***@git.example.com/f' failed"),
    ("dial root:hun/ter2@tcp(db:3306)/shop", "dial ***@tcp(db:3306)/shop"),
    ("https://git@github.com/org/repo@v1.0.0", "https://***@github.com/org/repo@v1.0.0"),
    ("https://registry.example.com/@scope/pkg", ""),
    ("oci://gitea:3000/charts/web@sha256:0a1b2c3d", ""),
    ("http://gitea:3000/org/fleet.git and ops@example.com", ""),
    ("{\"url\":\"https://example.com\",\"email\":\"me@example.com\"}", ""),
    ("dial tcp [::1]:6443: https://[::1]:6443/api refused, ask ops@example.com", ""),
    // keys that are cut at either end
    ("8cut\nMIIEpAIBAAKCAQEA1234567890abcdef\nabcd==\n-----END RSA PRIVATE KEY-----\nsaid it", "***\n\n\n\nsaid it"),
    ("the key:\\nMIIEpAIBAAKCAQEA1234567890abcdef\\n-----END PRIVATE KEY-----", "the key:\\n***"),
    ("12345678:AAabcdefghijklmnopqrstuvwxyz012345 said", "*** said"),
];

/// What must stay as it is: what Flux, Helm and Kubernetes say every day, of secrets too.
const SAID: &[&str] = &[
    "Applied revision: main@sha1:86058ad2b4bf1a9d1f3d5e9b0c7d6e5f4a3b2c1d",
    "stored artifact for revision 'main@sha1:86058ad2b4bf1a9d1f3d5e9b0c7d6e5f4a3b2c1d'",
    "secret 'default/pull-token' not found",
    "secret \"flux-system\" not found",
    "Secret \"flux-system\" not found",
    "failed to get secret 'flux-system/flux-system': secrets \"flux-system\" not found",
    "failed to get the authentication secret 'flux-system/git-auth': Secret \"git-auth\" not found",
    "spec.secretRef.name is missing, secretRef: git-auth",
    "{\"secretRef\":{\"name\":\"git-auth\"},\"interval\":\"1m\"}",
    "imagePullSecrets: [regcred]",
    "MountVolume.SetUp failed for volume \"token\" : secret \"web-token\" not found",
    "couldn't find key password in Secret shop/db",
    "references non-existent secret key: password",
    "envFrom secretRef web-env: not found",
    "Helm install succeeded for release shop/web.v3 with chart web@1.2.3",
    "Helm upgrade failed for release shop/web with chart web@1.2.3: context deadline exceeded",
    "Deployment/web dry-run failed: spec.replicas=3 is invalid, key 'a=b'",
    "Successfully pulled image \"ghcr.io/shop/token:v1.2.3\" in 2.1s (2.1s including waiting). Image size: 12345 bytes.",
    "Back-off pulling image \"registry.example.com:5000/vault-secret:latest\"",
    "pulled 'ghcr.io/stefanprodan/podinfo@sha256:6c0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8'",
    "HelmChart 'flux-system/shop-web' is not ready",
    "dependency 'flux-system/infra' is not ready",
    "kustomize build failed: accumulating resources: accumulation err='accumulating resources from 'x.yaml': open x.yaml: no such file'",
    "failed to decrypt and decode sops: cannot get sops data key, no private key found",
    "Error getting data key: 0 successful groups required, got 0",
    "ssh: handshake failed: knownhosts: key mismatch",
    "authentication required: Unauthorized",
    "password authentication failed for user \"shop\"",
    "basic auth credentials are missing",
    "the token has expired; bearer token is not valid",
    "failed to get token: context deadline exceeded",
    "[failed to get token: context deadline exceeded, retrying]",
    "failed to parse token: unexpected end of input",
    "cannot read token /var/run/secrets/kubernetes.io/serviceaccount/token",
    "serviceaccounts \"web\" is forbidden: User \"system:serviceaccount:shop:token-reader\" cannot create resource \"serviceaccounts/token\"",
    "ExternalSecret shop/db: could not get secret data from provider",
    "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db-AbCdEf",
    "no signatures found for image",
    "verified signature of revision main@sha1:86058ad",
    "Passed 12 checks, pass=12 fail=0",
    "password: ${DB_PASSWORD}",
    "token: $(TOKEN)",
    "adminPassword: <masked>",
    "{\"password\":null,\"existingSecret\":\"\"}",
    "existingSecret: shop-db-1",
    "Invalid value: \"app\": a lowercase RFC 1123 label must consist of lower case alphanumeric characters",
    "session expired, log in again",
    "the session is over",
    "update the API key of the provider",
    "image policy shop/api-key: latest tag is 1.2.3",
    "CustomResourceDefinition/externalsecrets.external-secrets.io configured",
    "Secret/shop/db-credentials configured\nSecret/shop/api-token created\nKustomization/flux-system/apps unchanged",
    "Health check passed in 2.1s, 12 of 12",
    "grüße, 世界",
];

#[test]
fn credentials_are_taken_out_and_the_rest_is_left() {
    for (text, safe) in TEXTS {
        let safe = if safe.is_empty() { text } else { safe };
        assert_eq!(redact(text), *safe, "of {text}");
    }
}

#[test]
fn what_is_said_every_day_stays() {
    for text in SAID {
        assert_eq!(redact(text), *text);
    }
}

#[test]
fn text_without_credentials_is_borrowed() {
    for text in
        ["stored artifact for main@sha1:86058ad", "Health check passed in 5s", "https://example.com/a", "a=b", "grüße, 世界"]
    {
        assert!(matches!(redact(text), Cow::Borrowed(_)), "{text}");
    }
}

#[test]
fn names_show_what_is_secret() {
    for name in
        ["password", "adminPassword", "API_KEY", "githubToken", "clientSecret", "aws_secret_access_key", "token", "DB_PASS"]
    {
        assert!(is_sensitive(name), "{name}");
    }
    for name in ["existingSecret", "imagePullSecret", "secretName", "tokenExpiry", "key", "interval", "passwordKey", "bypass"] {
        assert!(!is_sensitive(name), "{name}");
    }
}

/// How a secret may be written; `~` stands for it.
const SHAPES: &[&str] = &[
    "https://me:~@git.example.com/f.git",
    "https://~@git.example.com/f.git",
    "'https://me:~@git.example.com/f.git'",
    "https://me:a'b~@git.example.com/f.git",
    "https://me:a/b~@git.example.com/f.git",
    "https://me:a@b~@git.example.com/f.git",
    "https://h.example.com/x?access_token=~&a=b",
    "https://h.example.com/x?sig=~",
    "https://hooks.slack.com/services/T0/~",
    "Authorization: Bearer ~",
    "authorization: bearer ~",
    "Authorization: Basic ~",
    "map[Authorization:[Bearer ~]]",
    "{\"Authorization\": \"token ~\"}",
    "Cookie: session=~",
    "map[Set-Cookie:[a=~]]",
    "password=~",
    "--password=~",
    "--password ~",
    "\"--token\", \"~\"",
    "AWS_SECRET_ACCESS_KEY=~",
    "DB_PASS=~",
    "GITHUB_TOKEN=\"~\"",
    "CLIENT_SECRET='~'",
    "password: ~",
    "password: \"~\"",
    "clientSecret: ~",
    "X-Api-Key: ~",
    "map[password:~ token:~]",
    "{password:~}",
    "&{Name:a Token:~}",
    "{\"password\":\"~\"}",
    "{\\\"password\\\":\\\"~\\\"}",
    "{\\\\\\\"token\\\\\\\": \\\\\\\"~\\\\\\\"}",
    "\npassword: |\n  ~\n  ~\n",
    "\n    token: >-\n      a\n      ~\n",
    "\npassword:\n  ~\n",
    "\\npassword: |\\n  ~\\n",
    "spec.password: Invalid value: \"~\": no",
    "data[token]: Invalid value: \"~\"",
    "-----BEGIN RSA PRIVATE KEY-----\n~\n-----END RSA PRIVATE KEY-----",
    "stdout: \"a ~ b\"",
    "(\"http\", me:~@10.0.0.1:6443)",
    "root:~@tcp(db:3306)/shop",
];

/// Text that may be around it.
const AROUND: &[&str] = &[
    "",
    " ",
    "\n",
    "a",
    ": ",
    ", ",
    "; ",
    "(",
    ")",
    " [",
    "] ",
    " {",
    "} ",
    "said ",
    " \"",
    "\" ",
    " '",
    "' ",
    "=",
    " key=value ",
    "…",
    "世界 ",
    " https://example.com/a ",
    " main@sha1:86058ad ",
    "failed: ",
    " token ",
    " secret ",
    " password ",
    "\\n",
    "\t",
    "- ",
    "&",
    " map[",
    "https://a.example.com/b?c=d ",
];

fn around() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(AROUND), 0..5).prop_map(|parts| parts.concat())
}

/// A secret as programs make them.
fn secret() -> impl Strategy<Value = String> {
    "PLANTED[a-zA-Z0-9]{2,12}[0-9]".prop_map(|secret| secret)
}

#[test]
fn a_secret_survives_in_no_shape_and_no_context() {
    let one = (around(), prop::sample::select(SHAPES), secret(), around());
    holds(4000, &one, |(before, shape, secret, after)| {
        // the blank keeps it apart: a word that runs on makes another name of it
        let text = format!("{before} {} {after}", shape.replace('~', &secret));
        let safe = redact(&text);
        prop_assert!(!safe.contains("PLANTED"), "{text:?} became {safe:?}");
        Ok(())
    });
}

#[test]
fn doing_it_twice_changes_nothing() {
    for text in TEXTS.iter().map(|(text, _)| *text).chain(SAID.iter().copied()) {
        let once = redact(text).into_owned();
        assert_eq!(redact(&once), once);
    }
    let parts = prop::collection::vec(prop_oneof![prop::sample::select(SHAPES), prop::sample::select(AROUND)], 0..6);
    holds(4000, &parts, |parts| {
        let once = redact(&parts.concat()).into_owned();
        prop_assert_eq!(once.matches('\n').count(), parts.concat().matches('\n').count(), "of {:?}", parts.concat());
        prop_assert_eq!(redact(&once).into_owned(), once, "of {:?}", parts.concat());
        Ok(())
    });
}

/// What decides where names and values begin and end.
const PIECES: &[&str] = &[
    "\\",
    "\"",
    "'",
    "[",
    "]",
    "{",
    "|",
    "\n",
    "\\n",
    ":",
    "=",
    " ",
    "@",
    "://",
    "/",
    "password",
    "token",
    "世",
    "é",
    "-----END PRIVATE KEY-----",
    "value: ",
    "a",
];

#[test]
fn no_text_is_too_strange() {
    let text = prop::collection::vec(prop::sample::select(PIECES), 0..24).prop_map(|parts| parts.concat());
    holds(6000, &prop_oneof![text, "\\PC{0,60}".prop_map(|text| text)], |text| {
        let once = redact(&text).into_owned();
        prop_assert_eq!(redact(&once).into_owned(), once, "of {:?}", text);
        Ok(())
    });
}

/// The time for a text of each kind grows as the text does: a quarter of a megabyte would else take minutes.
#[test]
fn a_long_text_takes_as_long_as_it_is() {
    let begin = std::time::Instant::now();
    for piece in [
        "://",
        "https://a:b",
        "https://a:'",
        "https://a:1'b",
        "password: ",
        "password: \"",
        "password: '",
        "password: \\\"",
        "token: |\\n",
        "token: [",
        "token:\\n",
        "token",
        "\\",
        "data[token=a,",
        "a,b=",
        "password=a,",
        "password=a'",
        "--token ",
        "-----END PRIVATE KEY-----",
        "env[a].value: ",
        "password: )",
        "@",
        ":a@b:",
        "Cookie:[",
        "secret \"",
        "x\n",
        "password: a\n",
        "MIIEpAIBAAKCAQEA1234567890abcdef ",
    ] {
        let text = piece.repeat((1 << 18) / piece.len());
        let safe = redact(&text);
        assert!(safe.len() <= text.len() + (1 << 19), "{piece:?}");
    }
    assert!(begin.elapsed() < std::time::Duration::from_secs(100), "{:?}", begin.elapsed());
}

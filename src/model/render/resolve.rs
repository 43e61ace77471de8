//! What a plain scalar means: go-yaml's rules, version 3 (what kustomize reads with) and version 2 (what the `kustomization.yaml` is read with
//! and what the result is written with).
//!
//! Source of the rules: go.yaml.in/yaml v3.0.4 and v2.4.4, `resolve.go`; Go's `strconv` for numbers.

use super::node::Tag;

/// The value that a scalar stands for.
#[derive(Clone, Debug, PartialEq)]
pub enum Resolved {
    Null,
    Bool(bool),
    Int(i64),
    /// Too large for `Int`.
    Uint(u64),
    Float(f64),
    Str,
    /// In RFC 3339, as Go's `time.Time` prints itself in JSON.
    Timestamp(String),
    Merge,
}

impl Resolved {
    pub fn tag(&self) -> Tag {
        match self {
            Self::Null => Tag::Null,
            Self::Bool(_) => Tag::Bool,
            Self::Int(_) | Self::Uint(_) => Tag::Int,
            Self::Float(_) => Tag::Float,
            Self::Str => Tag::Str,
            Self::Timestamp(_) => Tag::Timestamp,
            Self::Merge => Tag::Merge,
        }
    }
}

/// Which go-yaml.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Yaml {
    /// `yes`, `on`, `y` are booleans.
    V2,
    V3,
}

/// What a plain scalar without a tag means.
pub fn plain(text: &str, yaml: Yaml) -> Resolved {
    untagged(text, yaml, true)
}

fn untagged(text: &str, yaml: Yaml, may_be_time: bool) -> Resolved {
    let Some(&first) = text.as_bytes().first() else { return Resolved::Null };
    match first {
        b'+' | b'-' | b'0'..=b'9' => word(text, yaml).unwrap_or_else(|| number(text, yaml, may_be_time)),
        b'.' => word(text, yaml).or_else(|| parse_float(text).map(Resolved::Float)).unwrap_or(Resolved::Str),
        b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' | b'~' | b'<' => {
            word(text, yaml).unwrap_or(Resolved::Str)
        }
        _ => Resolved::Str,
    }
}

/// What the scalar means under an explicit tag; `None` when it cannot be that.
pub fn tagged(tag: &Tag, text: &str, yaml: Yaml) -> Option<Resolved> {
    match tag {
        Tag::Str | Tag::Binary | Tag::Merge | Tag::Map | Tag::Seq | Tag::Other(_) => Some(Resolved::Str),
        Tag::None => Some(plain(text, yaml)),
        Tag::Null | Tag::Bool | Tag::Int | Tag::Float | Tag::Timestamp => {
            let found = untagged(text, yaml, *tag == Tag::Timestamp);
            match (tag, found) {
                (Tag::Float, Resolved::Int(int)) => Some(Resolved::Float(int as f64)),
                (tag, found) if found.tag() == *tag => Some(found),
                _ => None,
            }
        }
    }
}

fn word(text: &str, yaml: Yaml) -> Option<Resolved> {
    Some(match text {
        "true" | "True" | "TRUE" => Resolved::Bool(true),
        "false" | "False" | "FALSE" => Resolved::Bool(false),
        "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" if yaml == Yaml::V2 => Resolved::Bool(true),
        "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" if yaml == Yaml::V2 => Resolved::Bool(false),
        "~" | "null" | "Null" | "NULL" => Resolved::Null,
        ".nan" | ".NaN" | ".NAN" => Resolved::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Resolved::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => Resolved::Float(f64::NEG_INFINITY),
        "<<" if yaml == Yaml::V3 => Resolved::Merge,
        _ => return None,
    })
}

fn number(text: &str, yaml: Yaml, may_be_time: bool) -> Resolved {
    if may_be_time && let Some(time) = timestamp(text) {
        return Resolved::Timestamp(time);
    }
    let plain: String = text.chars().filter(|c| *c != '_').collect();
    if let Some(int) = parse_int(&plain, 0) {
        return Resolved::Int(int);
    }
    if let Some(uint) = parse_uint(&plain, 0) {
        return Resolved::Uint(uint);
    }
    if is_yaml_float(&plain)
        && let Some(float) = parse_float(&plain)
    {
        return Resolved::Float(float);
    }
    let old = [("0b", 2), ("0o", 8)];
    for (prefix, base) in old.into_iter().take(if yaml == Yaml::V3 { 2 } else { 1 }) {
        if let Some(digits) = plain.strip_prefix(prefix) {
            if let Some(int) = parse_int(digits, base) {
                return Resolved::Int(int);
            }
            if let Some(uint) = parse_uint(digits, base) {
                return Resolved::Uint(uint);
            }
        } else if let Some(digits) = plain.strip_prefix('-').and_then(|rest| rest.strip_prefix(prefix))
            && let Some(int) = parse_int(&format!("-{digits}"), base)
        {
            return Resolved::Int(int);
        }
    }
    Resolved::Str
}

/// Go's `strconv.ParseInt(text, base, 64)`; base 0 takes the prefixes 0x, 0o, 0b and 0. Underscores are gone already.
fn parse_int(text: &str, base: u32) -> Option<i64> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let size = parse_uint(digits, base)?;
    if negative { if size <= 1 << 63 { Some((size as i64).wrapping_neg()) } else { None } } else { i64::try_from(size).ok() }
}

fn parse_uint(text: &str, base: u32) -> Option<u64> {
    let (digits, base) = if base == 0 {
        let rest = |count: usize| text.get(count..).unwrap_or_default();
        match text.as_bytes() {
            [b'0', b'x' | b'X', _, ..] => (rest(2), 16),
            [b'0', b'b' | b'B', _, ..] => (rest(2), 2),
            [b'0', b'o' | b'O', _, ..] => (rest(2), 8),
            [b'0', _, ..] => (rest(1), 8),
            _ => (text, 10),
        }
    } else {
        (text, base)
    };
    // from_str_radix would take a sign
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return None;
    }
    u64::from_str_radix(digits, base).ok()
}

/// `^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$`
fn is_yaml_float(text: &str) -> bool {
    let rest = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = match rest.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (rest, None),
    };
    let is_digits = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
    let is_mantissa = match mantissa.split_once('.') {
        Some(("", fraction)) => !fraction.is_empty() && is_digits(fraction),
        Some((whole, fraction)) => is_digits(whole) && is_digits(fraction),
        None => !mantissa.is_empty() && is_digits(mantissa),
    };
    is_mantissa
        && exponent.is_none_or(|exponent| {
            let digits = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
            !digits.is_empty() && is_digits(digits)
        })
}

/// Go's `strconv.ParseFloat`, as far as YAML lets a text get there: overflow is an error in Go.
fn parse_float(text: &str) -> Option<f64> {
    let decimal = text.bytes().all(|byte| byte.is_ascii_digit() || b".eE+-".contains(&byte));
    let float: f64 = if decimal { text.parse().ok()? } else { return None };
    float.is_finite().then_some(float)
}

/// The four forms of go-yaml: a date, and date with time in three spellings. The result is Go's RFC 3339 with nanoseconds.
fn timestamp(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    if bytes.len() < 8 || !bytes[..4].iter().all(u8::is_ascii_digit) || bytes[4] != b'-' {
        return None;
    }
    let year: i16 = text[..4].parse().ok()?;
    let mut rest = &text[5..];
    let month = take_digits(&mut rest, 2)?;
    rest = rest.strip_prefix('-')?;
    let day = take_digits(&mut rest, 2)?;
    // what the calendar does not have is not a date
    jiff::civil::Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
    let date = format!("{year:04}-{month:02}-{day:02}");
    if rest.is_empty() {
        return Some(format!("{date}T00:00:00Z"));
    }
    let has_zone = rest.starts_with(['T', 't']);
    rest = rest.strip_prefix(['T', 't', ' '])?;
    let hour = take_digits(&mut rest, 2).filter(|hour| *hour < 24)?;
    rest = rest.strip_prefix(':')?;
    let minute = take_digits(&mut rest, 2).filter(|minute| *minute < 60)?;
    rest = rest.strip_prefix(':')?;
    let second = take_digits(&mut rest, 2).filter(|second| *second < 60)?;
    let mut fraction = "";
    if let Some(after) = rest.strip_prefix(['.', ',']) {
        let count = after.bytes().take_while(u8::is_ascii_digit).count();
        if count == 0 {
            return None;
        }
        fraction = after[..count.min(9)].trim_end_matches('0');
        rest = &after[count..];
    }
    let fraction = if fraction.is_empty() { String::new() } else { format!(".{fraction}") };
    let zone = match (has_zone, rest) {
        (false, "") | (true, "Z") => "Z".to_owned(),
        (true, zone) => zone_of(zone)?,
        _ => return None,
    };
    Some(format!("{date}T{hour:02}:{minute:02}:{second:02}{fraction}{zone}"))
}

fn zone_of(zone: &str) -> Option<String> {
    let bytes = zone.as_bytes();
    let is_zone = bytes.len() == 6
        && matches!(bytes[0], b'+' | b'-')
        && bytes[3] == b':'
        && [1, 2, 4, 5].iter().all(|at| bytes[*at].is_ascii_digit());
    if !is_zone || zone[1..3].parse::<u8>().ok()? > 24 || zone[4..6].parse::<u8>().ok()? >= 60 {
        return None;
    }
    Some(if &zone[1..] == "00:00" { "Z".to_owned() } else { zone.to_owned() })
}

fn take_digits(rest: &mut &str, most: usize) -> Option<u32> {
    let count = rest.bytes().take(most).take_while(u8::is_ascii_digit).count();
    let found = rest.get(..count).filter(|digits| !digits.is_empty())?.parse().ok()?;
    *rest = &rest[count..];
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_scalars_mean_what_go_yaml_says() {
        for (text, meaning) in [
            ("", Resolved::Null),
            ("~", Resolved::Null),
            ("yes", Resolved::Str),
            ("True", Resolved::Bool(true)),
            ("012", Resolved::Int(10)),
            ("0o17", Resolved::Int(15)),
            ("0x1F", Resolved::Int(31)),
            ("-0b11", Resolved::Int(-3)),
            ("1_000", Resolved::Int(1000)),
            ("18446744073709551615", Resolved::Uint(u64::MAX)),
            ("1e3", Resolved::Float(1000.0)),
            ("1.", Resolved::Float(1.0)),
            (".5", Resolved::Float(0.5)),
            ("089", Resolved::Float(89.0)),
            ("1.2.3", Resolved::Str),
            ("12:30", Resolved::Str),
            ("2020-01-01", Resolved::Timestamp("2020-01-01T00:00:00Z".to_owned())),
            ("2020-1-1 1:2:3.50", Resolved::Timestamp("2020-01-01T01:02:03.5Z".to_owned())),
            ("2020-02-30", Resolved::Str),
            ("2001-12-14t21:59:43.10-05:00", Resolved::Timestamp("2001-12-14T21:59:43.1-05:00".to_owned())),
            ("<<", Resolved::Merge),
            ("+", Resolved::Str),
            ("--1", Resolved::Str),
        ] {
            assert_eq!(plain(text, Yaml::V3), meaning, "{text}");
        }
        assert_eq!(plain("yes", Yaml::V2), Resolved::Bool(true));
        assert_eq!(plain("0o17", Yaml::V2), Resolved::Int(15));
    }

    #[test]
    fn a_tag_that_does_not_fit_is_an_error() {
        assert_eq!(tagged(&Tag::Int, "abc", Yaml::V3), None);
        assert_eq!(tagged(&Tag::Float, "1", Yaml::V3), Some(Resolved::Float(1.0)));
        assert_eq!(tagged(&Tag::Str, "1", Yaml::V3), Some(Resolved::Str));
    }
}

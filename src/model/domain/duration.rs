//! Durations: reads Go's notation, writes kubectl's ages.

use std::time::Duration;

/// Reads a Go duration (`1h30m`, `1m2.5s`, `436.493292ms`, `12.3µs`); Flux writes them unrestricted into statuses.
pub fn parse(text: &str) -> Option<Duration> {
    let mut rest = text;
    let mut total = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let value: f64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let letters = rest.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(rest.len());
        total += value
            * match &rest[..letters] {
                "ns" => 1e-9,
                "us" | "µs" | "μs" => 1e-6,
                "ms" => 1e-3,
                "s" => 1.0,
                "m" => 60.0,
                "h" => 3600.0,
                _ => return None,
            };
        rest = &rest[letters..];
    }
    (!text.is_empty() && total.is_finite()).then(|| Duration::try_from_secs_f64(total).ok())?
}

/// How long something took, as people write it: `436ms`, `8.7s`, `2m5s`.
pub fn brief(duration: Duration) -> String {
    let (millis, tenths) = (duration.as_millis(), (duration.as_millis() + 50) / 100);
    match millis {
        0..1000 => format!("{millis}ms"),
        1000..10_000 if !tenths.is_multiple_of(10) => format!("{}.{}s", tenths / 10, tenths % 10),
        _ => age(i64::try_from(tenths / 10).unwrap_or(i64::MAX)).0,
    }
}

/// Returns an age as kubectl writes it (k8s.io/apimachinery `duration.HumanDuration`), and in how many seconds the text changes.
///
/// Below two minutes in seconds, below ten minutes with seconds, below three hours in minutes, below eight hours with minutes,
/// below two days in hours, below eight days with hours, below two years in days, then years.
pub fn age(seconds: i64) -> (String, i64) {
    let (m, h, d) = (60, 3600, 86400);
    let left = |step: i64| step - seconds % step;
    match seconds {
        s if s < -1 => ("<invalid>".into(), -s),
        s if s <= 0 => ("0s".into(), 1),
        s if s < 2 * m => (format!("{s}s"), 1),
        s if s < 10 * m => (two(s / m, "m", s % m, "s"), 1),
        s if s < 3 * h => (format!("{}m", s / m), left(m)),
        s if s < 8 * h => (two(s / h, "h", s / m % 60, "m"), left(m)),
        s if s < 2 * d => (format!("{}h", s / h), left(h)),
        s if s < 8 * d => (two(s / d, "d", s / h % 24, "h"), left(h)),
        s if s < 2 * 365 * d => (format!("{}d", s / d), left(d)),
        s if s < 8 * 365 * d => (two(s / d / 365, "y", s / d % 365, "d"), left(d)),
        s => (format!("{}y", s / d / 365), left(d)),
    }
}

fn two(big: i64, unit: &str, small: i64, part: &str) -> String {
    match small {
        0 => format!("{big}{unit}"),
        small => format!("{big}{unit}{small}{part}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn go_durations_read_with_fractions() {
        for (text, millis) in [
            ("1h30m", Some(5_400_000)),
            ("1m2.5s", Some(62_500)),
            ("436ms", Some(436)),
            ("12µs", Some(0)),
            ("10m0s", Some(600_000)),
            ("", None),
            ("5", None),
            ("5x", None),
        ] {
            assert_eq!(parse(text).map(|d| d.as_millis()), millis, "{text}");
        }
    }

    #[test]
    fn what_took_long_is_not_shown_in_nanoseconds() {
        for (text, brief) in [
            ("436.493292ms", "436ms"),
            ("8.697612738s", "8.7s"),
            ("3s", "3s"),
            ("9.97s", "10s"),
            ("59.9s", "59s"),
            ("2m5.3s", "2m5s"),
        ] {
            assert_eq!(super::brief(parse(text).expect("a duration")), brief, "{text}");
        }
    }

    #[test]
    fn ages_read_as_kubectl_writes_them() {
        for (seconds, text, next) in [
            (0, "0s", 1),
            (119, "119s", 1),
            (120, "2m", 1),
            (185, "3m5s", 1),
            (3600, "60m", 60),
            (10_861, "3h1m", 59),
            (86_400, "24h", 3600),
            (86_400 * 2, "2d", 3600),
            (86_400 * 3 + 3600 * 4, "3d4h", 3600),
            (86_400 * 9, "9d", 86_400),
            (86_400 * 730, "2y", 86_400),
        ] {
            assert_eq!(age(seconds), (text.to_owned(), next));
        }
    }
}

//! Quantities of Kubernetes: `100m`, `1Gi`, `1e3` (apimachinery `api/resource/quantity.go`).

/// The amount in billionths, exact; None for what is not a quantity.
pub fn parse(text: &str) -> Option<i128> {
    let split = text.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '+' | '-'))).unwrap_or(text.len());
    let (number, suffix) = text.split_at(split);
    let (sign, digits) = match number.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, number.strip_prefix('+').unwrap_or(number)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if digits.contains(['+', '-']) || whole.is_empty() && fraction.is_empty() || fraction.len() > 12 {
        return None;
    }
    let value: i128 = format!("{whole}{fraction}").parse().ok()?;
    let places = i32::try_from(fraction.len()).ok()?;
    // nano is the smallest that there is
    let (scale, exponent): (i128, i32) = match suffix {
        "" => (1, 0),
        "n" => (1, -9),
        "u" => (1, -6),
        "m" => (1, -3),
        "k" => (1, 3),
        "M" => (1, 6),
        "G" => (1, 9),
        "T" => (1, 12),
        "P" => (1, 15),
        "E" => (1, 18),
        "Ki" => (1 << 10, 0),
        "Mi" => (1 << 20, 0),
        "Gi" => (1 << 30, 0),
        "Ti" => (1 << 40, 0),
        "Pi" => (1 << 50, 0),
        "Ei" => (1 << 60, 0),
        _ => (1, suffix.strip_prefix(['e', 'E'])?.parse().ok().filter(|exponent: &i32| exponent.abs() < 20)?),
    };
    let power = exponent - places + 9;
    let value = value.checked_mul(scale)?.checked_mul(sign)?;
    let ten = 10_i128.checked_pow(power.unsigned_abs())?;
    if power >= 0 { value.checked_mul(ten) } else { (value % ten == 0).then(|| value / ten) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_equal_however_they_are_written() {
        for (a, b) in [
            ("1", "1000m"),
            ("0.5", "500m"),
            ("1Gi", "1024Mi"),
            ("1e3", "1k"),
            ("1.5Gi", "1536Mi"),
            ("+1", "1.0"),
            ("1E3", "1000"),
        ] {
            assert_eq!(parse(a), parse(b), "{a} {b}");
            assert!(parse(a).is_some(), "{a}");
        }
        assert_ne!(parse("1M"), parse("1Mi"));
        for wrong in ["", "m", "1x", "1.2.3", "--1", "one"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}

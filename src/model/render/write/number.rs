//! Floats as Go writes them.

/// `strconv.FormatFloat(float, 'g', -1, 64)`: shortest digits, an exponent below -4 and from 6 on, of two digits at least.
pub fn go_float(float: f64) -> String {
    let scientific = format!("{float:e}");
    let (mantissa, exponent) = scientific.split_once('e').expect("Rust writes an exponent");
    let exponent: i32 = exponent.parse().expect("a number");
    if (-4..6).contains(&exponent) {
        return format!("{float}");
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_are_spelled_as_in_go() {
        for (float, text) in [
            (0.5, "0.5"),
            (1e-5, "1e-05"),
            (1.5e-7, "1.5e-07"),
            (0.0001, "0.0001"),
            (1e21, "1e+21"),
            (1.2345678901234568e29, "1.2345678901234568e+29"),
            (-2.5, "-2.5"),
            (123_456_789.125, "1.23456789125e+08"),
        ] {
            assert_eq!(go_float(float), text);
        }
    }
}

//! How well a colour is seen on another: WCAG 2.1, relative luminance and contrast ratio.

use ratatui::style::Color;

/// The least contrast of a text (WCAG 2.1, success criterion 1.4.3).
const LEAST: f64 = 4.5;
/// Steps from a colour to white or black.
const STEPS: u16 = 16;

/// A text's colour on that background: its own, or as much lighter or darker as it takes to be read. `is_indexed`: it becomes one of xterm's
/// 256 colours.
pub fn legible(text: Color, background: Color, is_indexed: bool) -> Color {
    let (Some(own), Some(on)) = (rgb(text), rgb(background)) else {
        // the terminal's own colour: only it knows whether that can be read there
        return rgb(background).map_or(text, |on| if luminance(on) < 0.18 { Color::White } else { Color::Black });
    };
    let is_read = |colour: Color| between(colour, background).is_some_and(|contrast| contrast >= LEAST);
    if is_read(text) {
        return text;
    }
    let end = if luminance(on) < 0.18 { 255 } else { 0 };
    let mix = |step: u16| {
        let part = |from: u8| {
            let (from, step) = (u32::from(from), u32::from(step));
            let all = u32::from(STEPS);
            u8::try_from((from * (all - step) + end * step) / all).unwrap_or(u8::MAX)
        };
        let [r, g, b] = own.map(part);
        if is_indexed { Color::Indexed(super::cube(r, g, b)) } else { Color::Rgb(r, g, b) }
    };
    (1..=STEPS).map(mix).find(|colour| is_read(*colour)).unwrap_or_else(|| mix(STEPS))
}

/// The contrast of two colours, from 1 to 21. `None` where one is the terminal's own.
pub fn between(a: Color, b: Color) -> Option<f64> {
    let (a, b) = (luminance(rgb(a)?), luminance(rgb(b)?));
    Some((a.max(b) + 0.05) / (a.min(b) + 0.05))
}

fn luminance(rgb: [u8; 3]) -> f64 {
    let channel = |value: u8| {
        let value = f64::from(value) / 255.0;
        if value <= 0.03928 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    let [r, g, b] = rgb.map(channel);
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

/// What a colour looks like: of the first sixteen as xterm has them by default, of the others as everybody has them.
fn rgb(colour: Color) -> Option<[u8; 3]> {
    Some(match colour {
        Color::Rgb(r, g, b) => [r, g, b],
        Color::Indexed(at @ 16..=231) => {
            let level = |at: u8| if at == 0 { 0 } else { 55 + 40 * at };
            let at = at - 16;
            [level(at / 36), level(at / 6 % 6), level(at % 6)]
        }
        Color::Indexed(at @ 232..) => [8 + 10 * (at - 232); 3],
        Color::Indexed(at) => return rgb(SIXTEEN[usize::from(at)]),
        Color::Black => [0, 0, 0],
        Color::Red => [205, 0, 0],
        Color::Green => [0, 205, 0],
        Color::Yellow => [205, 205, 0],
        Color::Blue => [0, 0, 238],
        Color::Magenta => [205, 0, 205],
        Color::Cyan => [0, 205, 205],
        Color::Gray => [229, 229, 229],
        Color::DarkGray => [127, 127, 127],
        Color::LightRed => [255, 0, 0],
        Color::LightGreen => [0, 255, 0],
        Color::LightYellow => [255, 255, 0],
        Color::LightBlue => [92, 92, 255],
        Color::LightMagenta => [255, 0, 255],
        Color::LightCyan => [0, 255, 255],
        Color::White => [255, 255, 255],
        Color::Reset => return None,
    })
}

/// In the order of their numbers.
const SIXTEEN: [Color; 16] = [
    Color::Black,
    Color::Red,
    Color::Green,
    Color::Yellow,
    Color::Blue,
    Color::Magenta,
    Color::Cyan,
    Color::Gray,
    Color::DarkGray,
    Color::LightRed,
    Color::LightGreen,
    Color::LightYellow,
    Color::LightBlue,
    Color::LightMagenta,
    Color::LightCyan,
    Color::White,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contrast_is_that_of_the_recommendation() {
        let contrast =
            |a: [u8; 3], b: [u8; 3]| between(Color::Rgb(a[0], a[1], a[2]), Color::Rgb(b[0], b[1], b[2])).expect("both are known");
        assert!((contrast([0; 3], [255; 3]) - 21.0).abs() < 0.01);
        // the grey that is said to be the lightest on white
        assert!((contrast([0x76; 3], [255; 3]) - 4.54).abs() < 0.01);
        assert_eq!(between(Color::Reset, Color::Black), None);
        assert_eq!(between(Color::Indexed(231), Color::White), Some(1.0));
        assert_eq!(between(Color::Indexed(244), Color::Rgb(128, 128, 128)), Some(1.0));
    }

    #[test]
    fn a_colour_changes_only_as_far_as_it_must() {
        let background = Color::Rgb(0x3b, 0x4a, 0x63);
        for text in [Color::Rgb(0xff, 0x6b, 0x6b), Color::Rgb(0x8a, 0x93, 0xa5), Color::Rgb(0, 0, 0)] {
            for is_indexed in [false, true] {
                let legible = legible(text, background, is_indexed);
                assert!(between(legible, background).is_some_and(|contrast| contrast >= LEAST), "{text:?} {legible:?}");
                assert_ne!(legible, Color::Rgb(255, 255, 255), "{text:?}");
            }
        }
        assert_eq!(legible(Color::Rgb(255, 255, 255), background, false), Color::Rgb(255, 255, 255));
        assert_eq!(legible(Color::Reset, Color::Rgb(255, 255, 255), false), Color::Black);
    }
}

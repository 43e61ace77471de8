//! Colours as data: a TOML file names a style for every scope; nothing else in the program knows a colour.

mod contrast;

use std::collections::BTreeMap;

use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use serde::{Deserialize, Serialize};

use fluxdeck_model::domain::Health;
use fluxdeck_model::error::{Error, Result};

/// The themes that come with the program, in the order in which `:theme` offers them.
pub const BUILTIN: &[(&str, &str)] = &[
    ("dark", include_str!("../../../themes/dark.toml")),
    ("light", include_str!("../../../themes/light.toml")),
    ("high-contrast", include_str!("../../../themes/high-contrast.toml")),
    ("colour-blind", include_str!("../../../themes/colour-blind.toml")),
    ("ansi16", include_str!("../../../themes/ansi16.toml")),
];

/// What a theme gives a style to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    Text,
    Dim,
    Accent,
    Header,
    Heading,
    Key,
    Disabled,
    Selection,
    Mark,
    Match,
    Border,
    Reference,
    Failed,
    Stalled,
    Terminating,
    Progressing,
    Waiting,
    Suspended,
    Unknown,
    Ready,
    Error,
    /// What is new in a changed line.
    Added,
    /// What is gone from it.
    Removed,
    /// The background of a line that is new.
    AddedLine,
    /// The background of a line that is gone.
    RemovedLine,
}

impl Scope {
    pub const ALL: [Self; 25] = [
        Self::Text,
        Self::Dim,
        Self::Accent,
        Self::Header,
        Self::Heading,
        Self::Key,
        Self::Disabled,
        Self::Selection,
        Self::Mark,
        Self::Match,
        Self::Border,
        Self::Reference,
        Self::Failed,
        Self::Stalled,
        Self::Terminating,
        Self::Progressing,
        Self::Waiting,
        Self::Suspended,
        Self::Unknown,
        Self::Ready,
        Self::Error,
        Self::Added,
        Self::Removed,
        Self::AddedLine,
        Self::RemovedLine,
    ];
}

impl Scope {
    /// Its key in the file of a theme.
    fn key(self) -> String {
        let written = toml::Value::try_from(self).expect("a word");
        written.as_str().unwrap_or_default().to_owned()
    }

    /// The scope whose style is taken where a theme does not name this one: themes that are older than it go on. None: it has to.
    fn substitute(self) -> Option<Self> {
        match self {
            Self::Added => Some(Self::Ready),
            Self::Removed => Some(Self::Failed),
            Self::AddedLine | Self::RemovedLine => Some(Self::Text),
            _ => None,
        }
    }
}

impl From<Health> for Scope {
    fn from(health: Health) -> Self {
        match health {
            Health::Failed => Self::Failed,
            Health::Stalled => Self::Stalled,
            Health::Terminating => Self::Terminating,
            Health::Progressing => Self::Progressing,
            Health::Waiting => Self::Waiting,
            Health::Suspended => Self::Suspended,
            Health::Unknown => Self::Unknown,
            Health::Ready => Self::Ready,
        }
    }
}

/// How many colours the terminal has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// `NO_COLOR` is set, or the terminal has none: selection is reversed, states are words and glyphs.
    None,
    Sixteen,
    Indexed,
    True,
}

/// A style for every scope, and the glyphs.
#[derive(Clone, Debug)]
pub struct Theme {
    styles: BTreeMap<Scope, Style>,
    depth: Depth,
    pub ascii: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    scopes: BTreeMap<Scope, Entry>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Entry {
    fg: Option<String>,
    bg: Option<String>,
    bold: bool,
    dim: bool,
    italic: bool,
    underline: bool,
    reverse: bool,
}

impl Theme {
    /// Reads a theme file and fits it to the terminal's colours.
    ///
    /// # Errors
    /// Names what is wrong in the file, and scopes that are missing.
    pub fn parse(name: &str, text: &str, depth: Depth, ascii: bool) -> Result<Self> {
        let failed = |why: String| Error::usage(format!("theme `{name}`: {why}"), "compare it with themes/dark.toml");
        let file: File = toml::from_str(text).map_err(|error| failed(error.message().to_owned()))?;
        let is_missing = |scope: &&Scope| !file.scopes.contains_key(scope) && scope.substitute().is_none();
        let missing: Vec<_> = Scope::ALL.iter().filter(is_missing).map(|scope| scope.key()).collect();
        if !missing.is_empty() {
            return Err(failed(format!("no style for {}", missing.join(", "))));
        }
        let mut styles = BTreeMap::new();
        for (scope, entry) in file.scopes {
            styles.insert(scope, entry.style(scope, depth).map_err(failed)?);
        }
        for (scope, other) in Scope::ALL.into_iter().filter_map(|scope| Some((scope, scope.substitute()?))) {
            let style = match styles.get(&other) {
                Some(style) if other != Scope::Text => style.add_modifier(Modifier::BOLD | Modifier::UNDERLINED),
                _ => Style::default(),
            };
            styles.entry(scope).or_insert(style);
        }
        Ok(Self { styles, depth, ascii })
    }

    /// The theme of that name among the built-in ones.
    ///
    /// # Errors
    /// When there is none of that name.
    pub fn builtin(name: &str, depth: Depth, ascii: bool) -> Result<Self> {
        let found = BUILTIN.iter().find(|(known, _)| *known == name);
        let names = || BUILTIN.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
        let (name, text) =
            found.ok_or_else(|| Error::usage(format!("there is no theme `{name}`"), format!("there are {}", names())))?;
        Self::parse(name, text, depth, ascii)
    }

    pub fn style(&self, scope: Scope) -> Style {
        self.styles.get(&scope).copied().unwrap_or_default()
    }

    /// Marks what was painted there as selected; every text on it can be read.
    ///
    /// A theme may say the colour of the text itself, or only that of the background: then each text keeps its own as far as it has enough
    /// contrast. Of sixteen colours nobody knows what they look like, but for black on the light grey.
    pub fn select(&self, buf: &mut Buffer, area: Rect) {
        let area = area.intersection(buf.area);
        let mut style = self.style(Scope::Selection);
        if self.depth == Depth::Sixteen && (style.fg.is_none() || style.bg.is_none()) {
            style = style.fg(Color::Black).bg(Color::Gray);
        }
        if style.fg.is_some() {
            style = style.remove_modifier(Modifier::DIM);
        }
        buf.set_style(area, style);
        let Some(background) = style.bg.filter(|_| style.fg.is_none()) else { return };
        area.positions().for_each(|position| self.make_legible(&mut buf[position], background));
    }

    /// Puts a scope's background behind what was painted there, except where that has one of its own; every text on it can be read.
    pub fn underlay(&self, buf: &mut Buffer, area: Rect, scope: Scope) {
        let Some(background) = self.style(scope).bg else { return };
        for position in area.intersection(buf.area).positions() {
            let cell = &mut buf[position];
            if cell.bg == Color::Reset {
                cell.bg = background;
                self.make_legible(cell, background);
            }
        }
    }

    fn make_legible(&self, cell: &mut Cell, background: Color) {
        cell.fg = contrast::legible(cell.fg, background, self.depth == Depth::Indexed);
        cell.modifier.remove(Modifier::DIM);
    }

    pub fn health(&self, health: Health) -> Style {
        self.style(health.into())
    }

    pub fn glyph(&self, health: Health) -> char {
        if self.ascii { health.ascii() } else { health.glyph() }
    }

    /// The Unicode sign, or its stand-in where only ASCII may be written.
    pub fn sign<'a>(&self, unicode: &'a str, ascii: &'a str) -> &'a str {
        if self.ascii { ascii } else { unicode }
    }
}

impl Entry {
    fn style(&self, scope: Scope, depth: Depth) -> std::result::Result<Style, String> {
        let mut style = Style::default();
        for (is_set, modifier) in [
            (self.bold, Modifier::BOLD),
            (self.dim, Modifier::DIM),
            (self.italic, Modifier::ITALIC),
            (self.underline, Modifier::UNDERLINED),
            (self.reverse, Modifier::REVERSED),
        ] {
            if is_set {
                style = style.add_modifier(modifier);
            }
        }
        if depth == Depth::None {
            // without colours the selection, matches and what is changed must still be seen
            return Ok(match scope {
                Scope::Selection | Scope::Match => style.add_modifier(Modifier::REVERSED),
                Scope::Added | Scope::Removed => style.add_modifier(Modifier::BOLD | Modifier::UNDERLINED),
                _ => style,
            });
        }
        if let Some(fg) = &self.fg {
            style = style.fg(fitted(colour(fg)?, depth));
        }
        let is_change = matches!(scope, Scope::Added | Scope::Removed | Scope::AddedLine | Scope::RemovedLine);
        match &self.bg {
            // sixteen colours have no dark shades for a background
            Some(_) if is_change && depth == Depth::Sixteen => {
                Ok(if self.fg.is_some() { style.add_modifier(Modifier::BOLD | Modifier::UNDERLINED) } else { style })
            }
            Some(bg) => Ok(style.bg(fitted(colour(bg)?, depth))),
            None => Ok(style),
        }
    }
}

fn colour(text: &str) -> std::result::Result<Color, String> {
    text.parse().map_err(|_| format!("`{text}` is not a colour"))
}

/// The nearest colour that the terminal can show.
fn fitted(colour: Color, depth: Depth) -> Color {
    match (colour, depth) {
        (Color::Rgb(r, g, b), Depth::Indexed) => Color::Indexed(cube(r, g, b)),
        (Color::Rgb(r, g, b), Depth::Sixteen) => sixteen(r, g, b),
        (colour, _) => colour,
    }
}

/// The 6×6×6 cube and the greys of xterm's 256 colours.
fn cube(r: u8, g: u8, b: u8) -> u8 {
    let spread = r.max(g).max(b) - r.min(g).min(b);
    if spread < 12 {
        let grey = (u16::from(r) + u16::from(g) + u16::from(b)) / 3;
        return match grey {
            0..=4 => 16,
            247.. => 231,
            grey => u8::try_from(232 + (grey.saturating_sub(8)) / 10).unwrap_or(255),
        };
    }
    let level = |value: u8| match value {
        0..=47 => 0,
        48..=114 => 1,
        value => (value - 35) / 40,
    };
    16 + 36 * level(r) + 6 * level(g) + level(b)
}

fn sixteen(r: u8, g: u8, b: u8) -> Color {
    const TABLE: [(Color, [i32; 3]); 14] = [
        (Color::Black, [0, 0, 0]),
        (Color::DarkGray, [110, 110, 110]),
        (Color::Gray, [190, 190, 190]),
        (Color::White, [255, 255, 255]),
        (Color::Red, [170, 20, 20]),
        (Color::LightRed, [255, 100, 100]),
        (Color::Green, [20, 140, 20]),
        (Color::LightGreen, [140, 220, 120]),
        (Color::Yellow, [150, 100, 0]),
        (Color::LightYellow, [235, 205, 140]),
        (Color::Blue, [20, 80, 180]),
        (Color::LightBlue, [100, 170, 240]),
        (Color::Magenta, [190, 90, 200]),
        (Color::Cyan, [80, 180, 200]),
    ];
    let distance = |of: &[i32; 3]| {
        let d = [i32::from(r) - of[0], i32::from(g) - of[1], i32::from(b) - of[2]];
        d[0] * d[0] + d[1] * d[1] + d[2] * d[2]
    };
    TABLE.iter().min_by_key(|(_, of)| distance(of)).map_or(Color::Reset, |(colour, _)| *colour)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_builtin_theme_styles_every_scope() {
        for (name, _) in BUILTIN {
            for depth in [Depth::None, Depth::Sixteen, Depth::Indexed, Depth::True] {
                Theme::builtin(name, depth, false).unwrap_or_else(|error| panic!("{error}"));
            }
        }
    }

    #[test]
    fn without_colours_no_colour_is_left() {
        let theme = Theme::builtin("dark", Depth::None, false).expect("a theme");
        for scope in Scope::ALL {
            let style = theme.style(scope);
            assert_eq!((style.fg, style.bg), (None, None), "{scope:?}");
        }
        assert!(theme.style(Scope::Selection).add_modifier.contains(Modifier::REVERSED));
    }

    #[test]
    fn few_colours_get_only_what_they_can_show() {
        let theme = Theme::builtin("dark", Depth::Sixteen, false).expect("a theme");
        for scope in Scope::ALL {
            assert!(!matches!(theme.style(scope).fg, Some(Color::Rgb(..) | Color::Indexed(_))), "{scope:?}");
        }
    }

    #[test]
    fn a_broken_theme_says_what_is_wrong() {
        for (text, expected) in
            [("", "scopes"), ("[scopes]\ntext = { fg = \"nope\" }", "no style for"), ("[scopes]\nbogus = {}", "bogus")]
        {
            let error = Theme::parse("mine", text, Depth::True, false).expect_err("broken");
            assert!(error.message.contains(expected), "{error}");
        }
    }

    /// WCAG contrast of text on the background that a theme is made for.
    #[test]
    fn text_and_states_are_readable_on_the_themes_own_background() {
        for (name, background, least) in [
            ("dark", Color::Rgb(0x1e, 0x22, 0x2a), 4.5),
            ("light", Color::Rgb(0xff, 0xff, 0xff), 4.5),
            ("high-contrast", Color::Rgb(0, 0, 0), 7.0),
            ("colour-blind", Color::Rgb(0x1e, 0x22, 0x2a), 4.5),
        ] {
            let theme = Theme::builtin(name, Depth::True, false).expect("a theme");
            for scope in Scope::ALL {
                let style = theme.style(scope);
                let (Some(fg), on) = (style.fg, style.bg.unwrap_or(background)) else { continue };
                let contrast = contrast::between(fg, on).expect("both are known");
                assert!(contrast >= least, "{name} {scope:?}: {contrast:.1}");
            }
        }
    }

    #[test]
    fn every_text_on_the_selected_row_is_readable_in_every_theme_and_depth() {
        for (name, _) in BUILTIN {
            for depth in [Depth::Sixteen, Depth::Indexed, Depth::True] {
                let theme = Theme::builtin(name, depth, false).expect("a theme");
                for scope in Scope::ALL {
                    let mut buf = Buffer::empty(Rect::new(0, 0, 1, 1));
                    buf.set_string(0, 0, "x", theme.style(scope).add_modifier(Modifier::DIM));
                    theme.select(&mut buf, Rect::new(0, 0, 1, 1));
                    let cell = &buf[(0, 0)];
                    let contrast = contrast::between(cell.fg, cell.bg);
                    assert!(contrast.is_some_and(|contrast| contrast >= 4.5), "{name} {depth:?} {scope:?}: {contrast:?}");
                    assert!(!cell.modifier.contains(Modifier::DIM), "{name} {depth:?} {scope:?} is dimmed");
                }
            }
        }
    }

    #[test]
    fn what_is_changed_is_seen_in_every_theme_and_depth_and_can_be_read() {
        for (name, _) in BUILTIN {
            for depth in [Depth::None, Depth::Sixteen, Depth::Indexed, Depth::True] {
                let theme = Theme::builtin(name, depth, false).expect("a theme");
                for (word, line) in [(Scope::Added, Scope::AddedLine), (Scope::Removed, Scope::RemovedLine)] {
                    let style = theme.style(word);
                    let is_marked = style.bg.is_some() || style.add_modifier.contains(Modifier::BOLD | Modifier::UNDERLINED);
                    assert!(is_marked && style != theme.style(Scope::Text), "{name} {depth:?} {word:?}");
                    let Some(background) = theme.style(line).bg else { continue };
                    for scope in Scope::ALL {
                        let mut buf = Buffer::empty(Rect::new(0, 0, 1, 1));
                        buf.set_string(0, 0, "x", theme.style(scope));
                        theme.underlay(&mut buf, Rect::new(0, 0, 1, 1), line);
                        let contrast = contrast::between(buf[(0, 0)].fg, buf[(0, 0)].bg);
                        let is_own = theme.style(scope).bg.is_some();
                        assert!(
                            is_own || contrast.is_some_and(|contrast| contrast >= 4.5),
                            "{name} {depth:?} {scope:?} {background:?}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn a_theme_of_earlier_days_needs_no_style_for_changes() {
        let text = BUILTIN[0].1;
        let old: Vec<_> = text.lines().filter(|line| !line.starts_with("added") && !line.starts_with("removed")).collect();
        let theme = Theme::parse("mine", &old.join("\n"), Depth::True, false).expect("a theme");
        assert_eq!(theme.style(Scope::Added).fg, theme.style(Scope::Ready).fg);
        assert!(theme.style(Scope::Removed).add_modifier.contains(Modifier::UNDERLINED));
        assert_eq!(theme.style(Scope::AddedLine), Style::default());
    }

    #[test]
    fn a_selected_row_keeps_its_colours_where_they_can_be_read() {
        let theme = Theme::builtin("dark", Depth::True, false).expect("a theme");
        let mut buf = Buffer::empty(Rect::new(0, 0, 1, 1));
        buf.set_string(0, 0, "x", theme.style(Scope::Text));
        theme.select(&mut buf, Rect::new(0, 0, 1, 1));
        assert_eq!(Some(buf[(0, 0)].fg), theme.style(Scope::Text).fg);
    }
}

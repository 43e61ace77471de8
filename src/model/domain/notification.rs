//! By which sequence the terminal is asked to notify its user. Which of them a terminal knows cannot be asked: the user says it.

/// How a notification reaches the desktop.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NotifyBy {
    /// Not at all: it is said on the screen alone.
    #[default]
    Off,
    /// `OSC 9 ; text`: iTerm2, WezTerm, kitty, foot, Ghostty, Windows Terminal, ConEmu.
    Osc9,
    /// `OSC 777 ; notify ; title ; text`: urxvt, foot, WezTerm, Ghostty, kitty.
    Osc777,
    /// The bell, without a text: any terminal, and tmux as its own.
    Bell,
}

impl NotifyBy {
    pub const ALL: [Self; 4] = [Self::Off, Self::Osc9, Self::Osc777, Self::Bell];

    /// Its word in the configuration and in `:notify`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Osc9 => "osc9",
            Self::Osc777 => "osc777",
            Self::Bell => "bell",
        }
    }

    /// The one of that word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|by| by.word() == word)
    }

    /// All words, for messages.
    pub fn words() -> String {
        Self::ALL.map(Self::word).join(", ")
    }
}

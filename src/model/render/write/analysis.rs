//! What libyaml finds out about a text before it chooses a style. Source: go-yaml v2.4.4 and v3.0.4 `emitterc.go` (analyze_scalar).

/// What forms a text may take.
pub(super) struct Analysis {
    pub is_multiline: bool,
    pub may_be_plain: bool,
    /// Inside of `{}` or `[]`, to go-yaml v3 (v2 has a rule of its own for that, and writes nothing there).
    pub may_be_plain_in_flow: bool,
    pub may_be_single: bool,
    pub may_be_block: bool,
    /// To go-yaml v3, which lets tabs be.
    pub may_be_block_with_tabs: bool,
}

impl Analysis {
    pub fn of(text: &str) -> Self {
        if text.is_empty() {
            return Self {
                is_multiline: false,
                may_be_plain: true,
                may_be_plain_in_flow: false,
                may_be_single: true,
                may_be_block: false,
                may_be_block_with_tabs: false,
            };
        }
        let is_blank = |c: char| matches!(c, ' ' | '\t');
        let mut indicators = text.starts_with("---") || text.starts_with("...");
        let mut flow_indicators = text.starts_with(['?', ':', '-']) && {
            let is_alone = text.chars().nth(1).is_none_or(is_blank);
            !text.starts_with('-') || is_alone
        };
        let mut unprintable = false;
        let (mut line_breaks, mut special, mut break_space, mut space_break) = (false, false, false, false);
        let (mut after_blank, mut after_space, mut after_break) = (true, false, false);
        let mut letters = text.chars().peekable();
        let mut is_first = true;
        while let Some(c) = letters.next() {
            let before_blank = letters.peek().is_none_or(|next| is_blank(*next));
            indicators |= match c {
                '#' | ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@' | '`' if is_first => {
                    true
                }
                '?' | '-' if is_first => before_blank,
                ':' => before_blank,
                '#' => after_blank,
                _ => false,
            };
            flow_indicators |= !is_first && matches!(c, ',' | '?' | '[' | ']' | '{' | '}' | ':');
            special |= !is_printable(c);
            unprintable |= !is_printable(c) && c != '\t';
            if c == ' ' {
                break_space |= after_break;
                (after_space, after_break) = (true, false);
            } else if is_break(c) {
                line_breaks = true;
                space_break |= after_space;
                (after_space, after_break) = (false, true);
            } else {
                (after_space, after_break) = (false, false);
            }
            after_blank = is_blank(c) || is_break(c) || c == '\0';
            is_first = false;
        }
        let at_edge = |c: Option<char>| c.is_some_and(|c| c == ' ' || is_break(c));
        let trailing_space = text.ends_with(' ');
        let edges = at_edge(text.chars().next()) || at_edge(text.chars().last());
        let broken = space_break || special;
        let may_be_plain = !(edges || break_space || broken || line_breaks || indicators);
        Self {
            is_multiline: line_breaks,
            may_be_plain,
            may_be_plain_in_flow: may_be_plain && !flow_indicators,
            may_be_single: !(break_space || broken),
            may_be_block: !(trailing_space || broken),
            may_be_block_with_tabs: !(trailing_space || space_break || unprintable),
        }
    }
}

pub(super) fn is_break(c: char) -> bool {
    matches!(c, '\r' | '\n' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// libyaml's idea of printable: without tabs and without characters above U+FFFF.
pub(super) fn is_printable(c: char) -> bool {
    matches!(c, '\n' | '\u{20}'..='\u{7e}' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}') && c != '\u{feff}'
}

//! Colours and columns.

use std::env;
use std::io::{self, IsTerminal as _};

/// Whether to colour.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Style {
    colour: bool,
}

impl Style {
    /// Colours, no colours.
    #[cfg(test)]
    pub(crate) const COLOURED: Self = Self { colour: true };
    /// Words only.
    pub(crate) const PLAIN: Self = Self { colour: false };

    /// Colours on a terminal that can show them, unless `NO_COLOR` is set (<https://no-color.org>).
    pub(crate) fn of_stdout() -> Self {
        let unwanted = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let dumb = env::var_os("TERM").is_some_and(|term| term == "dumb");
        Self { colour: io::stdout().is_terminal() && !unwanted && !dumb }
    }

    /// Done, green, admitted.
    pub(crate) fn good(self, text: &str) -> String {
        self.paint("1;32", text)
    }

    /// Refused, red.
    pub(crate) fn bad(self, text: &str) -> String {
        self.paint("1;31", text)
    }

    /// Not yet, or to be looked at.
    pub(crate) fn warn(self, text: &str) -> String {
        self.paint("1;33", text)
    }

    /// What an answer is about.
    pub(crate) fn head(self, text: &str) -> String {
        self.paint("1", text)
    }

    /// What most readers skip.
    pub(crate) fn dim(self, text: &str) -> String {
        self.paint("2", text)
    }

    /// The text between an SGR code and the reset (ECMA-48 § 8.3.117).
    fn paint(self, code: &str, text: &str) -> String {
        if self.colour && !text.is_empty() {
            format!("\x1b[{code}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }
}

/// Lines of cells, each column as wide as its widest cell; cells may be painted.
pub(crate) fn columns<const N: usize>(rows: &[[String; N]]) -> Vec<String> {
    let mut widths = [0; N];
    for row in rows {
        for (widest, cell) in widths.iter_mut().zip(row) {
            *widest = width(cell).max(*widest);
        }
    }
    rows.iter()
        .map(|row| {
            let cells: Vec<_> = row.iter().zip(widths).map(|(cell, w)| padded(cell, w)).collect();
            cells.join("  ").trim_end().to_owned()
        })
        .collect()
}

/// The text with blanks up to a width on the screen.
pub(crate) fn padded(text: &str, to: usize) -> String {
    format!("{text}{}", " ".repeat(to.saturating_sub(width(text))))
}

/// Columns that a text takes on the screen: none for paint, two for a wide character of East Asia
/// (UAX #11, by block, which is right for names and plates).
fn width(text: &str) -> usize {
    let mut columns = 0;
    let mut in_paint = false;
    for c in text.chars() {
        match c {
            '\x1b' => in_paint = true,
            'm' if in_paint => in_paint = false,
            _ if in_paint => {}
            '\u{1100}'..='\u{115f}'
            | '\u{2e80}'..='\u{a4cf}'
            | '\u{ac00}'..='\u{d7a3}'
            | '\u{f900}'..='\u{faff}'
            | '\u{ff01}'..='\u{ff60}'
            | '\u{20000}'..='\u{3fffd}' => columns += 2,
            _ => columns += 1,
        }
    }
    columns
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paint_takes_no_room() {
        let rows =
            [[Style::COLOURED.good("ok"), "a".to_owned()], ["longer".to_owned(), "b".to_owned()]];
        let lines = columns(&rows);
        assert_eq!(lines[0], "\x1b[1;32mok\x1b[0m      a");
        assert_eq!(lines[1], "longer  b");
    }

    #[test]
    fn chinese_plates_take_two_columns_a_character() {
        assert_eq!(width("沪A12345"), 8);
        assert_eq!(padded("沪", 4), "沪  ");
    }

    #[test]
    fn without_colour_there_are_words_only() {
        assert_eq!(Style::PLAIN.bad("red"), "red");
        assert_eq!(Style::COLOURED.bad(""), "");
    }
}

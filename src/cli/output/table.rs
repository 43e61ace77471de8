//! Columns as kubectl prints them: upper-case headings, three spaces between, the last column as long as it is.

use fluxdeck_model::domain::width;

pub(in crate::cli) struct Table {
    headings: Vec<&'static str>,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub fn new(headings: Vec<&'static str>) -> Self {
        Self { headings, rows: Vec::new() }
    }

    pub fn push(&mut self, row: Vec<String>) {
        self.rows.push(row);
    }

    pub fn print(&self) -> String {
        let headings: Vec<_> = self.headings.iter().map(|heading| (*heading).to_owned()).collect();
        let all: Vec<_> = std::iter::once(&headings).chain(&self.rows).collect();
        let widths: Vec<_> = (0..headings.len())
            .map(|at| all.iter().filter_map(|row| row.get(at)).map(|cell| width::of(cell)).max().unwrap_or(0))
            .collect();
        let mut out = String::new();
        for row in all {
            let mut line = String::new();
            for (cell, column) in row.iter().zip(&widths) {
                line.push_str(cell);
                line.push_str(&" ".repeat(column.saturating_sub(width::of(cell)) + 3));
            }
            out.push_str(line.trim_end());
            out.push('\n');
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_also_under_wide_letters() {
        let mut table = Table::new(vec!["NAME", "STATE", "MESSAGE"]);
        table.push(vec!["世界".into(), "Ready".into(), String::new()]);
        table.push(vec!["a".into(), "Failed".into(), "why".into()]);

        assert_eq!(table.print(), "NAME   STATE    MESSAGE\n世界   Ready\na      Failed   why\n");
    }
}

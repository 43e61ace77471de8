//! Rows as comma-separated values (RFC 4180), for other programs.

/// The rows, each in a line of its own.
pub fn csv(rows: &[Vec<String>]) -> String {
    rows.iter().map(|row| row.iter().map(|cell| quoted(cell)).collect::<Vec<_>>().join(",") + "\r\n").collect()
}

fn quoted(cell: &str) -> String {
    if cell.contains([',', '"', '\n', '\r']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::csv;

    #[test]
    fn what_separates_is_quoted() {
        let rows = [vec!["NAME".to_owned(), "MESSAGE".to_owned()], vec!["web".to_owned(), "a \"b\", c".to_owned()]];
        assert_eq!(csv(&rows), "NAME,MESSAGE\r\nweb,\"a \"\"b\"\", c\"\r\n");
        assert_eq!(csv(&[]), "");
    }
}

//! Two sequences, aligned: what both have, and what only one has. The longest common subsequence decides (Myers 1986 calls it the LCS);
//! sequences that are too long for that are taken apart at their ends only.

use std::ops::Range;

/// Lines that a patch shows around what changes.
const AROUND: usize = 3;
/// Cells of the table that is filled at most; beyond that the middle counts as different.
const LARGEST: usize = 1 << 20;
/// A step through two sequences, with places in them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aligned {
    Same(usize, usize),
    Gone(usize),
    New(usize),
}

/// How one sequence becomes the other, in order; what goes is before what comes.
pub fn steps<T: PartialEq>(before: &[T], after: &[T]) -> Vec<Aligned> {
    let head = before.iter().zip(after).take_while(|(a, b)| a == b).count();
    let rest = (&before[head..], &after[head..]);
    let tail = rest.0.iter().rev().zip(rest.1.iter().rev()).take_while(|(a, b)| a == b).count();
    let (old, new) = (&rest.0[..rest.0.len() - tail], &rest.1[..rest.1.len() - tail]);
    let mut found: Vec<_> = (0..head).map(|at| Aligned::Same(at, at)).collect();
    found.extend(middle(old, new).into_iter().map(|step| match step {
        Aligned::Same(a, b) => Aligned::Same(a + head, b + head),
        Aligned::Gone(a) => Aligned::Gone(a + head),
        Aligned::New(b) => Aligned::New(b + head),
    }));
    found.extend((0..tail).map(|at| Aligned::Same(before.len() - tail + at, after.len() - tail + at)));
    found
}

fn middle<T: PartialEq>(old: &[T], new: &[T]) -> Vec<Aligned> {
    let (rows, columns) = (old.len(), new.len() + 1);
    if rows.saturating_mul(columns) > LARGEST || old.is_empty() || new.is_empty() {
        return (0..rows).map(Aligned::Gone).chain((0..new.len()).map(Aligned::New)).collect();
    }
    // how many are common of what is left of both
    let mut left = vec![0_u32; (rows + 1) * columns];
    for a in (0..rows).rev() {
        for b in (0..new.len()).rev() {
            left[a * columns + b] = match old[a] == new[b] {
                true => left[(a + 1) * columns + b + 1] + 1,
                false => left[(a + 1) * columns + b].max(left[a * columns + b + 1]),
            };
        }
    }
    let (mut a, mut b, mut found) = (0, 0, Vec::new());
    while a < rows || b < new.len() {
        let is_same = a < rows && b < new.len() && old[a] == new[b];
        let goes = b == new.len() || a < rows && left[(a + 1) * columns + b] >= left[a * columns + b + 1];
        found.push(match (is_same, goes) {
            (true, _) => Aligned::Same(a, b),
            (false, true) => Aligned::Gone(a),
            (false, false) => Aligned::New(b),
        });
        (a, b) = (a + usize::from(is_same || goes), b + usize::from(is_same || !goes));
    }
    found
}

/// Two texts as a patch, as `git diff` writes it, with three lines around each change; nothing where they are the same.
pub fn patch(name: &str, before: Option<&str>, after: Option<&str>) -> String {
    let lines = |text: Option<&str>| text.unwrap_or_default().lines().map(str::to_owned).collect::<Vec<_>>();
    let (old, new) = (lines(before), lines(after));
    let steps = steps(&old, &new);
    let changes: Vec<usize> = (0..steps.len()).filter(|at| !matches!(steps[*at], Aligned::Same(..))).collect();
    let Some(first) = changes.first() else { return String::new() };
    let mut out = format!("diff --git a/{name} b/{name}\n");
    out.push_str(if before.is_none() { "new file mode 100644\n--- /dev/null\n" } else { "" });
    out.push_str(if after.is_none() { "deleted file mode 100644\n" } else { "" });
    out.push_str(&if before.is_some() { format!("--- a/{name}\n") } else { String::new() });
    out.push_str(&if after.is_some() { format!("+++ b/{name}\n") } else { "+++ /dev/null\n".to_owned() });
    let mut hunk = first.saturating_sub(AROUND)..(first + 1 + AROUND).min(steps.len());
    for at in &changes[1..] {
        if *at > hunk.end + AROUND {
            write_hunk(&mut out, &steps, hunk.clone(), (&old, &new));
            hunk.start = at - AROUND;
        }
        hunk.end = (at + 1 + AROUND).min(steps.len());
    }
    write_hunk(&mut out, &steps, hunk, (&old, &new));
    out
}

fn write_hunk(out: &mut String, steps: &[Aligned], hunk: Range<usize>, (old, new): (&[String], &[String])) {
    let is_old = |step: &&Aligned| !matches!(step, Aligned::New(_));
    let is_new = |step: &&Aligned| !matches!(step, Aligned::Gone(_));
    let (above, inside) = (&steps[..hunk.start], &steps[hunk]);
    let range = |is_it: &dyn Fn(&&Aligned) -> bool| {
        let (before, count) = (above.iter().filter(is_it).count(), inside.iter().filter(is_it).count());
        format!("{},{count}", before + usize::from(count > 0))
    };
    out.push_str(&format!("@@ -{} +{} @@\n", range(&is_old), range(&is_new)));
    for step in inside {
        let (sign, line) = match step {
            Aligned::Same(at, _) => (' ', &old[*at]),
            Aligned::Gone(at) => ('-', &old[*at]),
            Aligned::New(at) => ('+', &new[*at]),
        };
        out.push(sign);
        out.push_str(line);
        out.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patch_has_three_lines_around_and_joins_what_is_near() {
        let text = |lines: &[usize]| lines.iter().map(|line| format!("{line}\n")).collect::<String>();
        let (old, new) = (
            text(&(1..=30).collect::<Vec<_>>()),
            text(&[&[1, 2, 3, 4, 99, 6, 7, 8], &(9..=30).collect::<Vec<_>>()[..]].concat()),
        );
        assert_eq!(
            patch("a", Some(&old), Some(&new)),
            "diff --git a/a b/a\n--- a/a\n+++ b/a\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+99\n 6\n 7\n 8\n"
        );
        assert_eq!(patch("a", Some(&old), Some(&old)), "");
        assert_eq!(
            patch("a", None, Some("x\n")),
            "diff --git a/a b/a\nnew file mode 100644\n--- /dev/null\n+++ b/a\n@@ -0,0 +1,1 @@\n+x\n"
        );
        assert_eq!(
            patch("a", Some("x\n"), None),
            "diff --git a/a b/a\ndeleted file mode 100644\n--- a/a\n+++ /dev/null\n@@ -1,1 +0,0 @@\n-x\n"
        );
        let far = new.replace("20\n", "");
        assert_eq!(patch("a", Some(&old), Some(&far)).matches("@@ -").count(), 2);
    }
}

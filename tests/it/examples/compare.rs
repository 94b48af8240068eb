//! What an example prints, against what it says it prints.

/// Whether the printed text is what the pattern stands for. Blanks at line ends and empty lines at
/// the end do not count.
pub(super) fn matches(pattern: &[String], printed: &str) -> bool {
    let pattern: Vec<&str> = trimmed(pattern.iter().map(String::as_str));
    let printed: Vec<&str> = trimmed(printed.lines());
    lines_match(&pattern, &printed)
}

fn trimmed<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut lines: Vec<&str> = lines.map(str::trim_end).collect();
    while lines.last().is_some_and(|line| line.is_empty()) {
        lines.pop();
    }
    lines
}

fn lines_match(pattern: &[&str], printed: &[&str]) -> bool {
    match pattern.split_first() {
        None => printed.is_empty(),
        Some((&"...", rest)) => (0..=printed.len()).any(|at| lines_match(rest, &printed[at..])),
        Some((line, rest)) => printed
            .split_first()
            .is_some_and(|(first, others)| line_matches(line, first) && lines_match(rest, others)),
    }
}

/// Each part between the `[..]` is found after the one before; the outer ones at the ends.
fn line_matches(pattern: &str, line: &str) -> bool {
    let Some((head, rest)) = pattern.split_once("[..]") else { return pattern == line };
    let Some(mut line) = line.strip_prefix(head) else { return false };
    let mut parts: Vec<&str> = rest.split("[..]").collect();
    let tail = parts.pop().unwrap_or_default();
    for part in parts {
        let Some((_, after)) = line.split_once(part) else { return false };
        line = after;
    }
    line.ends_with(tail)
}

#[test]
fn a_pattern_stands_for_what_it_says_and_nothing_else() {
    let matches = |pattern: &str, printed: &str| {
        matches(&pattern.lines().map(str::to_owned).collect::<Vec<_>>(), printed)
    };
    for (pattern, printed) in [
        ("", ""),
        ("a", "a  \n\n"),
        ("a [..] c", "a b c"),
        ("[..]\nb", "\nb"),
        ("[..]a[..]a", "xaya"),
        ("a\n...\nd", "a\nb\nc\nd"),
        ("...", ""),
        ("a\n...", "a"),
        ("...\nb\n...\nc", "a\nb\nb\nc"),
    ] {
        assert!(matches(pattern, printed), "{pattern:?} {printed:?}");
    }
    for (pattern, printed) in [
        ("", "a"),
        ("a", ""),
        ("[..]", ""),
        ("a", "ab"),
        ("a [..] c", "a b d"),
        ("[..]a[..]a", "a"),
        ("ab[..]bc", "abc"),
        ("a\n...\nd", "a\nb\nc"),
        ("a\nb", "a\n\nb"),
        ("...\nb", "b\nc"),
    ] {
        assert!(!matches(pattern, printed), "{pattern:?} {printed:?}");
    }
}

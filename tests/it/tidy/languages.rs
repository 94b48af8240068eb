//! The README in two languages says the same.

use super::{Text, read};

const ENGLISH: &str = "README.md";
const CHINESE: &str = "README.zh-CN.md";

/// The blocks between fences, fences included.
fn blocks(file: &Text) -> Vec<String> {
    let mut blocks: Vec<String> = Vec::new();
    let mut is_inside = false;
    for line in file.text.lines() {
        let is_fence = line.starts_with("```");
        if is_fence && !is_inside {
            blocks.push(String::new());
        }
        if let Some(block) = blocks.last_mut().filter(|_| is_fence || is_inside) {
            block.push_str(line);
            block.push('\n');
        }
        is_inside ^= is_fence;
    }
    assert!(!is_inside, "{} ends inside a block", file.path);
    blocks
}

/// The lines outside blocks, each by what begins it: headings by rank, rows of tables by their cells,
/// items of lists.
fn skeleton(file: &Text) -> Vec<String> {
    let mut is_inside = false;
    let lines = file.text.lines().filter(|line| {
        let is_fence = line.starts_with("```");
        is_inside ^= is_fence;
        !is_inside && !is_fence
    });
    let shape = |line: &str| match line.chars().next() {
        Some('#') => Some(line.chars().take_while(|c| *c == '#').collect()),
        Some('|') => Some(format!("{} cells", line.matches('|').count())),
        Some('-') => Some("-".to_owned()),
        _ => None,
    };
    lines.filter_map(shape).collect()
}

/// Everything between backticks outside blocks: commands, options and files are in no language.
fn spelled(file: &Text) -> Vec<String> {
    let prose: String = file.text.split("```").step_by(2).collect();
    let mut words: Vec<String> =
        prose.split('`').skip(1).step_by(2).map(|word| word.replace('\n', " ")).collect();
    words.sort();
    words
}

#[test]
fn the_readme_has_the_same_headings_tables_and_lists_in_both_languages() {
    let [english, chinese] = [ENGLISH, CHINESE].map(read);
    let shape = skeleton(&english);
    assert!(shape.iter().any(|line| line == "##") && shape.iter().any(|line| line == "-"));
    assert_eq!(shape, skeleton(&chinese));
}

#[test]
fn the_readme_has_the_same_commands_in_both_languages() {
    let [english, chinese] = [ENGLISH, CHINESE].map(read);
    let code = blocks(&english);
    assert!(code.len() >= 3, "{code:?}");
    assert_eq!(code, blocks(&chinese));
    assert_eq!(spelled(&english), spelled(&chinese));
}

#[test]
fn each_readme_leads_to_the_other() {
    assert!(read(ENGLISH).text.contains(&format!("({CHINESE})")));
    assert!(read(CHINESE).text.contains(&format!("({ENGLISH})")));
}

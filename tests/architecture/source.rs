//! The sources, and what of them is only there to test the rest.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::lexer;

/// One file.
#[derive(Clone, Debug)]
pub struct Source {
    /// Where it lies below the project's folder, with `/` between the parts.
    pub path: String,
    /// All of it.
    pub text: String,
    /// The code alone: comments, texts and, after [`without_tests`], tests are blanked.
    pub code: String,
}

impl Source {
    /// A file that says `text`.
    pub fn new(path: &str, text: &str) -> Self {
        Self { path: path.into(), text: text.into(), code: lexer::code(text) }
    }

    /// The module that the file holds: `src/core/ewma.rs` is `["core", "ewma"]`, `src/lib.rs` is `[]`.
    pub fn module(&self) -> Vec<String> {
        let inside = self.path.strip_prefix("src/").unwrap_or(&self.path);
        let inside = inside.strip_suffix(".rs").unwrap_or(inside);
        let parts = inside.split('/').filter(|part| *part != "lib");
        parts.map(str::to_owned).collect()
    }

    /// The room it belongs to; none for the crate's root, which only declares the rooms.
    pub fn room(&self) -> Option<String> {
        self.module().first().cloned()
    }
}

/// All files with one of these endings in these folders and below; of `.` only the files, not the folders in it. A folder
/// that is not there holds nothing.
pub fn read_all(root: &Path, folders: &[&str], kinds: &[&str]) -> Vec<Source> {
    let mut sources = Vec::new();
    for folder in folders {
        read_folder(root, folder, kinds, &mut sources);
    }
    sources
}

fn read_folder(root: &Path, folder: &str, kinds: &[&str], sources: &mut Vec<Source>) {
    let Ok(entries) = fs::read_dir(root.join(folder)) else { return };
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    for name in names {
        let path = if folder == "." { name.clone() } else { format!("{folder}/{name}") };
        if root.join(&path).is_dir() {
            if folder != "." {
                read_folder(root, &path, kinds, sources);
            }
        } else if kinds.iter().any(|kind| name.ends_with(&format!(".{kind}"))) {
            sources.push(Source::new(&path, &fs::read_to_string(root.join(&path)).unwrap()));
        }
    }
}

/// Leaves out test files, and blanks tests in the others.
pub fn without_tests(sources: Vec<Source>) -> Vec<Source> {
    let mut tests = BTreeSet::new();
    let stripped: Vec<Source> = sources
        .into_iter()
        .map(|source| {
            let (code, modules) = strip(&source.code);
            let folder = source.module().join("/");
            let prefix = if folder.is_empty() { "src".into() } else { format!("src/{folder}") };
            tests.extend(modules.into_iter().map(|module| format!("{prefix}/{module}")));
            Source { code, ..source }
        })
        .collect();
    let is_test = |path: &str| {
        tests.iter().any(|test| path == format!("{test}.rs") || path.starts_with(&format!("{test}/")))
    };
    stripped.into_iter().filter(|source| !is_test(&source.path)).collect()
}

/// Blanks every item under `#[cfg(test)]`; gives the modules among them that are files of their own.
fn strip(code: &str) -> (String, Vec<String>) {
    let (mut code, mut modules) = (code.to_owned(), Vec::new());
    while let Some(begin) = code.find("#[cfg(test)]") {
        let item = begin + "#[cfg(test)]".len();
        let end = end_of_item(&code, item);
        let words: Vec<String> =
            lexer::tokens(&code[item..end]).into_iter().map(|token| token.text).collect();
        if let Some(at) = words.iter().position(|word| word == "mod")
            && words.get(at + 2).is_some_and(|sign| sign == ";")
        {
            modules.push(words[at + 1].clone());
        }
        let blank: String =
            code[begin..end].chars().map(|sign| if sign == '\n' { '\n' } else { ' ' }).collect();
        code.replace_range(begin..end, &blank);
    }
    (code, modules)
}

fn end_of_item(code: &str, from: usize) -> usize {
    let mut depth = 0_usize;
    for (offset, sign) in code[from..].char_indices() {
        match sign {
            '{' | '(' | '[' => depth += 1,
            '}' | ')' | ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 && matches!(sign, ';' | '}') {
            return from + offset + 1;
        }
    }
    code.len()
}

#[test]
fn tests_are_left_out_wherever_they_stand() {
    let sources = vec![
        Source::new("src/core.rs", "pub mod ewma;\n#[cfg(test)]\nmod tests;\n"),
        Source::new("src/core/tests.rs", "use crate::sim::world;"),
        Source::new("src/core/tests/deep.rs", "use crate::sim::world;"),
        Source::new("src/core/ewma.rs", "fn a() {}\n#[cfg(test)]\nmod tests { use crate::sim; }\nfn b() {}"),
    ];
    let left = without_tests(sources);
    let paths: Vec<&str> = left.iter().map(|source| source.path.as_str()).collect();
    assert_eq!(paths, ["src/core.rs", "src/core/ewma.rs"]);
    assert!(!left[1].code.contains("sim") && left[1].code.contains("fn b()"), "{}", left[1].code);
}

#[test]
fn a_file_is_named_as_its_module() {
    let module = |path: &str| Source::new(path, "").module();
    assert_eq!(module("src/core/ewma.rs"), ["core", "ewma"]);
    assert_eq!(module("src/core.rs"), ["core"]);
    assert!(module("src/lib.rs").is_empty());
    assert_eq!(Source::new("src/lib.rs", "").room(), None);
}

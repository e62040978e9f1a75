//! What no source may hold, and how long it may be.

use super::source::Source;

/// Words of what was put off, in two parts each, so that this very file does not hold them.
const PUT_OFF: &[(&str, &str)] = &[("TO", "DO"), ("FIX", "ME"), ("unimple", "mented!"), ("todo", "!(")];

/// Beginnings of paths that exist on somebody's machine only, in two parts each.
const MACHINE: &[(&str, &str)] =
    &[("/wo", "rk/"), ("/ro", "ot/"), ("/ho", "me/"), ("/Us", "ers/"), ("..", "/shared")];

/// Sources with more lines than that.
pub fn too_long(sources: &[Source], most: usize) -> Vec<String> {
    let lines = |source: &Source| source.text.lines().count();
    let long = sources.iter().filter(|source| lines(source) > most);
    long.map(|source| format!("{}:{most}: {} lines: two concepts in one file", source.path, lines(source)))
        .collect()
}

/// Modules that hide their name.
pub fn mod_files(sources: &[Source]) -> Vec<String> {
    let hidden = sources.iter().filter(|source| source.path.ends_with("/mod.rs"));
    hidden.map(|source| format!("{}:1: name the file after its module", source.path)).collect()
}

/// What was put off, and paths of somebody's machine.
pub fn forbidden(sources: &[Source]) -> Vec<String> {
    let mut faults = Vec::new();
    for source in sources {
        for (index, line) in source.text.lines().enumerate() {
            let place = format!("{}:{}", source.path, index + 1);
            let holds = |parts: &&(&str, &str)| has_word(line, &format!("{}{}", parts.0, parts.1));
            let put_off = PUT_OFF.iter().filter(holds).map(|(a, b)| format!("{place}: {a}{b}: now or never"));
            faults.extend(put_off);
            let machine = MACHINE.iter().filter(|(a, b)| line.contains(&format!("{a}{b}")));
            faults.extend(machine.map(|(a, b)| format!("{place}: `{a}{b}` is a place on one machine only")));
        }
    }
    faults
}

/// Whether `word` stands in the line, and not within a longer word.
fn has_word(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + word.len()..].chars().next();
        ![before, after].into_iter().flatten().any(|sign| sign.is_alphabetic() || sign == '_')
            || (word.ends_with('(') && !before.is_some_and(|sign| sign.is_alphanumeric() || sign == '_'))
    })
}

#[test]
fn a_long_source_is_a_fault() {
    let source = Source::new("src/a.rs", &"x\n".repeat(11));
    assert_eq!(
        too_long(std::slice::from_ref(&source), 10),
        ["src/a.rs:10: 11 lines: two concepts in one file"]
    );
    assert_eq!(too_long(&[source], 11), Vec::<String>::new());
}

#[test]
fn a_mod_rs_is_a_fault() {
    assert_eq!(mod_files(&[Source::new("src/core/mod.rs", ""), Source::new("src/core.rs", "")]).len(), 1);
}

#[test]
fn what_was_put_off_is_a_fault() {
    for (a, b) in PUT_OFF {
        let source = Source::new("src/a.rs", &format!("fine\n// {a}{b} later"));
        let faults = forbidden(&[source]);
        assert_eq!(faults.len(), 1, "{a}{b}: {faults:?}");
        assert!(faults[0].starts_with("src/a.rs:2: "), "{faults:?}");
    }
    assert_eq!(forbidden(&[Source::new("src/a.rs", "MASTODONS and mytodo!(x)")]), Vec::<String>::new());
}

#[test]
fn a_path_of_one_machine_is_a_fault() {
    for (a, b) in MACHINE {
        assert_eq!(forbidden(&[Source::new("a.md", &format!("see {a}{b}x"))]).len(), 1);
    }
}

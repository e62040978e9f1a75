//! As much of Rust's grammar as it takes to tell code from comments and texts.

/// One word or sign of a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// A word, `::`, or a single sign.
    pub text: String,
    /// The line it stands on, from 1.
    pub line: usize,
}

/// The source with comments, texts and characters blanked; every line keeps its number.
pub fn code(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while at < chars.len() {
        let end = skipped(&chars, at);
        if end == at {
            out.push(chars[at]);
            at += 1;
            continue;
        }
        out.extend(chars[at..end].iter().map(|sign| if *sign == '\n' { '\n' } else { ' ' }));
        at = end;
    }
    out
}

/// The words and signs of blanked code.
pub fn tokens(code: &str) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::new();
    for (index, line) in code.lines().enumerate() {
        let mut rest = line.trim_start();
        while let Some(first) = rest.chars().next() {
            let length = match first {
                _ if is_word(first) => rest.find(|sign| !is_word(sign)).unwrap_or(rest.len()),
                ':' if rest.starts_with("::") => 2,
                _ => first.len_utf8(),
            };
            let (word, after) = rest.split_at(length);
            tokens.push(Token { text: word.into(), line: index + 1 });
            rest = after.trim_start();
        }
    }
    tokens
}

/// Whether a sign belongs to a word.
pub fn is_word(sign: char) -> bool {
    sign.is_alphanumeric() || sign == '_'
}

/// The end of the comment, text or character that begins at `at`; `at` itself if none does.
fn skipped(chars: &[char], at: usize) -> usize {
    let next = chars.get(at + 1).copied();
    let begins_word = at == 0 || !is_word(chars[at - 1]);
    match chars[at] {
        '/' if next == Some('/') => find(chars, at, "\n").unwrap_or(chars.len()),
        '/' if next == Some('*') => block_comment(chars, at),
        '"' => text(chars, at),
        'r' if begins_word => raw_text(chars, at),
        '\'' => character(chars, at, next),
        _ => at,
    }
}

fn block_comment(chars: &[char], at: usize) -> usize {
    let (mut depth, mut end) = (0, at);
    while end < chars.len() {
        match chars[end..] {
            ['/', '*', ..] => (depth, end) = (depth + 1, end + 2),
            ['*', '/', ..] => (depth, end) = (depth - 1, end + 2),
            _ => end += 1,
        }
        if depth == 0 {
            return end;
        }
    }
    end
}

fn text(chars: &[char], at: usize) -> usize {
    let mut end = at + 1;
    while end < chars.len() && chars[end] != '"' {
        end += if chars[end] == '\\' { 2 } else { 1 };
    }
    (end + 1).min(chars.len())
}

fn raw_text(chars: &[char], at: usize) -> usize {
    let hashes = chars[at + 1..].iter().take_while(|sign| **sign == '#').count();
    if chars.get(at + 1 + hashes) != Some(&'"') {
        return at;
    }
    let close = format!("\"{}", "#".repeat(hashes));
    find(chars, at + 2 + hashes, &close).map_or(chars.len(), |end| end + close.len())
}

/// A character; not a lifetime, which has no closing quote.
fn character(chars: &[char], at: usize, next: Option<char>) -> usize {
    match next {
        Some('\\') => find(chars, at + 3, "'").map_or(chars.len(), |end| end + 1),
        Some(_) if chars.get(at + 2) == Some(&'\'') => at + 3,
        _ => at,
    }
}

fn find(chars: &[char], from: usize, what: &str) -> Option<usize> {
    let what: Vec<char> = what.chars().collect();
    (from..chars.len()).find(|at| chars[*at..].starts_with(&what))
}

#[test]
fn comments_and_texts_are_no_code() {
    let source = r##"let a = "crate::x /* \" */"; // crate::y
/* crate::z /* nested */ still */ let b = r#"a "quoted" one"#; let c: &'a str = 'x'; let d = '\''; end"##;
    let code = code(source);
    for hidden in ["crate", "nested", "still", "quoted", "'x'"] {
        assert!(!code.contains(hidden), "{hidden} in {code}");
    }
    assert!(code.contains("let c: &'a str =") && code.ends_with("end"), "{code}");
    assert_eq!(code.lines().count(), source.lines().count());
}

#[test]
fn tokens_keep_their_lines() {
    let told: Vec<(String, usize)> =
        tokens("use a::b;\n\n  x(1)").into_iter().map(|token| (token.text, token.line)).collect();
    let expected =
        [("use", 1), ("a", 1), ("::", 1), ("b", 1), (";", 1), ("x", 3), ("(", 3), ("1", 3), (")", 3)];
    assert_eq!(told, expected.map(|(text, line)| (text.to_owned(), line)));
}

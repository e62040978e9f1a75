//! What may be shown of a configuration file.
//!
//! An error shows the line it is about, and that line may hold a key: in the path of an address, or as a password. What
//! looks secret is covered, byte for byte, so that lines and columns stay. `${VAR}` is left readable: it is a name.

use super::suggestion::nearest;

/// Words in a key that make its value a secret.
const SECRET_WORDS: [&str; 9] =
    ["token", "secret", "password", "passwd", "credential", "key", "private", "header", "authorization"];

/// Words in a key that make its value an address, also when it is misspelt.
const ADDRESS_WORDS: [&str; 4] = ["endpoint", "ws", "url", "dsn"];

/// The text with everything that looks secret covered. Its length and its lines are the same.
pub fn mask(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let (mut key, mut section) = (String::new(), String::new());
    for line in text.split_inclusive('\n') {
        let value = match key_of(line) {
            Some((found, value)) => {
                key = format!("{section} {}", found.to_ascii_lowercase());
                value
            }
            None if is_header(line) => {
                // Below `[chains.providers.headers]` every value is secret, whatever its key.
                section = if line.contains("header") { "header".into() } else { String::new() };
                line.len()
            }
            None => 0,
        };
        let (before, value) = line.split_at(value);
        masked.push_str(&cover_addresses(before));
        masked.push_str(&cover_value(value, &key));
    }
    masked
}

/// Whether a key's value is a secret by the look of its name, also when that is misspelt.
pub fn is_secret(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    let named = SECRET_WORDS.iter().any(|word| key.contains(word));
    named || key.split(|c: char| !c.is_alphanumeric()).any(|part| nearest(part, SECRET_WORDS).is_some())
}

/// The key that a line sets, and where its value begins. A list over several lines keeps the key of its first line.
fn key_of(line: &str) -> Option<(&str, usize)> {
    let (before, _) = line.split_once('=')?;
    let in_key = |c: char| c.is_alphanumeric() || "_-. \t#\"'".contains(c);
    let quotes = before.matches(['"', '\'']).count();
    (before.chars().all(in_key) && quotes % 2 == 0).then_some((before, before.len() + 1))
}

fn is_header(line: &str) -> bool {
    let line = line.split('#').next().unwrap_or_default().trim();
    let in_header = |c: char| c.is_alphanumeric() || "[]_-. ".contains(c);
    line.starts_with('[') && line.ends_with(']') && line.chars().all(in_header)
}

fn cover_value(value: &str, key: &str) -> String {
    let broken_address = ADDRESS_WORDS.iter().any(|word| key.contains(word)) && !value.contains("://");
    if is_secret(key) || broken_address {
        return cover(value);
    }
    // In a table on one line, a secret may follow what is none.
    let (open, secret) = value.split_at(inner_secret(value).unwrap_or(value.len()));
    cover_addresses(open) + &cover(secret)
}

/// Where the value of a secret key begins inside a table on one line.
fn inner_secret(value: &str) -> Option<usize> {
    let sets = |at: usize| {
        let before = value[..at].trim_end().trim_end_matches(['"', '\'']);
        before.rsplit(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-')).next().is_some_and(is_secret)
    };
    value.match_indices('=').map(|(at, _)| at).find(|at| sets(*at)).map(|at| at + 1)
}

/// Covers what follows scheme and host of every address.
fn cover_addresses(text: &str) -> String {
    let Some(start) = text.find("://").map(|at| at + 3) else { return text.into() };
    let (scheme, rest) = text.split_at(start);
    let end = rest.find(['"', '\'', '\n']).unwrap_or(rest.len());
    let (address, after) = rest.split_at(end);
    // A password may hold anything, also a slash: all up to the last at-sign counts as user part.
    let (user, address) = address.split_at(address.rfind('@').map_or(0, |at| at + 1));
    let (host, path) = address.split_at(address.find(['/', '?', '#']).unwrap_or(address.len()));
    format!("{scheme}{}{host}{}{}", cover(user), cover(path), cover_addresses(after))
}

/// Covers letters and digits, but not inside `${…}`.
fn cover(text: &str) -> String {
    let Some(start) = text.find("${") else { return text.chars().map(stars).collect() };
    let (before, rest) = text.split_at(start);
    // A default is a value like any other: only the variable's name is left readable.
    let name = rest.find([':', '}']).unwrap_or(rest.len());
    let (name, after) = rest.split_at(name);
    let legible = name[2..].chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let name = if legible { name.to_owned() } else { name.chars().map(stars).collect() };
    before.chars().map(stars).collect::<String>() + &name + &cover(after)
}

fn stars(c: char) -> String {
    if c.is_alphanumeric() { "*".repeat(c.len_utf8()) } else { c.to_string() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_host_stays_and_the_key_goes() {
        assert_eq!(
            mask("a = \"https://h.example/v2/k3y?x=1\" # c"),
            "a = \"https://h.example/**/***?*=*\" # c"
        );
        assert_eq!(mask("ws = ['wss://u:p@h:8546/', 'ws://i/k']"), "ws = ['wss://*:*@h:8546/', 'ws://i/*']");
        assert_eq!(mask("# old: https://h/key\nname = \"x\""), "# old: https://h/***\nname = \"x\"");
    }

    #[test]
    fn a_variable_stays_readable_but_its_default_does_not() {
        assert_eq!(mask("e = 'https://h/v2/${KEY}'"), "e = 'https://h/**/${KEY}'");
        assert_eq!(mask("token = '${TOKEN:-s3cret}'"), "token = '${TOKEN:-******}'");
    }

    #[test]
    fn secrets_are_known_by_their_keys_also_over_several_lines() {
        assert_eq!(mask("http = { token = \"abc\" }"), "http = { token = \"***\" }");
        assert_eq!(mask("endpoints = [\n  \"htps:/h/k3y\",\n]"), "endpoints = [\n  \"****:/*/***\",\n]");
        assert_eq!(mask("sasl_password = abc"), "sasl_password = ***");
        assert_eq!(mask("headers = { cookie = 'abc' }"), "headers = { ****** = '***' }");
        let section = mask("[chains.providers.headers]\ncookie = 'abc'\n[http]\nlisten = 'abc'");
        assert_eq!(section, "[chains.providers.headers]\ncookie = '***'\n[http]\nlisten = 'abc'");
    }

    proptest! {
        #[test]
        fn nothing_moves(text in "[ -~\n\u{e9}\u{4e2d}]{0,200}") {
            let masked = mask(&text);
            prop_assert_eq!(masked.len(), text.len());
            let breaks = |text: &str| text.match_indices('\n').map(|(at, _)| at).collect::<Vec<_>>();
            prop_assert_eq!(breaks(&masked), breaks(&text));
        }

        #[test]
        fn a_key_in_an_address_is_never_shown(key in "CANARY[a-z0-9]{1,20}", slash in "[/?#]") {
            for form in ["endpoints = [\"https://h{}\"]", "# see http://h{}", "x={ a = 'wss://h{}' }", "endpoints = [\"https:/h{}\"]"] {
                let masked = mask(&form.replace("{}", &format!("{slash}{key}")));
                prop_assert!(!masked.contains("CANARY"), "{}", masked);
            }
        }
    }
}

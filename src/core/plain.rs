//! Texts that somebody else wrote, made harmless to show.
//!
//! A line break in a provider's error would forge a line of the log, an escape would colour, move or retitle the terminal of
//! whoever reads it, and a character that turns the direction of writing would make a line say what it does not (Trojan
//! Source, CVE-2021-42574). Each of them becomes a space.

/// The text on one line, with a space for every character that does something instead of standing for itself.
pub fn line(text: &str) -> String {
    text.chars().map(|sign| if acts(sign) { ' ' } else { sign }).collect()
}

/// The same, but line breaks stay.
pub fn lines(text: &str) -> String {
    text.chars().map(|sign| if acts(sign) && sign != '\n' { ' ' } else { sign }).collect()
}

/// Whether a character acts on its surroundings: controls, line and paragraph separators, marks and overrides of direction, what
/// is invisible or joins, annotations and tags. Source: the general categories Cc, Zl and Zp, and those of Cf that Unicode
/// lists as default-ignorable or bidirectional controls (UAX #9, UTR #36).
pub fn acts(sign: char) -> bool {
    sign.is_control()
        || matches!(sign,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nothing_that_acts_is_left() {
        let hostile = "ok\n2030-01-01 ERROR forged\r\x1b[2J\x1b]0;title\x07\u{9b}31m\u{202e}reversed\u{2066}x\u{feff}\u{2028}";
        let shown = line(hostile);
        assert!(!shown.contains(acts), "{shown:?}");
        assert!(shown.starts_with("ok 2030-01-01 ERROR forged  [2J ]0;title  31m reversed"), "{shown:?}");
        assert_eq!(lines("a\nb\tc"), "a\nb c");
    }

    #[test]
    fn what_people_write_stays() {
        for text in ["block 0x12 not found", "não há bloco", "ブロックがありません", "нет блока…"]
        {
            assert_eq!(line(text), text);
        }
    }

    proptest! {
        #[test]
        fn no_text_breaks_out_of_its_line(text in "\\PC{0,20}[\\x00-\\u{2fff}]{0,40}") {
            let shown = line(&text);
            prop_assert!(!shown.contains(acts));
            prop_assert_eq!(shown.lines().count().max(1), 1);
            prop_assert_eq!(shown.chars().count(), text.chars().count());
        }
    }
}

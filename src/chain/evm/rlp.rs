//! Recursive-length-prefix lists, written front to back without measuring them first.
//!
//! Source: the Ethereum yellow paper, appendix B.

use alloy_rlp::{BufMut, Encodable, Header};

/// Writes a list whose items `fill` writes.
pub fn list(out: &mut Vec<u8>, fill: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    fill(out);
    let before = out.len();
    Header { list: true, payload_length: before - start }.encode(out);
    let prefix = out.len() - before;
    if let Some(written) = out.get_mut(start..) {
        written.rotate_right(prefix);
    }
}

/// Writes a list of items.
pub fn list_of<T: Encodable>(out: &mut Vec<u8>, items: &[T]) {
    list(out, |out| items.iter().for_each(|item| item.encode(out)));
}

/// Writes an item, or the empty string for nothing.
pub fn optional<T: Encodable>(out: &mut Vec<u8>, item: Option<&T>) {
    match item {
        Some(item) => item.encode(out),
        None => out.put_u8(alloy_rlp::EMPTY_STRING_CODE),
    }
}

#[cfg(test)]
mod tests {
    use super::{list, list_of};
    use proptest::prelude::*;

    #[test]
    fn nested_lists_are_written_as_the_yellow_paper_says() {
        let mut out = vec![0xff];
        list(&mut out, |out| {
            list(out, |_| {});
            list(out, |out| list(out, |_| {}));
        });
        assert_eq!(out, [0xff, 0xc3, 0xc0, 0xc1, 0xc0]);
    }

    proptest! {
        #[test]
        fn a_list_is_what_alloy_writes(items: Vec<u64>) {
            let mut ours = Vec::new();
            list_of(&mut ours, &items);
            prop_assert_eq!(ours, alloy_rlp::encode(&items));
        }
    }
}

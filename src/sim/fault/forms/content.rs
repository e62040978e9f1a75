//! Content: rows 21 to 35.

use super::{Forms, Reach};
use crate::sim::corruption::Corruption;
use crate::sim::fault::{Expected, Fault};
use crate::sim::oddity::Oddity;
use crate::sim::symptom::Symptom;

pub(super) fn of(fault: Fault) -> Option<Forms> {
    let lies = |lies: &[Corruption]| Forms::of(lies.iter().copied().map(Symptom::Corrupt));
    let odd = |oddities: &[Oddity]| Forms::of(oddities.iter().copied().map(Symptom::Odd));
    let lie = |lie| Reach::Provider(vec![Symptom::Corrupt(lie)]);
    Some(match fault {
        Fault::NullReceipt => lies(&[Corruption::ReceiptNull]),
        Fault::NoReceipts => {
            lies(&[Corruption::ReceiptsMissing]).and_milder(lie(Corruption::ReceiptsNull), Expected::NotYet)
        }
        Fault::ReceiptMissing => lies(&[Corruption::ReceiptMissing]),
        Fault::ReceiptsReordered => lies(&[Corruption::ReceiptOrder]),
        Fault::ForeignReceipts => lies(&[Corruption::ReceiptForeign]),
        Fault::WrongBloom => lies(&[Corruption::BloomFull, Corruption::BloomEmpty, Corruption::BloomZero]),
        Fault::RootNotRecomputable => {
            Forms::reaching(Reach::Everybody(vec![Symptom::Corrupt(Corruption::Withdrawal)]))
        }
        Fault::PendingBlock => lies(&[Corruption::Pending]),
        Fault::TransactionsMissing => lies(&[Corruption::TxHashesOnly, Corruption::TxNone]),
        Fault::FieldsDiffer => odd(&[Oddity::FieldsMore, Oddity::FieldsLess]),
        Fault::LeadingZeros => odd(&[Oddity::LeadingZeros]),
        Fault::NumbersUnquoted => odd(&[Oddity::Unquoted]),
        Fault::EmptyHex => lies(&[Corruption::EmptyQuantity, Corruption::OddData])
            .and_milder(Reach::Provider(vec![Symptom::Odd(Oddity::EmptyZeros)]), Expected::Tolerated),
        Fault::DuplicateKeys => odd(&[Oddity::DoubledKey]),
        Fault::DeepJson => odd(&[Oddity::Deep]),
        _ => return None,
    })
}

//! A case against a provider, as a person reads it months later: who, what, on whose word, and what can be done.
//!
//! Everything in it that a provider said is cut and cleaned before it gets here: a case is printed to terminals.

use std::fmt;

use super::hash::Hash;
use super::header::BlockRef;
use super::readable::{seconds, utc};
use super::strikes::{Offence, Sentence};

/// A case, whole.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// The moment, seconds since 1970.
    pub unix_s: u64,
    /// The chain's name.
    pub chain: String,
    /// The provider.
    pub provider: String,
    /// Its operator.
    pub operator: String,
    /// The hosts of its endpoints, without path or key.
    pub hosts: Vec<String>,
    /// The block in question.
    pub block: BlockRef,
    /// What is wrong, in a sentence.
    pub finding: String,
    /// What its own answer shows.
    pub exhibit: Exhibit,
    /// What others say of that height.
    pub testimony: Vec<Testimony>,
    /// What followed.
    pub sentence: Sentence,
    /// What became of the content.
    pub fate: Fate,
    /// Who is left to serve.
    pub left: Left,
}

/// What became of content that is provably wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Nothing of it was delivered.
    Refused,
    /// It was delivered under an excuse: at that time every copy failed alike.
    Delivered,
}

/// Who is left to serve the stream without the provider in question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    /// Enough.
    Enough,
    /// One operator, whose word alone is not acted on.
    OneOnHold,
    /// Nobody.
    Nobody,
}

/// What an answer itself shows. A provider's words in it are cut and cleaned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exhibit {
    /// What that amounts to.
    pub offence: Offence,
    /// Every check that failed.
    pub findings: Vec<Finding>,
    /// What was sent: of the block, and of the receipts if they were asked for.
    pub answers: Vec<Fingerprint>,
    /// The fields of the header, as they were sent.
    pub excerpt: String,
}

/// A check that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Its name.
    pub check: String,
    /// What the answer says.
    pub claimed: String,
    /// What its content gives.
    pub computed: String,
}

/// An answer, by its size and hash: enough to tell whether a recording is the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fingerprint {
    /// Of what.
    pub what: &'static str,
    /// Its size.
    pub bytes: usize,
    /// SHA-256 of its bytes, in hexadecimal.
    pub sha256: String,
}

/// What an operator says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Testimony {
    /// The operator.
    pub operator: String,
    /// What, in words.
    pub says: String,
}

impl Exhibit {
    /// One that shows nothing more than that it happened.
    pub const fn bare(offence: Offence) -> Self {
        Self { offence, findings: Vec::new(), answers: Vec::new(), excerpt: String::new() }
    }
}

impl Case {
    /// The name of its file: the moment, the chain, the provider and what is wrong. Sorted by name they stand in order of time.
    pub fn file_name(&self) -> String {
        let moment = self.moment().replace(':', "-");
        let what = self
            .exhibit
            .findings
            .first()
            .map_or_else(|| self.exhibit.offence.slug(), |finding| &finding.check);
        let name = format!("{moment}_{}_{}_{what}_{}", self.chain, self.provider, self.block.height);
        let safe = |sign: char| if sign.is_ascii_alphanumeric() || "-_.".contains(sign) { sign } else { '-' };
        format!("{}.txt", name.chars().map(safe).take(180).collect::<String>())
    }

    fn moment(&self) -> String {
        utc(self.unix_s)
    }

    fn happened(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "WHAT HAPPENED\n")?;
        writeln!(out, "  provider    {} (operator {})", self.provider, self.operator)?;
        writeln!(out, "  asked at    {}", self.hosts.join(", "))?;
        match self.block {
            BlockRef { height, hash: Hash::ZERO } => writeln!(out, "  block       {height}, by number")?,
            BlockRef { height, hash } => writeln!(out, "  block       {height} {hash}")?,
        }
        writeln!(out, "  finding     {}", self.finding)?;
        for Finding { check, claimed, computed } in &self.exhibit.findings {
            writeln!(out, "\n  check       {check}: {}", meaning(check))?;
            writeln!(out, "    it says         {claimed}\n    recomputed      {computed}")?;
        }
        for Fingerprint { what, bytes, sha256 } in &self.exhibit.answers {
            writeln!(out, "\n  {what:<12}{bytes} bytes, sha256 {sha256}")?;
        }
        Ok(())
    }

    fn followed(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "\nWHAT BLOCKTAP DID\n")?;
        match self.sentence {
            Sentence::Strike { count } => writeln!(
                out,
                "  Strike {count} of 3 within ten minutes: noted, and its score is lower for about an hour. It is still used."
            ),
            Sentence::Quarantine { pause, count } => writeln!(
                out,
                "  Quarantined {} for {}, until {}: neither asked for blocks nor heard. This is\n  quarantine {count} that is not \
                 forgiven; the next one lasts twice as long, at most a day. A day in good standing forgives one.",
                self.provider,
                seconds(pause),
                utc(self.unix_s + pause.as_secs())
            ),
        }?;
        let outcome = match (self.exhibit.offence, self.fate) {
            (_, Fate::Delivered) => {
                "THIS BLOCK WAS DELIVERED with content that fails like this one: when it came every copy failed alike, so\n  the \
                 check was taken to be wrong and the block was passed on under an excuse. A better copy came later.\n  Sinks \
                 still hold the false content; `verified` of its event does not name the check."
            }
            (Offence::Corrupt | Offence::Partial, Fate::Refused) => {
                "The answer was refused: nothing of it was delivered. The block was asked of others."
            }
            (Offence::LongFork, Fate::Refused) => {
                "The stream is on the branch that operators agreed on. What it had delivered of the other one before\n  they \
                 did, if anything, was undone."
            }
            (Offence::Regression, Fate::Refused) => "Nothing was undone because of that.",
            (Offence::FalseFinal, Fate::Refused) => "What it calls final was not delivered as final.",
        };
        writeln!(out, "  {outcome}")
    }

    /// What to do about a false block that sinks hold.
    fn repair(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let BlockRef { height, hash } = self.block;
        match self.fate {
            Fate::Refused => Ok(()),
            Fate::Delivered => writeln!(
                out,
                "  - First: fetch block {height} {hash}\n    anew from another operator (eth_getBlockByHash), prove it with\n      \
                 blocktap verify block FILE\n    and put it in place of the one that your sinks hold: blocktap does not deliver \
                 it again."
            ),
        }
    }

    fn patience(&self) -> String {
        let Sentence::Quarantine { pause, .. } = self.sentence else {
            return "Nothing: it is still used, and what is noted against it ends by itself.".into();
        };
        let until = utc(self.unix_s.saturating_add(pause.as_secs()));
        match self.left {
            Left::Enough => {
                "Nothing: the stream goes on without it, and the quarantine ends by itself.".into()
            }
            Left::OneOnHold => format!(
                "Only one other operator is in service, and nothing is delivered on its word alone (on_single = \"hold\"):\n    the \
                 stream stands still until {until}, or until a third is there. Add one, or\n    look into this case and use \
                 it again."
            ),
            Left::Nobody => format!(
                "No other operator is in service: the stream stands still until {until}, or until\n    another is there. Add \
                 one, or look into this case and use it again."
            ),
        }
    }

    fn remedies(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = format!("{}/{}", self.chain, self.provider);
        writeln!(out, "\nWHAT YOU CAN DO\n")?;
        self.repair(out)?;
        writeln!(out, "  - {}", self.patience())?;
        writeln!(
            out,
            "  - Show this file to {}: it holds no key, but the names of your other operators.",
            self.operator
        )?;
        writeln!(out, "  - Keep it out for longer:    blocktap cordon {place} --reason TEXT")?;
        match self.sentence {
            Sentence::Quarantine { .. } => {
                writeln!(out, "  - Use it again right now:    blocktap uncordon {place}")
            }
            Sentence::Strike { .. } => Ok(()),
        }
    }
}

impl fmt::Display for Case {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "blocktap evidence, {}\n", self.moment())?;
        writeln!(out, "{} on {}: {}\n", self.provider, self.chain, self.exhibit.offence)?;
        self.happened(out)?;
        self.followed(out)?;
        writeln!(out, "\nWHAT THE OTHERS SAY\n")?;
        for Testimony { operator, says } in &self.testimony {
            writeln!(out, "  {operator:<16}  {says}")?;
        }
        if self.testimony.is_empty() {
            writeln!(out, "  Nobody else was heard at that moment.")?;
        }
        self.remedies(out)?;
        if !self.exhibit.excerpt.is_empty() {
            writeln!(out, "\nTHE HEADER AS IT WAS SENT, long values cut\n\n{}", self.exhibit.excerpt)?;
        }
        Ok(())
    }
}

impl Offence {
    /// As part of a file's name.
    const fn slug(self) -> &'static str {
        match self {
            Self::Corrupt => "corrupt",
            Self::Partial => "partial",
            Self::LongFork => "fork",
            Self::Regression => "regression",
            Self::FalseFinal => "final",
        }
    }
}

/// What a check proves, for who does not know its name.
fn meaning(check: &str) -> &'static str {
    match check {
        "hash" => "the header's fields hash to the block's hash",
        "tx_hashes" => "each transaction's fields hash to its hash",
        "tx_root" => "the transactions are those that the header binds",
        "withdrawals_root" => "the withdrawals are those that the header binds",
        "uncles" => "there are no uncles where there are none",
        "positions" => "each transaction says that it belongs to this block, and where",
        "receipts" => "there is a receipt for each transaction, in order",
        "receipts_root" => "the receipts are those that the header binds",
        "bloom" => "the logs give the bloom filter of the header",
        "gas" => "the receipts' gas adds up",
        "log_indexes" => "the logs are numbered without a gap",
        _ => "what is said, against what follows from the content",
    }
}

/// Cases to try with.
#[cfg(test)]
pub mod tests {
    use std::time::Duration;

    use super::*;
    use crate::core::numbers::Height;

    /// A case of that moment.
    pub fn case(unix_s: u64) -> Case {
        let finding = Finding { check: "tx_root".into(), claimed: "0xaa".into(), computed: "0xbb".into() };
        Case {
            unix_s,
            chain: "ethereum".into(),
            provider: "alpha".into(),
            operator: "northwind".into(),
            hosts: vec!["rpc.northwind.example".into()],
            block: BlockRef { height: Height(77), hash: Hash([7; 32]) },
            finding: "tx_root claims 0xaa, its content gives 0xbb".into(),
            exhibit: Exhibit {
                offence: Offence::Corrupt,
                findings: vec![finding],
                answers: vec![Fingerprint { what: "block", bytes: 1234, sha256: "cc".repeat(32) }],
                excerpt: "  \"number\": \"0x4d\"".into(),
            },
            testimony: vec![Testimony { operator: "lumen".into(), says: "holds this very block".into() }],
            sentence: Sentence::Quarantine { pause: Duration::from_secs(600), count: 1 },
            fate: Fate::Refused,
            left: Left::Enough,
        }
    }

    #[test]
    fn the_file_is_named_after_moment_chain_provider_and_what() {
        let name = case(1_700_000_000).file_name();
        assert_eq!(name, "2023-11-14T22-13-20Z_ethereum_alpha_tx_root_77.txt");
        assert!(case(1_700_000_001).file_name() > name);
        let regression = Case { exhibit: Exhibit::bare(Offence::Regression), ..case(0) };
        assert_eq!(regression.file_name(), "1970-01-01T00-00-00Z_ethereum_alpha_regression_77.txt");
    }

    #[test]
    fn no_name_leads_out_of_the_folder() {
        let name = Case { provider: "../../etc/x\u{1b}".into(), ..case(0) }.file_name();
        assert!(!name.contains('/') && !name.contains('\u{1b}'), "{name}");
        assert!(Case { provider: "x".repeat(1000), ..case(u64::MAX) }.file_name().len() < 200);
    }

    #[test]
    fn a_tired_person_finds_who_what_until_when_and_what_to_do() {
        let text = case(1_700_000_000).to_string();
        for said in [
            "alpha (operator northwind)",
            "rpc.northwind.example",
            "77 0x0707",
            "it says         0xaa",
            "recomputed      0xbb",
            "1234 bytes, sha256 cc",
            "lumen             holds this very block",
            "Quarantined alpha for 10m, until 2023-11-14T22:23:20Z",
            "blocktap cordon ethereum/alpha",
            "\"number\": \"0x4d\"",
        ] {
            assert!(text.contains(said), "{said}\n{text}");
        }
    }

    #[test]
    fn a_false_block_that_was_delivered_is_not_said_to_have_been_refused() {
        let refused = case(0).to_string();
        assert!(
            refused.contains("nothing of it was delivered") && !refused.contains("THIS BLOCK"),
            "{refused}"
        );
        let text = Case { fate: Fate::Delivered, ..case(0) }.to_string();
        assert!(text.contains("THIS BLOCK WAS DELIVERED") && text.contains("under an excuse"), "{text}");
        assert!(text.contains("- First: fetch block 77 0x0707"), "{text}");
        assert!(!text.contains("nothing of it was delivered"), "{text}");
    }

    #[test]
    fn where_nobody_else_serves_it_says_until_when_the_stream_stands_still() {
        for (left, said) in [
            (
                Left::Nobody,
                "No other operator is in service: the stream stands still until 1970-01-01T00:10:00Z",
            ),
            (Left::OneOnHold, "stands still until 1970-01-01T00:10:00Z"),
        ] {
            let text = Case { left, ..case(0) }.to_string();
            assert!(text.contains(said) && !text.contains("Nothing: "), "{text}");
            let sentence = Sentence::Strike { count: 1 };
            let struck = Case { left, sentence, ..case(0) }.to_string();
            assert!(struck.contains("it is still used") && !struck.contains("stands still"), "{struck}");
        }
    }

    #[test]
    fn a_fork_is_not_said_to_have_delivered_nothing() {
        let forked = Case { exhibit: Exhibit::bare(Offence::LongFork), ..case(0) }.to_string();
        assert!(forked.contains("if anything, was undone") && !forked.contains("nothing of"), "{forked}");
    }

    #[test]
    fn a_block_of_which_only_the_number_is_known_has_no_made_up_hash() {
        let block = BlockRef { height: Height(77), hash: Hash::ZERO };
        let text = Case { block, ..case(0) }.to_string();
        assert!(text.contains("block       77, by number") && !text.contains("0x0000"), "{text}");
    }

    #[test]
    fn a_strike_says_which_of_three_it_is() {
        let strike = Case {
            sentence: Sentence::Strike { count: 2 },
            exhibit: Exhibit::bare(Offence::LongFork),
            ..case(0)
        };
        assert!(strike.to_string().contains("Strike 2 of 3"), "{strike}");
    }
}

//! The fault matrix: every way in which providers were seen to fail in public, and what blocktap does about it.
//!
//! [`Fault`] is the table. Each row says what is on the wire, who met it, and how blocktap answers; [`Fault::class`] is what it
//! records of it, [`Fault::recovery`] how soon the stream is at the tip again, [`Fault::forms`] how the simulated world plays
//! it. `tests/matrix` plays every row, and the number of a row finds its test: `cargo test --test matrix row_36`.
//!
//! *Left out*, because blocktap never asks for it: empty or too large `eth_getLogs` and the ranges that providers suggest (rows
//! 26, 42, 43), and what only Bitcoin and Solana do (row 81). Receipts are asked for by block, never one by one.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

mod expected;
mod forms;
mod venue;

pub use expected::Expected;
pub use forms::{Form, Reach};
pub use venue::Venue;

use super::random::Random;
use crate::core::numbers::Height;

/// One list makes the rows, their numbers, names and classes, so that none of them can be forgotten.
macro_rules! rows {
    ($($(#[$doc:meta])+ $fault:ident = $row:literal, $name:literal, $class:ident;)+) => {
        /// One row of the matrix.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Fault { $($(#[$doc])+ $fault,)+ }

        impl Fault {
            /// Every row, in order.
            pub const ALL: &'static [Self] = &[$(Self::$fault,)+];

            /// Its number.
            pub const fn row(self) -> u8 {
                match self { $(Self::$fault => $row,)+ }
            }

            /// Its name on the command line.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$fault => $name,)+ }
            }

            /// What blocktap records of it.
            pub const fn class(self) -> Expected {
                match self { $(Self::$fault => Expected::$class,)+ }
            }
        }
    };
}

rows! {
    // === Head, order, forks ===

    /// `null` for a block whose number it has announced. Seen: INFURA/infura#43, streamingfast/firehose-ethereum#198,
    /// openethereum/parity-ethereum#6334. It is asked again shortly, others meanwhile; nothing is held against it.
    NullForAnnounced = 1, "null-for-announced", NotYet;
    /// `null` for its newest block, while it syncs. Seen: erigontech/erigon#5893, node-real/bsc-erigon#716. It does not lead
    /// until it shows a block.
    Syncing = 2, "syncing", NotYet;
    /// The head stands still, every answer is valid. Seen: hyperlane-xyz/hyperlane-monorepo#2189 and #2570. It is told from a
    /// quiet chain by others that go on, and does not lead.
    FrozenHead = 3, "frozen-head", Demoted;
    /// The head moves, hours behind. Seen: hyperlane-xyz/hyperlane-monorepo#3226. It is the distance that counts; it does not
    /// lead.
    FarBehind = 4, "far-behind", Demoted;
    /// The head goes back by a few blocks, on one provider or on all. Seen: maticnetwork/bor#142, ethereum/go-ethereum#27353,
    /// wevm/viem#207. No reorg: nothing is undone without another block in its place.
    HeadGoesBack = 5, "head-goes-back", Tolerated;
    /// The head leaps absurdly far ahead, announced or even sealed with a right hash. Seen: ethers-io/ethers.js#2404,
    /// graphprotocol/graph-node#4554. No single operator's head is the reference, and what is not there does not come.
    HeadLeaps = 6, "head-leaps", NotYet;
    /// The number of the head is ahead of what can be had, and an error says so. Seen: across-protocol/sdk#1515,
    /// tradingstrategy-ai/web3-ethereum-defi#627. As row 1.
    HeadAheadOfBlocks = 7, "head-ahead-of-blocks", NotYet;
    /// Every provider shows another head. Seen: erpc/erpc#50, connext/monorepo#516. The stream follows the highest block that two
    /// operators have.
    HeadsDisagree = 8, "heads-disagree", Tolerated;
    /// An operator that stands still for ever. Seen: gluwa/creditcoin3#1367, where it held up the quorum. Who is behind abstains;
    /// the others are enough.
    StaleMember = 9, "stale-member", Demoted;
    /// A quiet chain: no blocks for minutes. Seen: hyperlane-xyz/hyperlane-monorepo#3304. Nobody is blamed.
    QuietChain = 10, "quiet-chain", Tolerated;
    /// The same number has another hash at each question: two backends behind one address. Seen: cowprotocol/services#3515,
    /// openethereum/parity-ethereum#1815. Blocks are asked for by hash, and each must link to the one before.
    BackendSkew = 11, "backend-skew", NotYet;
    /// The block is of one fork, its receipts of another. Seen: gluwa/creditcoin3#1362, graphprotocol/graph-node#4917. Receipts
    /// are asked for by hash and their root recomputed; the block comes from another, whoever mixed it up is quarantined.
    ReceiptsOfAnotherFork = 12, "receipts-of-another-fork", Quarantine;
    /// Receipts name the hash of another block. Seen: erigontech/erigon#15334, until the node's restart. As row 12, for this
    /// provider alone.
    StaleReceipts = 13, "stale-receipts", Quarantine;
    /// A block that lost is still served by hash. Seen: paradigmxyz/reth#9775. Being there proves nothing: only votes and links
    /// make a block canonical.
    OrphanServed = 14, "orphan-served", Tolerated;
    /// `finalized` and `safe` are unknown: `null`, -32000 or -39001. Seen: ethereum/execution-apis#879,
    /// node-real/bsc-erigon#376. Remembered as what it cannot do; where nobody can, finality follows from depth.
    FinalityUnknown = 15, "finality-unknown", Capability;
    /// `finalized` moves back. Seen: smartcontractkit/chainlink#13048 and #13907. What was delivered as final stays so; when
    /// most operators take it back, the chain is said to be degraded.
    FinalityMovesBack = 16, "finality-moves-back", Tolerated;
    /// A reorg deeper than finality. Seen: ponder-sh/ponder#1657, enviodev/hyperindex#956, ordinals/ord#3940. The stream halts and
    /// says why; nothing final is ever undone. It goes on when the final block is back.
    ReorgBelowFinal = 17, "reorg-below-final", Halted;
    /// A head is announced before it is executed: the header is there, the block and its receipts are not. Seen:
    /// ledgerwatch/erigon#1014. As row 1.
    HeadBeforeBody = 18, "head-before-body", NotYet;
    /// `newHeads` tells a wrong hash, or none. Seen: ethereum/go-ethereum#24699 and #13858. An announcement is a hint unless it
    /// hashes to its hash: the header is asked for.
    WrongAnnouncement = 19, "wrong-announcement", NotYet;
    /// All addresses of one operator fail alike, or follow one fork. Seen: lifinance/contracts#2343. Votes are counted by
    /// operator.
    OperatorFailsWhole = 20, "operator-fails-whole", Demoted;

    // === Content ===

    /// `null` in place of a receipt. Seen: ethereum/go-ethereum#18423, openethereum/parity-ethereum#7689,
    /// NethermindEth/nethermind#8024. It is not there yet; others are asked.
    NullReceipt = 21, "null-receipt", NotYet;
    /// `null` or `[]` for the receipts of a block that has some. Seen: tempoxyz/tidx#264, lambdaclass/ethrex#7208. `null` is not
    /// yet; `[]` is provably wrong.
    NoReceipts = 22, "no-receipts", Quarantine;
    /// Fewer receipts than transactions. Seen: LFDT-Paladin/paladin#1048 (lost for good), paradigmxyz/reth#25220,
    /// erigontech/erigon#3438 (234 of 236). The receipts' root shows it.
    ReceiptMissing = 23, "receipt-missing", Quarantine;
    /// Receipts out of order. Seen: ethereum-optimism/optimistic-specs#271. The receipts' root shows it.
    ReceiptsReordered = 24, "receipts-reordered", Quarantine;
    /// Receipts of transactions that the block does not hold. Seen: tempoxyz/tidx#160. The receipts' root shows it.
    ForeignReceipts = 25, "foreign-receipts", Quarantine;
    /// A wrong `logsBloom`: not empty without logs, `0x`, `0x0`. Seen: matter-labs/zksync-era#4580, filecoin-project/ref-fvm#1212.
    /// The header's hash shows it.
    WrongBloom = 27, "wrong-bloom", Quarantine;
    /// A root that nobody can recompute, because the chain makes it otherwise. Seen: maticnetwork/bor#519,
    /// ethereum-optimism/optimism#20002. When two operators fail the same check alike, the check is excused, and nobody blamed.
    RootNotRecomputable = 28, "root-not-recomputable", Tolerated;
    /// A pending block where the newest is due: hash, nonce and miner are `null`. Seen: alloy-rs/alloy#2117 and #1106,
    /// ethereum/go-ethereum#32456. No block yet.
    PendingBlock = 29, "pending-block", NotYet;
    /// Hashes or nothing where transactions are due. Of the kind of row 23. The transactions' root shows it.
    TransactionsMissing = 30, "transactions-missing", Quarantine;
    /// Fields that others do not have, and lacks of fields that no hash covers. Seen: foundry-rs/foundry#2491,
    /// hyperlane-xyz/hyperlane-monorepo#1026 (its quorum compared whole answers). Blocks are compared by hash.
    FieldsDiffer = 31, "fields-differ", Tolerated;
    /// Quantities with leading zeros. Seen: paradigmxyz/reth#1486 and #1516. Taken for what they mean.
    LeadingZeros = 32, "leading-zeros", Tolerated;
    /// JSON numbers and booleans where quantities are due. Seen: trufflesuite/ganache#400, erigontech/erigon#899. Taken for what
    /// they mean.
    NumbersUnquoted = 33, "numbers-unquoted", Tolerated;
    /// `0x` as a number, and data of an odd length. Seen: trufflesuite/ganache#2857. `0x` is taken for zero, and the hash shows
    /// where that is wrong.
    EmptyHex = 34, "empty-hex", Quarantine;
    /// A key that stands twice in an object. Measured: readers differ in which one they take. The answer is not read; another is
    /// asked.
    DuplicateKeys = 35, "duplicate-keys", Transient;

    // === JSON-RPC over HTTP ===

    /// Too many requests, as an error under HTTP 200: -32005, -32007, -32029, 429, or -32016 within the text of another. Seen:
    /// wevm/viem#5082 and #5083, base/node#368. The provider rests; no breaker trips.
    RateLimitInBody = 36, "rate-limit-in-body", RateLimited;
    /// HTTP 429, with and without a time to wait. Seen: MetaMask/eth-json-rpc-infura#33. It is left alone for as long as it asked.
    RateLimitStatus = 37, "rate-limit-status", RateLimited;
    /// Too many requests under HTTP 500, 503, 418 or 200, in plain words. Seen: MetaMask/eth-json-rpc-middleware#259,
    /// Bitcoin-com/rest.bitcoin.com#330. The body is understood before the status.
    RateLimitElsewhere = 38, "rate-limit-elsewhere", RateLimited;
    /// The month's quota is used up: HTTP 402, or -32005 with `resets_at`. Seen: enviodev/hyperindex#715,
    /// KyberNetwork/kyberswap-interface#3253, erpc/erpc#442. For the operator to mend; tried again every half hour at most, before
    /// `resets_at` too: who pays is served again.
    QuotaUsedUp = 39, "quota-used-up", Config;
    /// The key or plan is refused: 401, 403, or in words. Seen: erpc/erpc#403, EkuboProtocol/indexer#168 (one dead address kept a
    /// service down for 32 days). For the operator to mend; the others go on.
    KeyRefused = 40, "key-refused", Config;
    /// `header not found`, `missing trie node`, `required historical state unavailable`. Seen: blockscout/blockscout#2219 and
    /// #5594, ethereum/go-ethereum#16471. As row 1.
    HeaderNotFound = 41, "header-not-found", NotYet;
    /// The answer would be too large: 413, -32008, -32003. Seen: ethereum/go-ethereum#26681 and #33861. Never asked again
    /// unchanged; one block cannot be halved, so another is asked for it.
    TooLarge = 44, "too-large", Split;
    /// One object for a whole batch. Seen: erigontech/erigon#17245. Smaller batches are asked for.
    BatchAsObject = 45, "batch-as-object", Split;
    /// The connection is dropped over a batch. Seen: erigontech/erigon#18074. Another is asked.
    BatchDropped = 46, "batch-dropped", Transient;
    /// A batch out of order, with an item missing, or with errors in place of some. Seen: p2p-org/dshackle#148,
    /// ethers-io/ethers.js#3431. Answers are matched by id; what is missing failed alone.
    BatchScrambled = 47, "batch-scrambled", Transient;
    /// The answer to another request. Seen: erpc/erpc#59, ethereum/aleth#5902. Only the id that was asked with is accepted, as
    /// number or text.
    WrongId = 48, "wrong-id", Transient;
    /// A sentence under HTTP 200 and the content type of JSON. Seen: INFURA/infura#82, about one answer in ten. Another is asked.
    PlainText = 49, "plain-text", Transient;
    /// A web page, under 200, 403 or 502: an outage or a guard against bots. Seen: StellarCN/py-stellar-base#1100,
    /// TrueBlocks/trueblocks-core#3527. Another is asked; the page is never repeated.
    WebPage = 50, "web-page", Transient;
    /// An empty body, under 200 or 204. Seen: graphprotocol/graph-node#1025. Another is asked.
    EmptyBody = 51, "empty-body", Transient;
    /// A method that is unknown or not in the plan, or HTTP 415. Seen: erpc/erpc, `error_normalizer.go`. Another is asked.
    MethodUnsupported = 52, "method-unsupported", Capability;
    /// 502, 503 and 504 in bursts. Seen: hoprnet/hoprnet#6118 (panicked after its retries), paradigmxyz/reth#22916. No number of
    /// failures ends the process.
    ServerErrors = 53, "server-errors", Transient;
    /// Everybody is overloaded, then silent, for a long time. Seen: joshstevens19/rindexer#342, which never recovered. They are
    /// tried for ever.
    OverloadThenSilence = 54, "overload-then-silence", Transient;
    /// An error code that nobody knows. Seen: enviodev/hyperindex#715 (code 30). Another is asked, and the code counted.
    UnknownCode = 55, "unknown-code", Transient;

    // === Transport ===

    /// Requests are taken and never answered. Seen: snapshot-labs/checkpoint#391, snapshot-labs/sx-monorepo#2162 (frozen for 6
    /// hours), monero-rs/monero-rpc-rs#130. Every request has a deadline.
    HalfOpen = 56, "half-open", Transient;
    /// A head or a body that comes a byte at a time. Measured: a limit between two bytes never fires. The deadline is on the
    /// whole, and a body that hardly comes is given up before.
    SlowDrip = 57, "slow-drip", Transient;
    /// The connection is reset before or within the body. Of every network. Another is asked.
    Reset = 58, "reset", Transient;
    /// A pooled connection is closed as it is used again. Seen: hyperium/hyper#2136 and #1382. It is asked again over a fresh
    /// one.
    PooledClosed = 59, "pooled-closed", Tolerated;
    /// An HTTP/2 connection that swallows everything. Seen: dfinity/ic#10455. Pings find it out.
    Http2BlackHole = 60, "http2-black-hole", Transient;
    /// A compressed body that is cut short. Measured; other stacks accept it: nabijaczleweli/nab#467. Refused.
    TruncatedGzip = 61, "truncated-gzip", Transient;
    /// A body shorter than announced, or chunks without their end. Measured. Refused.
    TruncatedLength = 62, "truncated-length", Transient;
    /// Half an answer, and its end looks regular. Measured. JSON must be whole.
    TruncatedBody = 63, "truncated-body", Transient;
    /// A body that inflates without measure. Seen: informalsystems/tendermint-rs#974 (250 MB). Cut at the limit of decoded bytes.
    GzipBomb = 64, "gzip-bomb", Split;
    /// JSON a hundred thousand levels deep. Measured. Refused, without a stack overflow.
    DeepJson = 65, "deep-json", Transient;
    /// 301, 302, 307 or 308. Seen: seanmonstar/reqwest#680. Never followed: it would carry the key elsewhere. For the operator to
    /// mend.
    Redirect = 66, "redirect", Config;
    /// The name cannot be resolved. Of every network. Another is asked.
    NameUnknown = 67, "name-unknown", Transient;
    /// A certificate that is expired, of another name, or of an unknown authority. Seen: fystack/multichain-indexer#102 and #103.
    /// For the operator to mend; there is no setting that accepts it.
    BadCertificate = 68, "bad-certificate", Config;
    /// The clock of this machine is wrong by years. Seen: mintlayer/mintlayer-core#1017, skycoin/skycoin#1355. Only people read the
    /// wall clock.
    WrongClock = 69, "wrong-clock", Tolerated;
    /// The length or encoding that the headers tell is not the body's, as behind a captive portal. Refused; another is asked.
    LengthMismatch = 70, "length-mismatch", Transient;

    // === WebSocket ===

    /// A socket that is gone without a word, answers no pings, or speaks in binary. Seen: ponder-sh/ponder#2389,
    /// ethereum/go-ethereum#23528, polkadot-api/polkadot-api#1176. Pings and polls find it out where it matters.
    SilentSocket = 71, "silent-socket", Transient;
    /// A subscription that is granted and never tells anything. Seen: base/base#3915, crypto-org-chain/cronos#812. Its silence is
    /// counted from its beginning, against what polls show.
    SilentSubscription = 72, "silent-subscription", Tolerated;
    /// The socket closes, and what is subscribed anew stays silent. Seen: alloy-rs/alloy#105 and #2254,
    /// smartcontractkit/chainlink#1573. Heads are polled meanwhile, and it is tried for ever.
    ResubscribeFails = 73, "resubscribe-fails", Transient;
    /// Every head twice. Seen: erigontech/erigon#2800, NethermindEth/nethermind#8552. Told apart by hash.
    DuplicateHeads = 74, "duplicate-heads", Tolerated;
    /// Of several heads only the last. Seen: moonbeam-foundation/moonbeam#3415, openethereum/parity-ethereum#9487. The others are
    /// found by their links.
    SkippedHeads = 75, "skipped-heads", Tolerated;
    /// A message larger than the socket takes. Seen: alloy-rs/alloy#1504. The socket is given up, heads are polled.
    MessageTooLong = 76, "message-too-long", Split;
    /// The server drops the socket again and again (1006). Seen: ethereum/go-ethereum#24889, solana-labs/solana-web3.js#3381. It is
    /// connected anew, with pauses, and heads are polled.
    SocketDropped = 77, "socket-dropped", Transient;
    /// The parameters of the subscription are refused. Seen: MetaMask/eth-block-tracker#108. Heads are polled.
    SubscribeRefused = 78, "subscribe-refused", Capability;

    // === Identity ===

    /// Another chain, or another genesis, from the start. Seen: a16z/helios#175, 0xProject/0x-mesh#171 (checked too late). It is
    /// never heard; only an answer that differs is evidence.
    WrongChain = 79, "wrong-chain", Config;
    /// It begins to serve another chain in the middle of the run. Seen: graphprotocol/graph-node#4554. Identity is checked again
    /// every few minutes, after a reconnect, and after anything provably wrong.
    ChainSwitched = 80, "chain-switched", Config;
}

impl Fault {
    /// Where it can be played.
    pub const fn venue(self) -> Venue {
        Venue::of(self)
    }

    /// How long after it begins, or ends where it leaves too few operators, the stream is at the tip again: in virtual time.
    pub const fn recovery(self) -> Duration {
        match self {
            // Nobody is left while it lasts; this is counted from its end.
            Self::OverloadThenSilence | Self::ReorgBelowFinal => Duration::from_secs(60),
            _ => Duration::from_secs(10),
        }
    }

    /// Every form in which the simulated world can play it, at a chain of this `head`. None where only sockets can.
    pub fn forms(self, head: Height) -> Vec<Form> {
        forms::of(self, head)
    }

    /// One of its forms.
    pub fn draw(self, head: Height, random: &mut Random) -> Option<Form> {
        let mut forms = self.forms(head);
        let drawn = usize::try_from(random.below(forms.len() as u64)).ok()?;
        (drawn < forms.len()).then(|| forms.swap_remove(drawn))
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

/// A name or number that no row has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no fault is called {name:?}{}", .near.map(|near| format!("; did you mean {near}?")).unwrap_or_default())]
pub struct UnknownFault {
    /// What was asked for.
    pub name: String,
    /// The fault of the most similar name.
    pub near: Option<Fault>,
}

impl FromStr for Fault {
    type Err = UnknownFault;

    /// By name, or by the number of the row.
    fn from_str(text: &str) -> Result<Self, UnknownFault> {
        let asked = text.trim();
        let found = Self::ALL.iter().find(|fault| fault.name() == asked || fault.row().to_string() == asked);
        found.copied().ok_or_else(|| UnknownFault { name: asked.to_owned(), near: nearest(asked) })
    }
}

fn nearest(name: &str) -> Option<Fault> {
    let alike = |fault: &Fault| (strsim::jaro_winkler(fault.name(), name) * 1000.0) as u32;
    Fault::ALL.iter().copied().max_by_key(alike).filter(|fault| alike(fault) > 750)
}

#[cfg(test)]
mod tests;

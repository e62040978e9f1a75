//! What a provider's error means.
//!
//! One code means "rate limited" here and "result too large" there, and the words carry what the code does not. So the
//! words are read first, by rules in a fixed order: the narrow before the wide ("monthly limit" before "limit"). Only where no
//! rule knows the words does the code decide. What neither knows stays unknown.

use crate::core::class::Class;

const LIMITED: Class = Class::RateLimited { retry_after: None };

/// A rule: the class, and the phrases that bring it about. A phrase with `+` needs all its parts.
type Rule = (Class, &'static [&'static str]);

/// In the order in which they are tried. All lower case.
const RULES: [Rule; 8] = [
    // Gone until the plan's period ends (hyperindex#715, erpc#442): waiting a second will not do.
    (
        Class::Config,
        &[
            "monthly",
            "daily request",
            "daily limit",
            "per day",
            "capacity limit",
            "out of credits",
            "credits exhausted",
            "insufficient credits",
            "quota exceeded",
            "exceeded your quota",
            "exceeded the quota",
            "payment required",
        ],
    ),
    // viem#5082, base/node#368, TheRPC, QuickNode, Ankr.
    (
        LIMITED,
        &[
            "rate limit",
            "rate-limit",
            "ratelimit",
            "per second",
            "/second",
            "per minute",
            "throttl",
            "request limit",
            "request rate",
            "too many requests+retry",
            "too many connections",
            "slow down",
            "-32005",
            "-32007",
            "-32029",
            "-32016",
            "http 429",
            "code 429",
            "status 429",
            "error 429",
            "backoff_seconds",
        ],
    ),
    // Asked beyond the provider's head: also when it says so about a range.
    (
        Class::NotYet,
        &[
            "header not found",
            "header for hash not found",
            "block not found",
            "block+not found",
            "unknown block",
            "could not find block",
            "missing trie node",
            "historical state",
            "have the requested block",
            "unfinalized data",
            "after last accepted block",
            "beyond current head",
            "beyond head",
            "beyond the head",
            "greater than latest",
            "invalid block height",
            "not yet",
            "not available yet",
            "still syncing",
            "is syncing",
            "being synced",
            "indexing is in progress",
            "block is not available",
            "block not available",
        ],
    ),
    // graph-node#776, boundless#642, go-ethereum#33861; jsonrpsee says "too big".
    (
        Class::Split,
        &[
            "query returned more than",
            "too large",
            "too big",
            "response size",
            "size exceed",
            "exceeds max results",
            "too many results",
            "block range",
            "range is too",
            "range exceed",
            "exceed+range",
            "batch+limit",
            "batch+too many",
            "batch+exceed",
            "batch+large",
            "batch+maximum",
            "batch+size",
            "batch+not supported",
            "batch+unsupported",
            "batch+not allowed",
            "batch+disabled",
            "query timeout exceeded",
            "more than+logs",
        ],
    ),
    (LIMITED, &["too many requests", "request count exceeded"]),
    // The method, not the account: erpc's normaliser treats a plan without a method alike.
    (
        Class::Capability,
        &[
            "method not found",
            "method+not available",
            "method+not supported",
            "method+unsupported",
            "method+not exist",
            "method+not allowed",
            "method+whitelisted",
            "method+disabled",
            "method+not implemented",
            "not implemented",
            "notifications not supported",
            "subscription+not supported",
            "archive",
            "pruned",
            "unsupported+tag",
            "tag+not supported",
            "unsupported+method",
        ],
    ),
    // erpc#403, grants-stack-indexer#452, Ekubo#168, Alchemy.
    (
        Class::Config,
        &[
            "unauthorized",
            "unauthorised",
            "must be authenticated",
            "authentication",
            "api key",
            "apikey",
            "api-key",
            "invalid token",
            "access token",
            "project id",
            "not allowed to access",
            "access denied",
            "permission denied",
            "forbidden",
            "free plan",
            "free tier+not",
            "not available on",
            "your plan",
            "subscription expired",
            "suspended",
            "deactivated",
            "account+disabled",
            "origin+not allowed",
            "whitelisted",
            "allowlist",
        ],
    ),
    (Class::Capability, &["unsupported", "not supported"]),
];

/// The class of an error with this code and these words, if either is known.
pub fn classify(code: i64, words: &str) -> Option<Class> {
    let words = words.to_ascii_lowercase();
    let rule = RULES.iter().find(|(_, phrases)| phrases.iter().any(|phrase| says(&words, phrase)));
    rule.map(|(class, _)| *class).or_else(|| by_code(code))
}

/// Whether words that are not even JSON-RPC speak of too many requests.
pub fn says_rate_limited(words: &str) -> bool {
    classify(0, words) == Some(LIMITED)
}

fn says(words: &str, phrase: &str) -> bool {
    phrase.split('+').all(|part| words.contains(part))
}

/// Codes by use rather than by any standard: EIP-1474, geth, jsonrpsee, QuickNode, TheRPC, Besu, Erigon; HTTP's own in place
/// of JSON-RPC's.
const fn by_code(code: i64) -> Option<Class> {
    match code {
        -32005 | -32007 | -32016 | -32029 | -32090 | 429 | 1015 => Some(LIMITED),
        -32003 | -32008 | -32010 | -32011 | 413 => Some(Class::Split),
        -32001 | -39001 => Some(Class::NotYet),
        // -32602: our parameters are canonical, so whoever refuses them does not know the method's form.
        -32601 | -32602 | -32004 | 4444 | 405 | 415 => Some(Class::Capability),
        401..=403 => Some(Class::Config),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Errors as seen in public, with what they mean.
    #[rustfmt::skip]
    const SEEN: [(i64, &str, Option<Class>); 48] = [
        (-32005, "limit exceeded", Some(LIMITED)),
        (-32007, "50/second request limit reached - reduce calls per second or upgrade your account at quicknode.com", Some(LIMITED)),
        (-32029, "Too many connections. Please slow down.", Some(LIMITED)),
        (429, "Your app has exceeded its compute units per second capacity.", Some(LIMITED)),
        (-32000, "upstream error: {code: -32016, message: over rate limit}", Some(LIMITED)),
        (-32016, "over rate limit", Some(LIMITED)),
        (-32090, "Too many requests, reason: call rate limit exhausted, retry in 10s", Some(LIMITED)),
        (-32000, "Too Many Requests", Some(LIMITED)),
        (-32005, "Monthly capacity limit exceeded. Visit dashboard to upgrade", Some(Class::Config)),
        (-32005, "daily request count exceeded, request rate limited", Some(Class::Config)),
        (-32000, "monthly quota of requests reached", Some(Class::Config)),
        (-32002, "not allowed to access", Some(Class::Config)),
        (-32600, "Must be authenticated!", Some(Class::Config)),
        (-32000, "Unauthorized: You must authenticate your request with an API key.", Some(Class::Config)),
        (-32000, "this chain is not available on free plan", Some(Class::Config)),
        (403, "x", Some(Class::Config)),
        (-32000, "header not found", Some(Class::NotYet)),
        (-32000, "missing trie node 0xabc (path )", Some(Class::NotYet)),
        (-32000, "required historical state unavailable (reexec=128)", Some(Class::NotYet)),
        (-32603, "upstream does not have the requested block yet", Some(Class::NotYet)),
        (-39001, "Unknown block", Some(Class::NotYet)),
        (-32000, "unknown block", Some(Class::NotYet)),
        (-32000, "cannot query unfinalized data", Some(Class::NotYet)),
        (-32000, "invalid block height: 12", Some(Class::NotYet)),
        (-32000, "requested from block 12 after last accepted block 11", Some(Class::NotYet)),
        (-32000, "block 0x12 not found", Some(Class::NotYet)),
        (-32000, "finalized block not found", Some(Class::NotYet)),
        (-32001, "resource not found", Some(Class::NotYet)),
        (-32005, "query returned more than 10000 results. Try with this block range [0x1, 0x2].", Some(Class::Split)),
        (-32602, "query returned more than 10000 results", Some(Class::Split)),
        (-32000, "query returned more than 20000 logs", Some(Class::Split)),
        (-32602, "query exceeds max results 20000, retry with the range 1-2", Some(Class::Split)),
        (-32008, "Response is too big", Some(Class::Split)),
        (-32003, "response too large", Some(Class::Split)),
        (-32007, "The request was too big", Some(Class::Split)),
        (-32600, "batch too large", Some(Class::Split)),
        (-32005, "Batched requests are not supported by this server", Some(Class::Split)),
        (-32011, "x", Some(Class::Split)),
        (-32601, "the method eth_getBlockReceipts does not exist/is not available", Some(Class::Capability)),
        (-32601, "Unsupported method: eth_subscribe on this network", Some(Class::Capability)),
        (-32004, "This method is not available on your plan", Some(Class::Capability)),
        (-32000, "rpc method is not whitelisted", Some(Class::Capability)),
        (-32601, "notifications not supported", Some(Class::Capability)),
        (4444, "pruned history unavailable", Some(Class::Capability)),
        (-32602, "invalid argument 0: hex string without 0x prefix", Some(Class::Capability)),
        (30, "Request timeout on the free tier, please upgrade", None),
        (-32603, "internal error", None),
        (0, "", None),
    ];

    #[test]
    fn errors_seen_in_public_are_understood() {
        for (code, words, expected) in SEEN {
            assert_eq!(classify(code, words), expected, "{code} {words}");
        }
    }

    #[test]
    fn rules_are_written_in_lower_case() {
        for phrase in RULES.iter().flat_map(|(_, phrases)| *phrases) {
            assert_eq!(*phrase, phrase.to_ascii_lowercase());
        }
    }
}

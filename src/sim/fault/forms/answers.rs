//! JSON-RPC over HTTP, and the transport below it: rows 36 to 70.

use std::time::Duration;

use super::{Forms, Reach};
use crate::sim::fault::Fault;
use crate::sim::reply::HttpAnswer;
use crate::sim::symptom::{BatchTrouble, Garbage, IdTrouble, Refusal, Symptom};
use crate::sim::wire::Wire;

/// The wait that limits ask for here: longer than one block time, shorter than a test.
const WAIT: Duration = Duration::from_secs(7);

const SENTENCE: &str = "Too many requests, please slow down";
const PAGE: &str = "<html><head><title>502 Bad Gateway</title></head></html>";

pub(super) fn of(fault: Fault) -> Option<Forms> {
    limits(fault).or_else(|| refusals(fault)).or_else(|| batches(fault)).or_else(|| failures(fault))
}

fn limits(fault: Fault) -> Option<Forms> {
    let limit = |retry_after, refusal| Symptom::RateLimit { per_second: 0, retry_after, refusal };
    Some(match fault {
        Fault::RateLimitInBody => errors(&[
            (-32005, "limit exceeded"),
            (-32007, "50/second request limit reached - reduce calls per second or upgrade your account"),
            (-32029, "Too many connections. Please slow down."),
            (429, "Your app has exceeded its compute units per second capacity."),
            (-32000, "upstream error: {code: -32016, message: over rate limit}"),
        ]),
        Fault::RateLimitStatus => Forms::of([
            limit(Some(WAIT), Refusal::Status),
            limit(None, Refusal::Status),
            limit(Some(WAIT), Refusal::Body),
        ]),
        Fault::RateLimitElsewhere => {
            Forms::of([500, 503, 418, 200].map(|status| Symptom::Http(HttpAnswer::text(status, SENTENCE))))
        }
        Fault::QuotaUsedUp => {
            let resets = r#"{"resets_at":"2023-12-01T00:00:00Z"}"#.to_owned();
            let spent = |code, message: &str, data| Symptom::RpcError { code, message: message.into(), data };
            Forms::of([
                Symptom::HttpStatus(402),
                spent(-32005, "Monthly capacity limit exceeded", None),
                spent(-32005, "monthly quota reached", Some(resets)),
            ])
        }
        _ => return None,
    })
}

fn refusals(fault: Fault) -> Option<Forms> {
    Some(match fault {
        Fault::KeyRefused => {
            errors(&[(-32002, "not allowed to access"), (-32000, "this chain is not available on free plan")])
                .and(Reach::Provider(vec![Symptom::HttpStatus(401)]))
                .and(Reach::Provider(vec![Symptom::HttpStatus(403)]))
        }
        Fault::HeaderNotFound => errors(&[
            (-32000, "header not found"),
            (-32000, "missing trie node 0xabc (path )"),
            (-32000, "required historical state unavailable (reexec=128)"),
        ]),
        Fault::TooLarge => {
            let whole = |code, message: &str| Symptom::MethodError {
                method: "eth_getBlockReceipts".into(),
                code,
                message: message.into(),
            };
            Forms::of([
                whole(-32008, "Response is too big"),
                whole(-32003, "response too large"),
                Symptom::HttpStatus(413),
            ])
        }
        Fault::MethodUnsupported => {
            let receipts = "eth_getBlockReceipts";
            let plan = "This method is not available on your plan";
            Forms::of([
                Symptom::Unsupported(receipts.into()),
                Symptom::MethodError { method: receipts.into(), code: -32004, message: plan.into() },
                Symptom::HttpStatus(415),
            ])
        }
        Fault::UnknownCode => errors(&[
            (30, "Request timeout on the free tier, please upgrade your tier"),
            (-32603, "internal error"),
            (7_777_777, "?"),
        ]),
        Fault::Redirect => Forms::of([301, 302, 307, 308].map(Symptom::HttpStatus)),
        _ => return None,
    })
}

/// Every request is answered with one of these errors.
fn errors(seen: &[(i64, &str)]) -> Forms {
    let error = |(code, message): &(i64, &str)| Symptom::RpcError {
        code: *code,
        message: (*message).into(),
        data: None,
    };
    Forms::of(seen.iter().map(error))
}

fn batches(fault: Fault) -> Option<Forms> {
    let batch = |troubles: &[BatchTrouble]| Forms::of(troubles.iter().copied().map(Symptom::Batch));
    Some(match fault {
        Fault::BatchAsObject => batch(&[BatchTrouble::SingleObject]),
        Fault::BatchDropped => batch(&[BatchTrouble::Reset]),
        Fault::BatchScrambled => {
            batch(&[BatchTrouble::Incomplete, BatchTrouble::ItemError, BatchTrouble::ForeignIds]).and_milder(
                Reach::Provider(vec![Symptom::Batch(BatchTrouble::Reordered)]),
                super::Expected::Tolerated,
            )
        }
        _ => return None,
    })
}

fn failures(fault: Fault) -> Option<Forms> {
    let garbage = |garbage: &[Garbage]| Forms::of(garbage.iter().copied().map(Symptom::Garbage));
    Some(match fault {
        Fault::WrongId => Forms::of([Symptom::Id(IdTrouble::Other)])
            .and_milder(Reach::Provider(vec![Symptom::Id(IdTrouble::Text)]), super::Expected::Tolerated),
        Fault::PlainText => garbage(&[Garbage::Plain]).and_milder(
            Reach::Provider(vec![Symptom::Wire(Wire::ContentType("text/plain"))]),
            super::Expected::Tolerated,
        ),
        Fault::WebPage => {
            Forms::of([200, 403, 502].map(|status| Symptom::Http(HttpAnswer::page(status, PAGE))))
        }
        Fault::EmptyBody => garbage(&[Garbage::Empty]).and(Reach::Provider(vec![Symptom::HttpStatus(204)])),
        Fault::ServerErrors => Forms::of([502, 503, 504].map(Symptom::HttpStatus)),
        Fault::OverloadThenSilence => Forms::reaching(Reach::Everybody(vec![Symptom::HttpStatus(503)]))
            .and(Reach::Everybody(vec![Symptom::Stall])),
        Fault::HalfOpen => Forms::of([Symptom::Stall]),
        Fault::Reset => Forms::of([Symptom::Drop, Symptom::Die, Symptom::Wire(Wire::ResetInBody)]),
        Fault::TruncatedBody => {
            garbage(&[Garbage::Truncated]).and(Reach::Provider(vec![Symptom::Wire(Wire::CutUnmarked)]))
        }
        _ => return wire(fault),
    })
}

/// What befalls good answers on their way.
fn wire(fault: Fault) -> Option<Forms> {
    let wires = match fault {
        Fault::SlowDrip => vec![Wire::DripHead, Wire::DripBody],
        Fault::TruncatedGzip => vec![Wire::CutGzip, Wire::CutGzipTrailer],
        Fault::TruncatedLength => vec![Wire::CutLength, Wire::CutChunk],
        Fault::GzipBomb => vec![Wire::GzipBomb, Wire::Endless, Wire::LongArray],
        Fault::LengthMismatch => vec![Wire::HalfLength, Wire::FalseEncoding],
        _ => return None,
    };
    Some(Forms::of(wires.into_iter().map(Symptom::Wire)))
}

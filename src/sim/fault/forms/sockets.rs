//! WebSocket, clock and identity: rows 69 and 71 to 80.

use std::time::Duration;

use super::{Forms, Reach};
use crate::core::numbers::Height;
use crate::sim::fault::{Expected, Fault};
use crate::sim::frames::Frames;
use crate::sim::symptom::Symptom;

/// Another chain than any world has.
const OTHER: u64 = 5;

pub(super) fn of(fault: Fault, _head: Height) -> Option<Forms> {
    let everybody = |symptom| Forms::reaching(Reach::Everybody(vec![symptom]));
    Some(match fault {
        Fault::WrongClock => Forms::reaching(Reach::Clock(0)).and(Reach::Clock(4_000_000_000)),
        Fault::SilentSocket => everybody(Symptom::DeafWebSocket)
            .and_milder(Reach::Everybody(vec![Symptom::Frames(Frames::NoPong)]), Expected::Tolerated)
            .and_milder(Reach::Everybody(vec![Symptom::Frames(Frames::Binary)]), Expected::Tolerated),
        Fault::SilentSubscription => everybody(Symptom::SilentWebSocket),
        Fault::ResubscribeFails => Forms::reaching(Reach::Everybody(vec![
            Symptom::HangUp { after: Duration::from_secs(5) },
            Symptom::SilentWebSocket,
        ])),
        Fault::DuplicateHeads => everybody(Symptom::DuplicateHeads),
        Fault::SkippedHeads => everybody(Symptom::SkipHeads),
        Fault::MessageTooLong => everybody(Symptom::OversizedHeads),
        Fault::SocketDropped => everybody(Symptom::HangUp { after: Duration::from_secs(3) })
            .and(Reach::Everybody(vec![Symptom::Frames(Frames::Abrupt)])),
        Fault::SubscribeRefused => Forms::reaching(Reach::Newcomer(vec![Symptom::MethodError {
            method: "eth_subscribe".into(),
            code: -32602,
            message: "invalid params: expected one argument".into(),
        }])),
        Fault::WrongChain => Forms::reaching(Reach::Newcomer(vec![Symptom::WrongChain(OTHER)]))
            .and_milder(Reach::Newcomer(vec![Symptom::OtherGenesis]), Expected::Demoted),
        Fault::ChainSwitched => Forms::of([Symptom::WrongChain(OTHER)]).and(Reach::Provider(vec![
            Symptom::WrongChain(OTHER),
            Symptom::OtherGenesis,
            Symptom::LieFrom(Height(1)),
        ])),
        _ => return None,
    })
}

//! Rows that need more than a symptom: a name that does not exist, certificates, HTTP/2, a place to be redirected to.

use std::cell::OnceCell;
use std::rc::Rc;
use std::time::Duration;

use blocktap::app::chain::Blueprint;
use blocktap::chain::network::{Compression, NetworkConnector, PlainHttp};
use blocktap::chain::transport::Connector;
use blocktap::core::numbers::Height;
use blocktap::sim::fault::{Expected, Fault, Form, Reach};
use blocktap::sim::fleet::Fleet;
use blocktap::sim::symptom::Symptom;
use blocktap::sim::wire::Wire;
use tokio::net::TcpListener;

use super::front::{Front, Issuer, Shown};
use super::play::{PREMINED, caught_up, hurry, play_form, ready, setting, until};
use super::trial::Trial;
use super::turns;
use crate::panics;
use crate::record::{Errors, flags};
use crate::stage::{Setting, Stage, play_with};

/// A pooled connection is closed as it is used again: asked again over a fresh one, so nothing is recorded.
pub fn pooled_closed(fault: Fault) {
    let symptom = Symptom::Wire(Wire::CloseWhenReused);
    play_form(fault, move |_| Form {
        reach: Reach::Provider(vec![symptom.clone()]),
        expected: Expected::Tolerated,
    });
}

/// The socket ends when the chain behind it changes, so that the identity is asked for at once, not after minutes.
pub fn chain_switched(fault: Fault) {
    let with_hang_up = move |place: usize| {
        play_form(fault, move |head| {
            let mut form = fault.forms(head).swap_remove(place);
            if let Reach::Provider(symptoms) = &mut form.reach {
                symptoms.push(Symptom::HangUp { after: Duration::from_secs(1) });
            }
            form
        });
    };
    std::thread::scope(|scope| {
        for place in 0..fault.forms(Height(PREMINED)).len() {
            scope.spawn(move || with_hang_up(place));
        }
    });
}

/// Whoever a redirect names gets no request, whatever the status.
pub fn redirect(fault: Fault) {
    std::thread::scope(|scope| {
        for status in [301, 302, 307, 308] {
            scope.spawn(move || redirect_with(fault, status));
        }
    });
}

fn redirect_with(fault: Fault, status: u16) {
    let _turn = turns::take();
    panics::watch();
    play_with(setting(), Fleet::of_five, move |stage: Stage| async move {
        let elsewhere = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let to = format!("http://{}/", elsewhere.local_addr().unwrap());
        ready(&stage).await;
        let reach = Reach::Provider(vec![Symptom::Wire(Wire::Redirect { status, to })]);
        Trial::begin(fault, Form { reach, expected: fault.class() }, stage).await.run().await;
        let visited = tokio::time::timeout(Duration::from_millis(100), elsewhere.accept()).await;
        assert!(visited.is_err(), "{status}: the redirect was followed");
    });
    assert_eq!(panics::count(), 0);
}

/// The name of one provider does not exist.
pub fn name_unknown(fault: Fault) {
    play_newcomer(fault, |plan, _| {
        let connector = NetworkConnector::new(PlainHttp::Allowed, Compression::None);
        alpha(plan, &connector, "http://rpc.blocktap.invalid:8545/");
    });
}

/// Four certificates that nobody may accept.
pub fn bad_certificate(fault: Fault) {
    let bad = [
        Shown { years: (2010, 2020), ..Shown::default() },
        Shown { years: (2080, 2090), ..Shown::default() },
        Shown { name: "another.example", ..Shown::default() },
        Shown { issuer: Issuer::Other, ..Shown::default() },
    ];
    std::thread::scope(|scope| {
        for shown in bad {
            scope.spawn(move || {
                play_newcomer(fault, move |plan, fleet| {
                    let front = Front::open(fleet.provider("alpha").unwrap().clone(), shown);
                    let connector = NetworkConnector::default().trusting(Some(front.authority.clone()));
                    alpha(plan, &connector, &front.url());
                });
            });
        }
    });
}

/// Plays a row that befalls alpha from the beginning, by what its address is.
fn play_newcomer(fault: Fault, change: impl FnOnce(&mut Blueprint, &Fleet) + 'static) {
    let _turn = turns::take();
    panics::watch();
    let (setting, keep) = with_fleet(change);
    play_with(setting, keep, move |stage: Stage| async move {
        ready(&stage).await;
        let form = Form { reach: Reach::Newcomer(Vec::new()), expected: fault.class() };
        Trial::begin(fault, form, stage).await.run().await;
    });
    assert_eq!(panics::count(), 0, "{fault}: something panicked");
}

type MakeFleet = Box<dyn FnOnce(blocktap::sim::world::World) -> Fleet>;

/// A setting whose plan is changed with the fleet at hand.
fn with_fleet(change: impl FnOnce(&mut Blueprint, &Fleet) + 'static) -> (Setting, MakeFleet) {
    let kept: Rc<OnceCell<Fleet>> = Rc::default();
    let made = kept.clone();
    let fleet = Box::new(move |world| made.get_or_init(|| Fleet::of_five(world)).clone());
    let alter = Box::new(move |plan: &mut Blueprint| {
        hurry(plan);
        change(plan, kept.get().unwrap());
    });
    (Setting { alter, ..setting() }, fleet)
}

/// Lets alpha be asked at this address.
fn alpha(plan: &mut Blueprint, connector: &NetworkConnector, url: &str) {
    let alpha = plan.providers.iter_mut().find(|provider| provider.name == "alpha").unwrap();
    alpha.http = vec![connector.http(&url.parse().unwrap()).unwrap()];
}

/// An HTTP/2 connection swallows everything: its requests fail at their deadlines, pings find it out, and the next connection
/// serves, though the first one was never closed.
pub fn http2_black_hole(fault: Fault) {
    let _turn = turns::take();
    panics::watch();
    let fronts: Rc<OnceCell<Front>> = Rc::default();
    let opened = fronts.clone();
    let (setting, fleet) = with_fleet(move |plan, fleet| {
        let front = Front::open(fleet.provider("alpha").unwrap().clone(), Shown::default());
        let connector = NetworkConnector::default().trusting(Some(front.authority.clone()));
        alpha(plan, &connector, &front.url());
        assert!(opened.set(front).is_ok());
    });
    play_with(setting, fleet, move |stage: Stage| async move {
        ready(&stage).await;
        let front = fronts.get().unwrap();
        let free = async || flags(&stage).await["alpha"].as_array().unwrap().is_empty();
        until("alpha serves over HTTP/2", free).await;
        let (connections, before) = (front.accepted(), Errors::of(&stage).await);
        front.swallow();
        let class = fault.class().class().unwrap();
        let failed =
            async || Errors::of(&stage).await.since(&before, &["alpha".into()].into()).contains(class);
        until("the black hole is noticed", failed).await;
        until("another connection is made", async || front.accepted() > connections).await;
        until("alpha serves again", free).await;
        caught_up(&stage).await;
        stage.stream_is_true();
    });
    assert_eq!(panics::count(), 0, "{fault}: something panicked");
}

//! The life of the daemon: look at everything that can be known beforehand, start, run, drain.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use super::chain::{Estate, Running};
use super::error::AppError;
use super::signals::{Asked, Signals};
use super::{App, chain, outlets, plan, system, telling};
use crate::actors::clock::Clock;
use crate::actors::link::Link;
use crate::actors::notice::{Notice, Notices};
use crate::actors::observer::ObserveAll;
use crate::actors::orders::Orders;
use crate::actors::panics;
use crate::actors::pool::Pool;
use crate::actors::registry::Registry;
use crate::actors::slot::House;
use crate::http::board::{Board, Pace};
use crate::journal::lock::DataDirLock;

/// How long each stage of the drain may take.
pub const DRAIN_STEP: Duration = Duration::from_secs(5);

/// Runs the daemon until `stop` is ready or a signal ends it.
pub fn run(app: App, stop: impl Future<Output = ()>) -> Result<(), AppError> {
    report_panics();
    // Both outlast the system: what is left of it may still write, or hang.
    let _lock = DataDirLock::acquire(&app.settings.data_dir)?;
    let mut signals = Signals::listen()?;
    system::run(live(app, &mut signals, pin!(stop)))?
}

async fn live(
    app: App,
    signals: &mut Signals,
    mut stop: Pin<&mut impl Future<Output = ()>>,
) -> Result<(), AppError> {
    let (given_up, mut losses) = mpsc::unbounded_channel();
    let estate = estate(&given_up);
    let observer = telling::observer(&estate);
    let server = telling::tell(app.settings.http.clone(), &estate, observer.clone())?;
    let mut heard = estate.notices.listen();
    let chains = start(&app, &estate).await?;
    let (data_dir, listening) = (app.settings.data_dir.display(), server.address());
    tracing::info!(chains = chains.len(), %data_dir, http = %listening, "running");
    let mut verdict = Ok(());
    loop {
        tokio::select! {
            biased;
            asked = signals.next() => match asked {
                Asked::Show => show(&observer).await,
                Asked::Stop => break,
            },
            () = &mut stop => break,
            Some(path) = losses.recv() => give_up(&estate, &chains, path).await,
            // Whatever was missed is told again. A pattern before the `=` would make any other notice the last one heard.
            notice = heard.recv() => if let Ok((chain, Notice::Misfit { why })) = notice {
                verdict = Err(AppError::WrongChain(format!("chain {chain}: {why}")));
                break;
            }
        }
    }
    tracing::info!("stopping: finishing what is in hand; once more to stop at once");
    tokio::select! {
        biased;
        () = drain(&chains) => tracing::info!("stopped in good order"),
        () = signals.stop_asked() => tracing::warn!("stopped at once; the next start goes on from the journal"),
    }
    server.stop().await;
    verdict
}

pub fn estate(given_up: &mpsc::UnboundedSender<String>) -> Estate {
    let given_up = given_up.clone();
    let escalate = move |path: &str| {
        // Nobody listens only when the process is ending anyway.
        let _ = given_up.send(path.to_owned());
    };
    let jobs = std::thread::available_parallelism().map_or(1, usize::from);
    Estate {
        house: House { clock: Clock::system(), registry: Registry::default(), escalate: Arc::new(escalate) },
        pool: Pool::threads(jobs),
        notices: Notices::default(),
        board: Board::default(),
        orders: Orders::default(),
    }
}

async fn start(app: &App, estate: &Estate) -> Result<Vec<Running>, AppError> {
    let mut plans = Vec::new();
    for chain in &app.settings.chains {
        let plan = plan::blueprint(app, chain, outlets::of(app, chain)?).await?;
        outlets::inspect(&plan.sinks, &*plan.log).await?;
        plans.push(plan);
    }
    Ok(plans.into_iter().map(|plan| chain::start(estate, plan, &app.attached)).collect())
}

async fn drain(chains: &[Running]) {
    futures_util::future::join_all(chains.iter().map(|chain| chain.drain(DRAIN_STEP))).await;
}

/// Every actor's state, a line each, into the log.
async fn show(observer: &Link<ObserveAll>) {
    for observation in observer.ask(ObserveAll { pattern: String::new() }).await.unwrap_or_default() {
        let text = serde_json::to_string(&observation).unwrap_or_default();
        tracing::info!(actor = observation.path, "{text}");
    }
}

/// An actor died too often: its chain stops, loudly; the others and the process go on.
async fn give_up(estate: &Estate, chains: &[Running], path: String) {
    let name = path.split('/').next().unwrap_or_default().to_owned();
    let why =
        format!("{path} died too often; the chain is stopped: look into the log, then start blocktap again");
    tracing::error!(chain = name, why, "chain given up");
    if let Some(chain) = chains.iter().find(|chain| chain.chain() == name) {
        chain.drain(DRAIN_STEP).await;
    }
    let mut status = estate.board.read().remove(&name).unwrap_or_default();
    status.pace = Pace::Halted;
    status.halted = Some(why);
    estate.board.put(&name, status);
    estate.notices.give(&name, Notice::GivenUp { actor: path });
}

/// Panics go into the log like everything else.
fn report_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        let what = panic.payload_as_str().unwrap_or("no message");
        tracing::error!(place, what, "panic");
        panics::note(panic);
    }));
}

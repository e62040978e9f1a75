//! The daemon's lives: it is started, killed, and started again from what is durable.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use tokio::sync::{broadcast, mpsc};
use tokio::task::LocalSet;

use super::stage::Stage;
use super::tally::Tally;
use crate::actors::notice::Notice;
use crate::app::chain;
use crate::sim::oracle::breach::Invariant;

/// Lives until nobody can kill it any more.
pub async fn live(stage: Stage, tally: Rc<RefCell<Tally>>, mut kills: mpsc::UnboundedReceiver<Duration>) {
    loop {
        // All its actors are tasks of this set: when it is dropped, they are gone, in the middle of whatever they did.
        let life = LocalSet::new();
        let begun = begin(&stage, &life, &tally);
        let killed = life.run_until(async {
            match begun {
                Ok(_running) => kills.recv().await,
                Err(_) => None,
            }
        });
        let killed = killed.await;
        drop(life);
        let Some(down) = killed else { return };
        stage.fuses.forget();
        stage.oracle.restarted();
        tokio::time::sleep(down).await;
        stage.trace.add(|| "the daemon starts again");
        stage.oracle.restarted();
    }
}

fn begin(stage: &Stage, life: &LocalSet, tally: &Rc<RefCell<Tally>>) -> Result<chain::Running, ()> {
    let estate = stage.estate();
    let plan = stage.blueprint().map_err(|error| {
        stage.oracle.object(Invariant::Alive, format!("the daemon cannot be started: {error}"));
    })?;
    *stage.registry.borrow_mut() = estate.house.registry.clone();
    let heard = estate.notices.listen();
    let _within = life.enter();
    life.spawn_local(listen(heard, stage.clone(), tally.clone()));
    Ok(chain::start(&estate, plan, &[]))
}

async fn listen(mut heard: broadcast::Receiver<(String, Notice)>, stage: Stage, tally: Rc<RefCell<Tally>>) {
    while let Ok((_, notice)) = heard.recv().await {
        stage.trace.add(|| format!("* {notice:?}"));
        let mut tally = tally.borrow_mut();
        match notice {
            Notice::Elected { from: Some(_), .. } => tally.failovers += 1,
            Notice::WentOn { gap, .. } => tally.gaps.push(gap),
            Notice::Halted { .. } => tally.halts += 1,
            Notice::Quarantined { provider, pause, .. } => {
                tally.quarantines += 1;
                stage.oracle.quarantined(&provider, pause);
            }
            _ => {}
        }
    }
}

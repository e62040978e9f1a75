//! An actor of one's own behind the stream, with handlers of its own: it pulls from the journal, keeps a sum, and answers
//! questions about it.
//!
//! Input is a simulated world, so it needs no network: `cargo run --example custom_sink_actor`.

#![forbid(unsafe_code)]
#![allow(clippy::print_stdout)] // what it is all about

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use actix::{Actor, ActorFutureExt, AsyncContext, Context, Handler, Message, WrapFuture};
use blocktap::actors::link::Handle;
use blocktap::actors::messages::{Acknowledge, Appended, Locate, Pull};
use blocktap::actors::sink::Source;
use blocktap::app::App;
use blocktap::core::event::{Event, Step};
use blocktap::core::numbers::Seq;
use blocktap::settings;
use blocktap::sim::genesis::Genesis;
use blocktap::sim::playground::Playground;

/// Counts the blocks of the chain as it stands.
struct Counter {
    source: Source,
    after: Option<Seq>,
    busy: bool,
    blocks: i64,
}

/// How many blocks are there?
#[derive(Message)]
#[rtype(result = "i64")]
struct HowMany;

impl Actor for Counter {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        self.pull(ctx);
    }
}

impl Counter {
    fn pull(&mut self, ctx: &mut Context<Self>) {
        if !self.busy {
            self.busy = true;
            let pulled = pull(self.source.clone(), self.after);
            ctx.spawn(pulled.into_actor(self).map(Self::on_pulled));
        }
    }

    fn on_pulled(events: Option<Vec<Arc<Event>>>, act: &mut Self, ctx: &mut Context<Self>) {
        act.busy = false;
        let events = events.unwrap_or_default();
        // Nothing more: the next nudge will tell.
        let Some(last) = events.last().map(|event| &event.envelope) else { return };
        let count = |step: Step| events.iter().filter(|event| event.envelope.step == step).count() as i64;
        act.blocks += count(Step::Apply) - count(Step::Undo);
        act.after = Some(last.seq);
        act.source.acknowledge.tell(Acknowledge { sink: "counter".into(), seq: last.seq, id: last.id });
        act.pull(ctx);
    }
}

/// The events after `after`. At first it asks where the journal begins: what is counted here is kept in memory only, so each
/// run counts from there. `None` while the journal is being restarted.
async fn pull(source: Source, after: Option<Seq>) -> Option<Vec<Arc<Event>>> {
    let after = match after {
        Some(after) => after,
        None => {
            let standing =
                source.locate.ask(Locate { sink: "counter".into(), place: None }).await.ok()?.ok()?;
            standing.first.and_then(Seq::previous).unwrap_or_default()
        }
    };
    source.pull.ask(Pull { after, max_bytes: 1 << 20 }).await.ok()?.ok()
}

impl Handler<Appended> for Counter {
    type Result = ();

    fn handle(&mut self, _: Appended, ctx: &mut Self::Context) {
        self.pull(ctx);
    }
}

impl Handler<HowMany> for Counter {
    type Result = i64;

    fn handle(&mut self, _: HowMany, _: &mut Self::Context) -> i64 {
        self.blocks
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let genesis = Genesis { premined: 10, block_time: Duration::from_millis(500), ..Genesis::default() };
    let playground = Playground::open(genesis)?;
    let folder = tempfile::tempdir()?;
    let text = format!("{}\n[http]\nlisten = \"127.0.0.1:0\"\n", playground.configuration());
    let loaded =
        settings::parse(&folder.path().join("Settings.toml"), &text, &BTreeMap::new(), &|_, _| Ok(()))?;
    let post = Handle::<Counter>::vacant();
    let (filled, how_many) = (post.clone(), post.link::<HowMany>());
    let attach = move |_: &str, source: Source| {
        filled.fill(Counter { source, after: None, busy: false, blocks: 0 }.start());
        filled.link::<Appended>()
    };
    App::new(loaded.settings).with_sink_actor(Arc::new(attach)).run_until(async move {
        while how_many.ask(HowMany).await.unwrap_or_default() < 16 {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        println!("{} blocks", how_many.ask(HowMany).await.unwrap_or_default());
    })?;
    Ok(())
}

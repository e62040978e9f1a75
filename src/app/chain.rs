//! One chain: its actors, wired.
//!
//! *Start.* Archive, Journal, Sinks, Validator, Fetcher, Manager, Providers: whoever is told something is there before it is told.
//! *End.* Manager, Providers and Fetcher stop at once, for nothing new shall come; the Validator finishes the group that is
//! with the Journal; each Sink finishes its batch; the Journal and the Archive
//! close last.

use std::sync::Arc;
use std::time::Duration;

use crate::actors::archive::Archive;
use crate::actors::budget::Budget;
use crate::actors::fetcher::{self, Fetcher};
use crate::actors::journal::{self, Journal, Newest, Open};
use crate::actors::link::{Handle, Link};
use crate::actors::manager::{self, Legacy, Manager, Mandate, Ways};
use crate::actors::messages::{Appended, Drain};
use crate::actors::notice::Notices;
use crate::actors::orders::Orders;
use crate::actors::pool::Pool;
use crate::actors::provider::{self, Profile, Provider};
use crate::actors::recollection::Recollection;
use crate::actors::sink::{Build, Furthest, Sink, Source};
use crate::actors::slot::House;
use crate::actors::validator::{self, Validator};
use crate::chain::family::{Receipts, Verifier};
use crate::core::memory::Memory;
use crate::crash::{self, Point};
use crate::http::board::Board;
use crate::journal::Journal as Log;
use crate::records::Records;
use crate::records::volatile::VolatileRecords;

/// What all chains of a process share.
#[derive(Clone)]
pub struct Estate {
    /// Clock, registry, and whom to tell of an actor that died too often.
    pub house: House,
    /// Where CPU work is done.
    pub pool: Pool,
    /// Where notices are given out.
    pub notices: Notices,
    /// Where the chains' status is put up.
    pub board: Board,
    /// Where people's orders go.
    pub orders: Orders,
}

/// One chain as it is to be run.
pub struct Blueprint {
    /// What the Manager is told; its list of providers is filled in here.
    pub mandate: Mandate,
    /// The providers.
    pub providers: Vec<Profile>,
    /// Recomputes blocks.
    pub verifier: Arc<dyn Verifier>,
    /// Whether receipts are fetched.
    pub receipts: Receipts,
    /// Most bytes of blocks under way between providers and the journal.
    pub memory_bytes: usize,
    /// The log, open.
    pub log: Arc<dyn Log>,
    /// Opens it again.
    pub open: Open,
    /// The sinks.
    pub sinks: Vec<Outlet>,
    /// What is remembered, and where.
    pub keeping: Keeping,
}

/// What is remembered of a chain's providers, and where that is kept.
#[derive(Clone)]
pub struct Keeping {
    /// Where.
    pub records: Arc<dyn Records>,
    /// What, at the start.
    pub memory: Memory,
}

impl Default for Keeping {
    /// Nothing is remembered, and nothing is kept beyond the process.
    fn default() -> Self {
        Self { records: Arc::new(VolatileRecords::default()), memory: Memory::default() }
    }
}

/// One sink as it is to be run.
#[derive(Clone)]
pub struct Outlet {
    /// Its name.
    pub name: String,
    /// Makes it.
    pub build: Build,
}

/// A chain that runs.
pub struct Running {
    chain: String,
    entry: Vec<Link<Drain>>,
    validator: Link<Drain>,
    sinks: Vec<Link<Drain>>,
    journal: Link<Drain>,
    archive: Link<Drain>,
}

impl Running {
    /// The chain's name.
    pub fn chain(&self) -> &str {
        &self.chain
    }

    /// Ends the chain in data-path order; no step takes longer than `step`.
    pub async fn drain(&self, step: Duration) {
        let stages: [&[Link<Drain>]; 5] = [
            &self.entry,
            std::slice::from_ref(&self.validator),
            &self.sinks,
            std::slice::from_ref(&self.journal),
            std::slice::from_ref(&self.archive),
        ];
        for stage in stages {
            let drained = stage.iter().map(|actor| actor.ask(Drain { deadline: step }));
            let all = futures_util::future::join_all(drained);
            if tokio::time::timeout(step + Duration::from_millis(100), all).await.is_err() {
                tracing::warn!(chain = self.chain, "an actor did not drain in time");
            }
            crash::point(Point::Draining);
        }
    }
}

/// The posts of one chain, empty until everybody is there.
struct Posts {
    archive: Handle<Archive>,
    recollection: Recollection,
    journal: Handle<Journal>,
    validator: Handle<Validator>,
    fetcher: Handle<Fetcher>,
    manager: Handle<Manager>,
    sinks: Vec<(Outlet, Handle<Sink>)>,
    providers: Vec<(Profile, Handle<Provider>)>,
}

/// Attaches an actor of the user's own to a chain: gets the chain's name and the ways to its journal, gives the way to nudge
/// the actor when there are new events.
pub type Attach = Arc<dyn Fn(&str, Source) -> Link<Appended>>;

/// Starts one chain's actors on the present arbiter, and whatever is attached to it.
pub fn start(estate: &Estate, mut plan: Blueprint, attached: &[Attach]) -> Running {
    let chain = plan.mandate.chain.clone();
    let posts = Posts {
        archive: Handle::vacant(),
        recollection: Recollection::new(plan.keeping.memory.clone()),
        journal: Handle::vacant(),
        validator: Handle::vacant(),
        fetcher: Handle::vacant(),
        manager: Handle::vacant(),
        sinks: plan.sinks.drain(..).map(|outlet| (outlet, Handle::vacant())).collect(),
        providers: plan.providers.drain(..).map(|profile| (profile, Handle::vacant())).collect(),
    };
    let nudged = attached.iter().map(|attach| attach(&chain, posts.source())).collect();
    posts.start_archive(estate, &plan);
    posts.start_journal(estate, &plan, nudged);
    posts.start_sinks(estate, &chain);
    posts.start_validator(estate, &plan);
    posts.start_fetcher(estate, &plan);
    let receipts = plan.receipts;
    posts.start_manager(estate, plan.mandate, plan.log);
    estate.orders.enter(&chain, posts.manager.link());
    posts.start_providers(estate, &chain, receipts);
    let providers = posts.providers.iter().map(|(_, post)| post.link());
    Running {
        chain,
        entry: [posts.manager.link(), posts.fetcher.link()].into_iter().chain(providers).collect(),
        validator: posts.validator.link(),
        sinks: posts.sinks.iter().map(|(_, post)| post.link()).collect(),
        journal: posts.journal.link(),
        archive: posts.archive.link(),
    }
}

impl Posts {
    fn source(&self) -> Source {
        Source { pull: self.journal.link(), locate: self.journal.link(), acknowledge: self.journal.link() }
    }

    fn start_archive(&self, estate: &Estate, plan: &Blueprint) {
        let (chain, records) = (plan.mandate.chain.clone(), plan.keeping.records.clone());
        let recollection = self.recollection.clone();
        estate.house.employ(format!("{chain}/archive"), &self.archive, move |birth| {
            Archive::new(birth, &chain, records.clone(), recollection.clone())
        });
    }

    fn start_journal(&self, estate: &Estate, plan: &Blueprint, nudged: Vec<Link<Appended>>) {
        let told: Vec<Link<Appended>> =
            self.sinks.iter().map(|(_, post)| post.link()).chain(nudged).collect();
        let links = journal::Links { held: self.manager.link(), sinks: told };
        let (log, open) = (Newest::new(plan.log.clone()), plan.open.clone());
        estate.house.employ(format!("{}/journal", plan.mandate.chain), &self.journal, move |birth| {
            Journal::new(birth, log.clone(), open.clone(), links.clone())
        });
    }

    fn start_sinks(&self, estate: &Estate, chain: &str) {
        for (outlet, post) in &self.sinks {
            let (Outlet { name, build }, source, chain) = (outlet.clone(), self.source(), chain.to_owned());
            let furthest = Furthest::default();
            estate.house.employ(format!("{chain}/sinks/{name}"), post, move |birth| {
                Sink::new(birth, &name, &chain, build.clone(), source.clone(), furthest.clone())
            });
        }
    }

    fn start_validator(&self, estate: &Estate, plan: &Blueprint) {
        let links = validator::Links {
            accused: self.manager.link(),
            acquitted: self.manager.link(),
            moved: self.manager.link(),
            restored: self.manager.link(),
            violated: self.manager.link(),
            wanted: self.fetcher.link(),
            rewind: self.fetcher.link(),
            append: self.journal.link(),
            read_chain: self.journal.link(),
        };
        let (verifier, pool, ground) =
            (plan.verifier.clone(), estate.pool.clone(), plan.mandate.start.ground());
        estate.house.employ(format!("{}/validator", plan.mandate.chain), &self.validator, move |birth| {
            Validator::new(birth, verifier.clone(), pool.clone(), ground, links.clone())
        });
    }

    fn start_fetcher(&self, estate: &Estate, plan: &Blueprint) {
        let links = fetcher::Links {
            candidate: self.validator.link(),
            accused: self.manager.link(),
            replayed: self.manager.link(),
            room: self.manager.link(),
        };
        let (want, budget) = (plan.receipts, Budget::new(plan.memory_bytes));
        estate.house.employ(format!("{}/fetcher", plan.mandate.chain), &self.fetcher, move |birth| {
            Fetcher::new(birth, links.clone(), want, budget.clone())
        });
    }

    fn start_manager(&self, estate: &Estate, mut mandate: Mandate, log: Arc<dyn Log>) {
        mandate.providers = self.providers.iter().map(|(profile, post)| ways(profile, post)).collect();
        let links = manager::Links {
            elected: self.fetcher.link(),
            advanced: self.fetcher.link(),
            agreed: self.validator.link(),
            recall: self.validator.link(),
            begin: self.validator.link(),
            finalized: self.validator.link(),
            unlatch: self.validator.link(),
            restore: self.validator.link(),
            remember: self.archive.link(),
            file: self.archive.link(),
        };
        let (recollection, legacy) = (self.recollection.clone(), Legacy::default());
        let (notices, board) = (estate.notices.clone(), estate.board.clone());
        estate.house.employ(format!("{}/manager", mandate.chain), &self.manager, move |birth| {
            let mandate = Mandate { first: log.extent().start, ..mandate.clone() };
            let (links, legacy) = (links.clone(), legacy.clone());
            Manager::new(birth, mandate, links, notices.clone(), board.clone(), &recollection.all(), legacy)
        });
    }

    fn start_providers(&self, estate: &Estate, chain: &str, receipts: Receipts) {
        for (profile, post) in &self.providers {
            let (path, profile) = (format!("{chain}/providers/{}", profile.name), profile.clone());
            let links = provider::Links {
                reports: self.manager.link(),
                accused: self.manager.link(),
                remember: self.archive.link(),
                inspect: self.validator.link(),
            };
            let recollection = self.recollection.clone();
            estate.house.employ(path, post, move |birth| {
                let remembered = recollection.of(&profile.name);
                Provider::new(birth, profile.clone(), receipts, links.clone(), &remembered)
            });
        }
    }
}

fn ways(profile: &Profile, post: &Handle<Provider>) -> Ways {
    Ways {
        name: profile.name.clone(),
        operator: profile.operator.clone(),
        role: post.link(),
        fetch: post.link(),
        header: post.link(),
        timed: post.link(),
        struck: post.link(),
        backends: profile.backends,
        hosts: profile.http.iter().map(|transport| transport.host()).collect(),
    }
}

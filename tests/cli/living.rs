//! A simulated chain and its providers on loopback, before the running program.

use std::fmt::Write;
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Duration;

use blocktap::sim::fleet::Fleet;
use blocktap::sim::genesis::Genesis;
use blocktap::sim::loopback::Loopback;
use blocktap::sim::profile::Profile;
use blocktap::sim::world::World;
use tokio::sync::oneshot;

/// Listen on any port.
pub const HTTP: &str = "[http]\nlisten = '127.0.0.1:0'\n";

/// Names of three operators, and of the provider of each.
pub const NAMES: [&str; 3] = ["alpha", "bravo", "charlie"];

/// Three operators, until it is dropped.
pub struct Living {
    id: u64,
    names: [&'static str; 3],
    urls: [String; 3],
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Living {
    /// Listens under these names; `ail` makes some of them fail.
    pub fn listen(names: [&'static str; 3], ail: impl FnOnce(&Fleet) + Send + 'static) -> Self {
        let genesis = Genesis { premined: 20, block_time: Duration::from_millis(500), ..Genesis::default() };
        let id = genesis.chain;
        let (opened, told) = mpsc::channel();
        let (stop, stopped) = oneshot::channel::<()>();
        let live = async move {
            let fleet =
                Fleet::new(World::grown_from(genesis.clone()), names.map(|name| Profile::of(name, name)));
            ail(&fleet);
            let loopback = Loopback::listen(&fleet).await.unwrap();
            opened.send(names.map(|name| loopback.http_url(name).unwrap())).unwrap();
            tokio::select! {
                biased;
                _ = stopped => {}
                () = fleet.world().clone().mine_every(genesis.block_time) => {}
            }
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let thread = std::thread::spawn(move || runtime.block_on(live));
        Self { id, names, urls: told.recv().unwrap(), stop: Some(stop), thread: Some(thread) }
    }

    /// The chain's id.
    pub fn id(&self) -> u64 {
        self.id
    }

    /// Its providers in the configuration, as those of chain `id` from block 0 on.
    pub fn chain(&self, name: &str, id: u64) -> String {
        let mut text = format!("[[chains]]\nname = '{name}'\nchain_id = 'eip155:{id}'\nstart = '0'\n");
        for (name, url) in self.names.iter().zip(&self.urls) {
            writeln!(
                text,
                "[[chains.providers]]\nname = '{name}'\noperator = '{name}'\nendpoints = ['{url}']"
            )
            .unwrap();
        }
        text
    }
}

impl Drop for Living {
    fn drop(&mut self) {
        self.stop.take();
        // If it panicked, the test has failed already.
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

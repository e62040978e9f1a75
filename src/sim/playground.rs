//! A fleet that lives on a thread of its own: what a program is tried against that knows nothing of simulation.
//!
//! *Why a thread.* The program under trial has its own runtime, and ends when it likes; the world goes on until this value is
//! dropped, as the real one would.

use std::fmt::Write;
use std::io;
use std::sync::mpsc;
use std::thread::JoinHandle;

use tokio::sync::oneshot;

use super::fleet::Fleet;
use super::genesis::Genesis;
use super::loopback::Loopback;
use super::world::World;

/// A world that grows and a fleet of five that listens on loopback, until it is dropped.
#[derive(Debug)]
pub struct Playground {
    configuration: String,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Playground {
    /// Opens one.
    ///
    /// # Errors
    /// When the system has no thread or no port to give.
    pub fn open(genesis: Genesis) -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (opened, told) = mpsc::channel();
        let (stop, stopped) = oneshot::channel();
        let live = async move {
            let block_time = genesis.block_time;
            let fleet = Fleet::of_five(World::grown_from(genesis));
            let listening = Loopback::listen(&fleet).await;
            let configured = listening.as_ref().map(|loopback| configuration(&fleet, loopback));
            // Whoever opened it waits for this.
            let _ = opened.send(configured.map_err(|error| error.kind()));
            tokio::select! {
                biased;
                _ = stopped => {}
                () = fleet.world().clone().mine_every(block_time) => {}
            }
        };
        let thread =
            std::thread::Builder::new().name("playground".into()).spawn(move || runtime.block_on(live))?;
        let configuration = told.recv().map_err(io::Error::other)??;
        Ok(Self { configuration, stop: Some(stop), thread: Some(thread) })
    }

    /// The `[[chains]]` table of a configuration that streams this world from its first block, under the name `playground`.
    pub fn configuration(&self) -> &str {
        &self.configuration
    }
}

impl Drop for Playground {
    fn drop(&mut self) {
        self.stop.take();
        if let Some(thread) = self.thread.take() {
            // If it panicked, whoever was served by it has noticed.
            let _ = thread.join();
        }
    }
}

fn configuration(fleet: &Fleet, loopback: &Loopback) -> String {
    let genesis = fleet.world().genesis();
    let mut text = format!(
        "[[chains]]\nname = \"playground\"\nchain_id = \"eip155:{}\"\nstart = \"0\"\nblock_time = \"{}\"\n",
        genesis.chain,
        humantime::format_duration(genesis.block_time),
    );
    for provider in fleet.providers() {
        let profile = provider.profile();
        let http = loopback.http_url(&profile.name).unwrap_or_default();
        let ws = loopback.websocket_url(&profile.name).unwrap_or_default();
        // Writing into a string cannot fail.
        let _ = write!(
            text,
            "\n[[chains.providers]]\nname = \"{}\"\noperator = \"{}\"\nendpoints = [\"{http}\"]\nws = [\"{ws}\"]\n\
             rate_limit = {{ per_second = 200, burst = 400 }}\n",
            profile.name, profile.operator
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_playground_is_there_until_it_is_dropped() {
        let playground = Playground::open(Genesis::default()).unwrap();
        let address = playground.configuration().split("http://").nth(1).unwrap();
        let address = address.split('/').next().unwrap().to_owned();
        assert!(std::net::TcpStream::connect(&address).is_ok());
        drop(playground);
        assert!(std::net::TcpStream::connect(&address).is_err());
    }
}

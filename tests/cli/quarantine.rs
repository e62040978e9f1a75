//! What the running program remembers of a liar, and the evidence that it keeps.

use std::fmt::Write;
use std::path::PathBuf;
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Duration;

use blocktap::sim::corruption::Corruption;
use blocktap::sim::fleet::Fleet;
use blocktap::sim::genesis::Genesis;
use blocktap::sim::loopback::Loopback;
use blocktap::sim::profile::Profile;
use blocktap::sim::symptom::Symptom;
use blocktap::sim::world::World;
use tokio::sync::oneshot;

use crate::daemon::Daemon;
use crate::terminal::Terminal;

/// Three operators on loopback, of whom `alpha` lies about transactions, until it is dropped.
struct Fleeting {
    configuration: String,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Fleeting {
    fn listen() -> Self {
        let (opened, told) = mpsc::channel();
        let (stop, stopped) = oneshot::channel::<()>();
        let live = async move {
            let genesis =
                Genesis { premined: 20, block_time: Duration::from_millis(500), ..Genesis::default() };
            let profiles = ["alpha", "bravo", "charlie"].map(|name| Profile::of(name, name));
            let fleet = Fleet::new(World::grown_from(genesis.clone()), profiles);
            fleet.inflict("alpha", Symptom::Corrupt(Corruption::TxField)).unwrap();
            let loopback = Loopback::listen(&fleet).await.unwrap();
            opened.send(configuration(&fleet, &loopback)).unwrap();
            tokio::select! {
                biased;
                _ = stopped => {}
                () = fleet.world().clone().mine_every(genesis.block_time) => {}
            }
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let thread = std::thread::spawn(move || runtime.block_on(live));
        Self { configuration: told.recv().unwrap(), stop: Some(stop), thread: Some(thread) }
    }
}

impl Drop for Fleeting {
    fn drop(&mut self) {
        self.stop.take();
        // If it panicked, the test has failed already.
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

fn configuration(fleet: &Fleet, loopback: &Loopback) -> String {
    let chain = fleet.world().genesis().chain;
    let mut text = format!(
        "[http]\nlisten = '127.0.0.1:0'\n[[chains]]\nname = 'sim'\nchain_id = 'eip155:{chain}'\nstart = '0'\n"
    );
    for name in ["alpha", "bravo", "charlie"] {
        let url = loopback.http_url(name).unwrap();
        writeln!(text, "[[chains.providers]]\nname = '{name}'\noperator = '{name}'\nendpoints = ['{url}']")
            .unwrap();
    }
    text + "[[sinks]]\nname = 'out'\nkind = 'file'\npath = 'out/{chain}.jsonl'\n"
}

fn evidence(terminal: &Terminal) -> Vec<PathBuf> {
    let listed = std::fs::read_dir(terminal.folder().join("data/evidence/sim"));
    let mut files: Vec<PathBuf> = listed.into_iter().flatten().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|kind| kind == "txt"));
    files.sort();
    files
}

fn remembered(terminal: &Terminal) -> String {
    let listed = std::fs::read_dir(terminal.folder().join("data/memory")).into_iter().flatten();
    let files = listed
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|kind| kind == "json"));
    files.map(|path| std::fs::read_to_string(path).unwrap()).collect()
}

#[test]
fn a_liar_stays_quarantined_over_a_kill_and_its_case_is_on_disk() {
    let fleet = Fleeting::listen();
    let terminal = Terminal::with_settings(&fleet.configuration);
    let (daemon, _) = Daemon::started(&terminal);
    while evidence(&terminal).is_empty() {
        std::thread::sleep(Duration::from_millis(100));
    }
    let case = evidence(&terminal)[0].clone();
    let (name, text) = (case.file_name().unwrap().to_str().unwrap(), std::fs::read_to_string(&case).unwrap());
    assert!(name.contains("_sim_alpha_tx_"), "{name}");
    for said in ["Quarantined alpha for 10m", "asked at    http://127.0.0.1:", "blocktap uncordon sim/alpha"]
    {
        assert!(text.contains(said), "{said}\n{text}");
    }
    while !remembered(&terminal).contains("\"quarantine\"") {
        std::thread::sleep(Duration::from_millis(100));
    }
    drop(daemon);

    let (_daemon, address) = Daemon::started(&terminal);
    let shown = terminal.run(&["observe", "sim/providers/alpha", "--at", &address]);
    assert!(!shown.out.contains("role: leader"), "{}", shown.out);
    let manager = terminal.run(&["observe", "sim/manager", "--at", &address]);
    assert!(manager.out.contains("alpha: quarantined for"), "{}", manager.out);
    assert!(terminal.run(&["uncordon", "sim/alpha", "--at", &address]).code == 0);
}

//! One round: a world, a fleet of which most is ill, a daemon, and a reader.

use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

use blocktap::core::numbers::Height;
use blocktap::core::plain;
use blocktap::sim::fleet::Fleet;
use blocktap::sim::genesis::Genesis;
use blocktap::sim::loopback::Loopback;
use blocktap::sim::profile::Profile;
use blocktap::sim::world::World;

use super::daemon::Daemon;
use super::keys::{HEADER, TOKEN, keyed};
use super::search::Tally;
use super::symptoms::Illness;
use super::{parrot, reader};

/// Providers that stay well, of operators of their own.
const WELL: usize = 2;
/// Parrots beside them: a provider that says that the key is refused is soon left alone, and so each says it in its own way.
const PARROTS: usize = 4;
/// Blocks before the daemon starts.
const PREMINED: u64 = 20;
const BLOCK_TIME: Duration = Duration::from_millis(250);
/// Blocks before anybody falls ill, while they are, and after they are well again.
const PARTS: [u32; 3] = [2, 10, 4];

/// Where the chain is, about, when they fall ill.
pub const FALL_ILL_AT: Height = Height(PREMINED + 4);

/// Lets a daemon see these illnesses, each on a provider of its own, and searches all that it leaves behind.
pub fn play(ill: &[Illness]) -> Tally {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let profiles = (0..ill.len() + WELL).map(|n| Profile::of(&name(n), &format!("operator-{n}")));
    let (fleet, loopback) = runtime.block_on(async {
        let genesis = Genesis { premined: PREMINED, block_time: BLOCK_TIME, ..Genesis::default() };
        let fleet = Fleet::new(World::grown_from(genesis), profiles);
        let loopback = Loopback::listen(&fleet).await.unwrap();
        (fleet, loopback)
    });
    let settings = folder.path().join("Settings.toml");
    std::fs::write(&settings, configuration(&fleet, &loopback)).unwrap();
    let mut tally = Tally::default();
    watch(folder.path(), &fleet, ill, &mut tally);
    drop((loopback, runtime));
    told_enough(folder.path());
    is_harmless(folder.path());
    tally.search_folder(folder.path(), &settings);
    tally
}

/// Every line of the log is one of ours, and nothing that was printed acts on a terminal.
fn is_harmless(folder: &Path) {
    for file in ["stderr.txt", "stdout.txt"] {
        let text = std::fs::read_to_string(folder.join(file)).unwrap();
        let acting = text.lines().find(|line| line.contains(plain::acts) || line.starts_with("2030"));
        assert_eq!(acting, None, "in {file}");
    }
}

fn name(n: usize) -> String {
    format!("provider-{n}")
}

fn watch(folder: &Path, fleet: &Fleet, ill: &[Illness], tally: &mut Tally) {
    let mut daemon = Daemon::start(folder);
    let address = daemon.address(folder);
    // First it is well and delivers.
    daemon.says(folder, "the sink panics");
    for (part, blocks) in PARTS.into_iter().enumerate() {
        for (n, symptoms) in ill.iter().enumerate() {
            fleet.heal(&name(n)).unwrap();
            for symptom in symptoms.iter().filter(|_| part == 1) {
                fleet.inflict(&name(n), symptom.clone()).unwrap();
            }
        }
        for block in 0..blocks {
            std::thread::sleep(BLOCK_TIME);
            // Not by the clock: on a busy machine the chain waits as well.
            fleet.world().step();
            if block % 4 == 1 {
                reader::read_all(&address, tally);
                daemon.signal("USR1");
            }
        }
        fleet.world().reorg(2);
    }
    reader::counts_series(&address, ill.len() + WELL + PARROTS);
    assert!(daemon.stop().success());
}

/// A search proves nothing about a daemon that said nothing.
fn told_enough(folder: &Path) {
    let log = std::fs::read_to_string(folder.join("stderr.txt")).unwrap();
    for needed in ["TRACE", "the sink panics", "actor died", "leader elected"] {
        assert!(log.contains(needed), "nothing was said of {needed:?}");
    }
    let lines = std::fs::read_to_string(folder.join("blocks.jsonl")).unwrap();
    assert!(lines.lines().count() > 10, "only {} events", lines.lines().count());
    assert!(folder.join("blocks.db").exists() && folder.join("data").is_dir());
}

fn configuration(fleet: &Fleet, loopback: &Loopback) -> String {
    let mut text = format!(
        r#"data_dir = "data"
http = {{ listen = "127.0.0.1:0", token = "{TOKEN}" }}
log.level = "trace"
[[sinks]]
name = "console"
kind = "console"
[[sinks]]
name = "panicking"
kind = "panicking"
[[sinks]]
name = "lines"
kind = "file"
path = "blocks.jsonl"
[[sinks]]
name = "archive"
kind = "sqlite"
path = "blocks.db"
[[chains]]
name = "sim"
chain_id = "eip155:{}"
start = "0"
receipts = true
block_time = "250ms"
health = {{ probe_interval = "2s", score_halflife = "5s", lag_threshold = "2s" }}
"#,
        fleet.world().genesis().chain
    );
    let good = loopback.addresses()[&name(fleet.providers().count() - 1)];
    let parrots = (0..PARROTS).map(|n| (format!("parrot-{n}"), parrot::listen(4 * n, good)));
    for (name, address) in loopback.addresses().clone().into_iter().chain(parrots) {
        let (http, ws) = (keyed("http", &address.to_string()), keyed("ws", &address.to_string()));
        write!(
            text,
            "[[chains.providers]]\nname = \"{name}\"\noperator = \"{name}-inc\"\nendpoints = [\"{http}\"]\nws = [\"{ws}\"]\n\
             headers = {{ x-api-key = \"{HEADER}\", cookie = \"session={HEADER}\" }}\n\
             rate_limit = {{ per_second = 500, burst = 1000 }}\n"
        )
        .unwrap();
    }
    text
}

//! What the running program remembers of a liar, and the evidence that it keeps.

use std::path::PathBuf;
use std::time::Duration;

use blocktap::sim::corruption::Corruption;
use blocktap::sim::fleet::Fleet;
use blocktap::sim::symptom::Symptom;

use crate::daemon::Daemon;
use crate::living::{HTTP, Living, NAMES};
use crate::terminal::Terminal;

const SINK: &str = "[[sinks]]\nname = 'out'\nkind = 'file'\npath = 'out/{chain}.jsonl'\n";

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
    let lie = |fleet: &Fleet| fleet.inflict("alpha", Symptom::Corrupt(Corruption::TxField)).unwrap();
    let living = Living::listen(NAMES, lie);
    let terminal = Terminal::with_settings(&format!("{HTTP}{}{SINK}", living.chain("sim", living.id())));
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

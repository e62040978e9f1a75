//! `blocktap demo`

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use crate::terminal::Terminal;

#[test]
fn whoever_stops_the_demonstration_is_shown_the_end_of_it() {
    let terminal = Terminal::new();
    let mut demo = Command::new(assert_cmd::cargo::cargo_bin!("blocktap"))
        .args(["demo", "--forever", "--seed", "7", "--folder", "shown"])
        .current_dir(terminal.folder())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(demo.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert!(lines.next().unwrap().starts_with("blocktap demo, seed 7"));
    assert!(lines.any(|line| line.contains("agreed by ")));
    interrupt(demo.id());
    let end: Vec<String> = lines.collect();
    assert!(demo.wait().unwrap().success(), "{end:?}");
    assert!(end.iter().any(|line| line.starts_with("lost 0, duplicated 0, false 0")), "{end:?}");

    let journal = terminal.run(&["verify", "journal", "--settings", "shown/Settings.toml"]);
    assert!(journal.code == 0 && journal.out.contains("nothing lost or doubled"), "{journal:?}");
}

fn interrupt(process: u32) {
    let sent = Command::new("sh").args(["-c", &format!("kill -INT {process}")]).status().unwrap();
    assert!(sent.success());
}

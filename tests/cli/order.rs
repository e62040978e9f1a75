//! `blocktap cordon` and `blocktap uncordon` against a running daemon, whose providers do not answer.

use crate::daemon::Daemon;
use crate::terminal::Terminal;

const SETTINGS: &str = "[http]\nlisten = '127.0.0.1:0'\ntoken = 'CANARY-0123456789-CANARY'\n\
    [[chains]]\nname = 'sim'\nchain_id = 'eip155:1'\n\
    [[chains.providers]]\nname = 'alpha'\nendpoints = ['http://127.0.0.1:1']\n\
    [[chains.providers]]\nname = 'bravo'\nendpoints = ['http://127.0.0.2:1']\n";

/// A daemon, and a terminal whose configuration names the address that it chose.
fn begun() -> (Daemon, Terminal) {
    let terminal = Terminal::with_settings(SETTINGS);
    let (daemon, address) = Daemon::started(&terminal);
    terminal.write("Settings.toml", SETTINGS.replace("127.0.0.1:0", &address).as_bytes());
    (daemon, terminal)
}

#[test]
fn a_provider_is_cordoned_and_uncordoned() {
    let (_daemon, terminal) = begun();
    let line = ["cordon", "sim/alpha", "--for", "90m", "--reason", "new disk", "--force"];
    let cordoned = terminal.run_with(&line, &[("USER", "anna")]);
    assert_eq!(cordoned.code, 0, "{cordoned:?}");
    assert_eq!(cordoned.out, "sim/alpha is cordoned for 1h 30m by anna: new disk\n");
    assert!(cordoned.err.contains("warning: no eligible provider is left"), "{cordoned:?}");
    let shown = terminal.run(&["observe", "sim/manager"]);
    assert!(shown.out.contains("by anna: new disk"), "{}", shown.out);
    assert_eq!(terminal.run(&["uncordon", "sim/alpha"]).code, 0);
}

#[test]
fn a_cordon_that_was_answered_outlasts_a_kill() {
    let (daemon, terminal) = begun();
    let line = ["cordon", "sim/alpha", "--for", "90m", "--reason", "new disk", "--force"];
    assert_eq!(terminal.run_with(&line, &[("USER", "anna")]).code, 0);
    // Killed, not stopped: nothing can be written any more.
    drop(daemon);
    let (_daemon, _) = Daemon::started(&terminal);
    let shown = terminal.run(&["observe", "sim/manager"]);
    assert!(
        shown.out.contains("cordoned for 1h ") && shown.out.contains("by anna: new disk"),
        "{}",
        shown.out
    );
    let memory = std::fs::read_to_string(terminal.folder().join("data/memory/eip155.1.json")).unwrap();
    assert!(memory.contains("\"alpha\"") && !memory.contains("127.0.0.1"), "{memory}");
}

#[test]
fn what_is_remembered_of_an_unknown_provider_is_dropped_and_said() {
    let terminal = Terminal::with_settings(SETTINGS);
    std::fs::create_dir_all(terminal.folder().join("data/memory")).unwrap();
    let cordoned =
        r#"{"format":1,"providers":{"gone":{"cordon":{"by":"anna"}},"bravo":{"cordon":{"by":"otto"}}}}"#;
    terminal.write("data/memory/eip155.1.json", cordoned.as_bytes());
    let (_daemon, address, log) = Daemon::with_log(&terminal);
    assert!(
        log.iter().any(|line| line.contains("no longer in the configuration") && line.contains("gone")),
        "{log:?}"
    );
    terminal.write("Settings.toml", SETTINGS.replace("127.0.0.1:0", &address).as_bytes());
    let shown = terminal.run(&["observe", "sim/manager"]);
    assert!(shown.out.contains("cordoned until uncordoned by otto"), "{}", shown.out);
}

#[test]
fn a_memory_that_cannot_be_read_is_set_aside_and_said() {
    let terminal = Terminal::with_settings(SETTINGS);
    std::fs::create_dir_all(terminal.folder().join("data/memory")).unwrap();
    terminal.write("data/memory/eip155.1.json", b"{\"format\":1,\"provid");
    let (_daemon, _, log) = Daemon::with_log(&terminal);
    assert!(log.iter().any(|line| line.contains("set aside as") && line.contains("unreadable-1")), "{log:?}");
    let aside = terminal.folder().join("data/memory/eip155.1.json.unreadable-1");
    assert_eq!(std::fs::read(aside).unwrap(), b"{\"format\":1,\"provid");
}

#[test]
fn what_is_declined_is_told_with_the_remedy() {
    let (_daemon, terminal) = begun();
    let last = terminal.run(&["cordon", "sim/alpha"]);
    assert!(last.code == 1 && last.err.contains("no eligible provider would be left"), "{last:?}");
    let misspelt = terminal.run(&["cordon", "sim/alhpa"]);
    assert!(misspelt.code == 1 && misspelt.err.contains("did you mean \"alpha\"?"), "{misspelt:?}");
    let nowhere = terminal.run(&["uncordon", "simm/alpha"]);
    assert!(nowhere.code == 1 && nowhere.err.contains("did you mean \"sim\"?"), "{nowhere:?}");
    let idle = terminal.run(&["uncordon", "sim/alpha"]);
    assert!(idle.code == 1 && idle.err.contains("alpha is neither cordoned nor quarantined"), "{idle:?}");
    for printed in [last, misspelt, nowhere, idle] {
        assert!(!format!("{printed:?}").contains("CANARY"), "{printed:?}");
    }
}

#[test]
fn without_a_daemon_it_says_so() {
    let absent = Terminal::new().run(&["cordon", "sim/alpha", "--at", "127.0.0.1:1"]);
    assert!(absent.code == 1 && absent.err.contains("is blocktap running"), "{absent:?}");
    let mistyped = Terminal::new().run(&["cordon", "alpha"]);
    assert!(mistyped.code == 2 && mistyped.err.contains("ethereum/alchemy"), "{mistyped:?}");
}

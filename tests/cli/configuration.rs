use crate::terminal::Terminal;

const SOUND: &str = r#"
[[chains]]
name = "local"
chain_id = "eip155:1337"
corroboration = "fast"
[[chains.providers]]
name = "own"
endpoints = ["http://127.0.0.1:1"]
[[sinks]]
name = "console"
kind = "console"
"#;

#[test]
fn help_names_every_command_and_every_exit_code() {
    let help = Terminal::new().run(&["--help"]);
    assert_eq!(help.code, 0);
    for word in ["run", "check", "demo", "observe", "verify", "Exit codes:", "another process holds data_dir"]
    {
        assert!(help.out.contains(word), "{word}: {}", help.out);
    }
    let demo = Terminal::new().run(&["demo", "--help"]);
    for word in ["--blocks", "--forever", "--seed", "--port", "60"] {
        assert!(demo.out.contains(word), "{word}: {}", demo.out);
    }
}

#[test]
fn a_missing_configuration_names_the_ways_out() {
    for command in [&["run"][..], &["check"], &["verify", "journal"], &["verify", "sink", "x"]] {
        let printed = Terminal::new().run(command);
        assert_eq!(printed.code, 10, "{printed:?}");
        assert!(printed.err.contains("Settings.toml"), "{printed:?}");
        assert!(
            printed.err.contains("--settings PATH") && printed.err.contains("blocktap demo"),
            "{printed:?}"
        );
    }
}

#[test]
fn an_unreadable_configuration_is_told_from_a_missing_one() {
    let terminal = Terminal::new();
    std::fs::create_dir(terminal.folder().join("Settings.toml")).unwrap();
    let printed = terminal.run(&["check"]);
    assert_eq!(printed.code, 10, "{printed:?}");
    assert!(printed.err.contains("cannot be read"), "{printed:?}");
    terminal.write("latin", &[b'#', 0xe9, b'\n']);
    let printed = terminal.run(&["check", "--settings", "latin"]);
    assert!(printed.code == 10 && printed.err.contains("UTF-8"), "{printed:?}");
}

#[test]
fn every_mistake_is_shown_with_its_line_and_a_caret() {
    let text = SOUND.replace("chain_id", "chain_idd").replace("\"console\"\n", "\"consle\"\n");
    let printed = Terminal::with_settings(&text).run(&["check"]);
    assert_eq!(printed.code, 2, "{printed:?}");
    for word in [
        "Settings.toml:4:1",
        "unknown key `chain_idd`",
        "did you mean `chain_id`?",
        "`chain_id` is missing",
        "Settings.toml:11:8",
        "no kind of sink",
        "did you mean `console`?",
        "3 mistakes to correct",
        "──",
    ] {
        assert!(printed.err.contains(word), "{word}: {}", printed.err);
    }
}

#[test]
fn a_key_of_a_sink_is_a_mistake_at_its_line() {
    let text = format!("{SOUND}colour = \"always\"\n");
    let printed = Terminal::with_settings(&text).run(&["check", "--offline"]);
    assert_eq!(printed.code, 2, "{printed:?}");
    assert!(
        printed.err.contains("Settings.toml:12:1") && printed.err.contains("did you mean `color`?"),
        "{printed:?}"
    );
}

#[test]
fn an_override_is_read_from_the_environment_and_named_when_it_is_wrong() {
    let terminal = Terminal::with_settings(SOUND);
    let wrong = [("BLOCKTAP__CHAINS__LOCAL__HEALTH__FAILURE_RATIO", "2")];
    let printed = terminal.run_with(&["check", "--offline"], &wrong);
    assert_eq!(printed.code, 2, "{printed:?}");
    assert!(
        printed.err.contains("BLOCKTAP__CHAINS__LOCAL__HEALTH__FAILURE_RATIO: `failure_ratio` must"),
        "{printed:?}"
    );
    let right = [("BLOCKTAP__CHAINS__LOCAL__HEALTH__PROBE_INTERVAL", "30s")];
    let printed = terminal.run_with(&["check", "--offline"], &right);
    assert_eq!(printed.code, 0, "{printed:?}");
    assert!(printed.out.contains("6,336"), "{printed:?}");
}

#[test]
fn no_secret_of_a_wrong_configuration_is_printed() {
    let text = SOUND
        .replace("http://127.0.0.1:1", "htp://user:CANARY@127.0.0.1:1/CANARY?key=CANARY")
        .replace("[[chains]]", "[http]\ntoken = [\"CANARY\"]\nlisten = \"${CANARY_VARIABLE}\"\n[[chains]]");
    let secret = [("CANARY_VARIABLE", "secret-CANARY"), ("BLOCKTAP__LOG__LEVEL", "CANARY=CANARY=CANARY")];
    let printed = Terminal::with_settings(&text).run_with(&["run"], &secret);
    assert_eq!(printed.code, 2, "{printed:?}");
    let shown = format!("{}{}", printed.out, printed.err).replace("CANARY_VARIABLE", "");
    assert!(!shown.contains("CANARY"), "{shown}");
}

#[test]
fn paths_are_relative_to_the_file_not_to_the_working_folder() {
    let terminal = Terminal::new();
    std::fs::create_dir(terminal.folder().join("etc")).unwrap();
    terminal.write("etc/Settings.toml", SOUND.as_bytes());
    let printed = terminal.run(&["verify", "journal", "--settings", "etc/Settings.toml"]);
    assert_eq!(printed.code, 2, "{printed:?}");
    assert!(printed.out.contains("etc/data/journal"), "{printed:?}");
}

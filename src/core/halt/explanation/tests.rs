use super::*;
use crate::core::hash::Hash;

fn claim(height: u64, tag: u8, operators: &[&str]) -> Claim {
    let block = BlockRef { height: Height(height), hash: Hash([tag; 32]) };
    Claim { block, operators: operators.iter().map(|name| (*name).to_owned()).collect() }
}

fn fixed(because: Because) -> Fixed {
    Fixed { block: claim(90, 9, &[]).block, because }
}

/// As two operators, 100 s after the process started, read it of a chain whose last block is 104.
fn explained_from(cause: Cause, start: Start, first: Option<Height>) -> String {
    let names = ["north", "south"].map(String::from);
    let scene = Scene {
        chain: "ethereum",
        start: &start,
        first,
        delivered: Some(claim(104, 4, &[]).block),
        delivered_at: Some(At::from_secs(20)),
        heard: names.iter().map(|name| (name, (claim(106, 6, &[]).block, At::from_secs(98)))).collect(),
        providers: names.iter().zip([vec!["alpha", "bravo"], vec!["charlie"]]).collect(),
        now: Now { at: At::from_secs(100), unix_s: 1_700_000_100 },
    };
    Halt { cause, since: At::from_secs(40) }.explain(&scene)
}

fn explained(cause: Cause) -> String {
    explained_from(cause, Start::Latest, Some(Height(7)))
}

fn tie(height: u64) -> String {
    explained(Cause::Tie(vec![claim(height, 1, &["north"]), claim(height, 2, &["south"])]))
}

#[test]
fn a_tie_is_explained_with_who_says_what_and_how_it_ends() {
    let text = tie(105);
    let hashes = [Hash([1; 32]), Hash([2; 32])].map(|hash| hash.to_string());
    assert!(text.starts_with("ethereum stands still: operators contradict each other"), "{text}");
    assert!(text.contains(&format!("\n  north            block 105 {}, heard 2s ago", hashes[0])), "{text}");
    assert!(text.contains(&hashes[1]) && text.contains("goes on by itself"), "{text}");
    assert!(text.contains("nothing of what is in dispute was"), "{text}");
}

#[test]
fn it_says_in_utc_when_it_was_halted_and_when_the_last_block_was_delivered() {
    let text = tie(105);
    assert!(text.contains("\n  halted           2023-11-14T22:14:00Z, 1m ago"), "{text}");
    assert!(text.contains("\n  last block       2023-11-14T22:13:40Z, 1m 20s ago"), "{text}");
}

#[test]
fn there_is_one_command_a_side_with_whose_providers_follow() {
    let text = tie(103);
    let north = "\n  blocktap resume ethereum --with north   # 0x01010101…, providers alpha, bravo\n";
    let south = "\n  blocktap resume ethereum --with south   # 0x02020202…, provider charlie\n";
    assert!(text.contains(north) && text.contains(south), "{text}");
    assert!(text.contains("what was delivered from block 103 on is undone and replaced"), "{text}");
    assert!(text.contains("--settings PATH"), "{text}");
}

#[test]
fn a_side_of_several_operators_is_followed_by_any_one_of_them() {
    let text =
        explained(Cause::Tie(vec![claim(105, 1, &["north", "south"]), claim(105, 2, &["west", "east"])]));
    assert!(text.contains("--with north   # 0x01010101…, providers alpha, bravo, charlie\n"), "{text}");
    assert!(text.contains("--with west    # 0x02020202…, no provider\n"), "{text}");
}

#[test]
fn a_tie_about_what_was_delivered_does_not_say_that_nothing_of_it_was() {
    let text = tie(103);
    assert!(text.contains("from block 103 on that is in dispute") && !text.contains("nothing of"), "{text}");
}

#[test]
fn a_contradicted_final_block_is_never_said_to_end_by_itself() {
    let cause = Cause::FixedContradicted { ours: fixed(Because::Final), theirs: claim(105, 2, &["west"]) };
    let text = explained(cause);
    assert!(text.contains("does not go on by itself") && !text.contains("--with"), "{text}");
    assert!(text.contains("  west             block 105") && text.contains("not heard of lately"), "{text}");
    assert!(text.contains("\n  delivered        block 90 "), "{text}");
}

#[test]
fn of_a_contradiction_that_is_kept_as_it_was_found_the_newest_word_is_told_too() {
    let theirs = claim(105, 2, &["north"]);
    let text = explained(Cause::FixedContradicted { ours: fixed(Because::Final), theirs });
    let [then, now] = [2, 6].map(|tag| Hash([tag; 32]));
    let said = format!("\n  north            block 105 {then} then; 106 {now} now, heard 2s ago\n");
    assert!(text.contains(&said), "{text}");
}

#[test]
fn what_is_contradicted_is_said_to_be_delivered() {
    let (nine, four) = (Hash([9; 32]), Hash([4; 32]));
    let theirs = claim(105, 2, &["west"]);
    for cause in [
        Cause::FixedLeft { ours: fixed(Because::Final), theirs: vec![theirs.clone()] },
        Cause::FixedContradicted { ours: fixed(Because::Final), theirs },
    ] {
        let text = explained(cause);
        let said = format!(
            "Block 90 {nine} was delivered as final, and the stream goes on to block 104 {four}. It is not part of their history. \
             Nothing was undone."
        );
        assert!(text.contains(&said) && !text.contains("in dispute"), "{text}");
    }
}

#[test]
fn what_is_not_final_is_not_said_to_be() {
    for (because, said) in
        [(Because::Named, "which chains.start names"), (Because::Deep, "10000 blocks deep")]
    {
        let theirs = vec![claim(105, 2, &["west"])];
        let text = explained(Cause::FixedLeft { ours: fixed(because), theirs });
        assert!(text.contains(said) && !text.contains("final"), "{text}");
    }
}

#[test]
fn a_stream_that_begins_anew_is_never_led_to_begin_at_todays_head() {
    let left = || Cause::FixedLeft { ours: fixed(Because::Final), theirs: vec![claim(105, 2, &["west"])] };
    let (latest, first) = (Start::Latest, Some(Height(7)));
    for (start, first, remedy) in [
        (latest, first, "set chains.start = \"7\" (the first"),
        (latest, None, "the number of the\n  first block that your sinks hold"),
        (Start::Back(100), first, "set chains.start = \"7\" (the first"),
        (Start::At(Height(5)), first, "begins at block 5, as chains.start says"),
        (Start::Exactly(Height(5), Hash([5; 32])), first, "correct the hash in chains.start"),
    ] {
        let text = explained_from(left(), start, first);
        assert!(text.contains(remedy), "{text}");
    }
}

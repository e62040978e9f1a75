//! "Did you mean": the known word that a mistyped one is nearest to.

/// The nearest of the known words, if it is near enough to have been meant: one edit for each three letters, at least one.
pub fn nearest<'w>(typed: &str, known: impl IntoIterator<Item = &'w str>) -> Option<&'w str> {
    let typed = typed.to_lowercase().replace('-', "_");
    let budget = (typed.chars().count() / 3).max(1);
    // One edit away from one letter is anything.
    let known = known.into_iter().filter(|_| typed.chars().count() > 1);
    let distance = |word: &&str| strsim::damerau_levenshtein(&typed, &word.to_lowercase());
    known.filter(|word| distance(word) <= budget).min_by_key(distance)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn only_what_may_have_been_meant_is_suggested() {
        let known = ["probe_interval", "lag_threshold", "start"];
        assert_eq!(nearest("probe-intervall", known), Some("probe_interval"));
        assert_eq!(nearest("strat", known), Some("start"));
        assert_eq!(nearest("colour", known), None);
    }
}

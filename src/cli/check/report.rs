//! What the providers can do, as a table.

use super::examination::{Answer, Examined};
use crate::cli::table::Table;
use crate::settings::forecast::Forecast;

/// Providers and what they answered, with the requests that probing each costs.
pub fn providers(examined: &[Examined], forecasts: &[Forecast]) -> String {
    let mut table = Table::new(&[
        "chain",
        "provider",
        "operator",
        "chain id",
        "genesis",
        "head",
        "ws",
        "batches",
        "receipts",
        "probes/day",
    ]);
    let mut before = None;
    for one in examined {
        let facts = &one.facts;
        let first = before.replace(&one.provider) != Some(&one.provider);
        let forecast = forecasts.iter().find(|forecast| first && forecast.provider == one.provider);
        table.add(vec![
            one.chain.clone(),
            one.provider.clone(),
            one.operator.clone(),
            cell(&facts.identity, |identity| identity.chain_id.to_string()),
            cell(&facts.identity, |identity| short(&identity.genesis.to_string())),
            cell(&facts.head, |head| head.height.to_string()),
            cell(&one.socket, |()| "yes".into()),
            cell(&facts.batches, |()| "yes".into()),
            cell(&facts.receipts, |()| "yes".into()),
            forecast.map_or_else(String::new, |forecast| grouped(forecast.requests_a_day)),
        ]);
    }
    format!("{}\n\n{}", table.render(), total(forecasts))
}

/// The forecast alone.
pub fn forecasts(forecasts: &[Forecast]) -> String {
    let mut table = Table::new(&["chain", "provider", "probes/day"]);
    for forecast in forecasts {
        table.add(vec![forecast.chain.clone(), forecast.provider.clone(), grouped(forecast.requests_a_day)]);
    }
    format!("{}\n\n{}", table.render(), total(forecasts))
}

fn total(forecasts: &[Forecast]) -> String {
    let sum = forecasts.iter().map(|forecast| forecast.requests_a_day).sum();
    format!("probing costs up to {} requests a day in all, besides the blocks themselves", grouped(sum))
}

fn cell<T>(answer: &Answer<T>, show: impl Fn(&T) -> String) -> String {
    match answer {
        Some(Ok(value)) => show(value),
        Some(Err(_)) => "no".into(),
        None => "-".into(),
    }
}

/// The beginning of a hash: enough to tell two apart.
fn short(hash: &str) -> String {
    hash.chars().take(10).collect()
}

/// With a comma after each three digits.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_numbers_are_grouped() {
        for (number, text) in [(0, "0"), (576, "576"), (5760, "5,760"), (1_234_567, "1,234,567")] {
            assert_eq!(grouped(number), text);
        }
    }

    #[test]
    fn the_forecast_names_every_provider_and_their_sum() {
        let forecast =
            |provider: &str| Forecast { chain: "a".into(), provider: provider.into(), requests_a_day: 5760 };
        let text = forecasts(&[forecast("p"), forecast("q")]);
        assert!(text.contains("p         5,760") && text.contains("up to 11,520 requests a day"), "{text}");
    }
}

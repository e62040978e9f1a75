//! `blocktap check`

mod examination;
mod findings;
mod report;

use super::arguments::CheckArguments;
use super::exit::Exit;
use super::{load, print, wait};
use crate::settings::forecast::forecast;
use crate::sink::registry::Registry;

/// Reports every mistake in the configuration, then asks each provider what it can do.
pub fn check(arguments: &CheckArguments, sinks: &Registry) -> Exit {
    let loaded = match load::quietly(&arguments.settings.settings, sinks) {
        Ok(loaded) => loaded,
        Err(exit) => return exit,
    };
    print::findings(&loaded.warnings);
    let path = arguments.settings.settings.display();
    print::line(&format!("{path}: no mistakes, {}", warnings(loaded.warnings.len())));
    let forecasts = forecast(&loaded.settings);
    if arguments.offline {
        print::line(&format!("\n{}", report::forecasts(&forecasts)));
        return Exit::Fine;
    }
    print::line("asking the providers …");
    let examined = match wait(examination::examine_all(&loaded.settings)) {
        Ok(examined) => examined,
        Err(exit) => return exit,
    };
    let findings = findings::of(&loaded.settings, &examined);
    print::line(&format!("\n{}", report::providers(&examined, &forecasts)));
    print::line(&format!("\n{}", findings.text(&examined)));
    findings.exit()
}

fn warnings(count: usize) -> String {
    match count {
        0 => "nothing to look at".into(),
        1 => "one thing to look at".into(),
        count => format!("{count} things to look at"),
    }
}

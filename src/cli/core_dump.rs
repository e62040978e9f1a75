//! No copy of the memory, and the keys in it, on anybody's disk.

use super::print;

/// From now on a crash leaves no core dump, and no other process of the same user may read this one's memory. Where that cannot be
/// had, it is said and gone without.
pub fn forbid() {
    if let Err(error) = forbidden() {
        print::aside(&format!("warning: a crash may leave a core dump with keys in it: {error}"));
    }
}

#[cfg(unix)]
fn forbidden() -> std::io::Result<()> {
    use rustix::process::{Resource, Rlimit, setrlimit};
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
    // A core pattern that is a program gets dumps whatever the limit is.
    #[cfg(target_os = "linux")]
    rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable)?;
    Ok(())
}

#[cfg(not(unix))]
fn forbidden() -> std::io::Result<()> {
    Ok(())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use rustix::process::{DumpableBehavior, Resource, dumpable_behavior, getrlimit};

    #[test]
    fn a_crash_leaves_nothing_behind() {
        super::forbid();
        let limit = getrlimit(Resource::Core);
        assert_eq!((limit.current, limit.maximum), (Some(0), Some(0)));
        assert_eq!(dumpable_behavior().unwrap(), DumpableBehavior::NotDumpable);
    }
}

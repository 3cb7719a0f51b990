//! What is in memory stays there: a panic aborts the process, and a core dump would hold the keys.

/// No core dumps of this process and those it starts. One byte, and not none: Linux ignores the limit for a program that
/// takes dumps (`core_pattern` with a pipe), but for this value (`fs/coredump.c`). `PR_SET_DUMPABLE` would do more, and would
/// close the door to the portals, which look at us through `/proc`.
#[cfg(unix)]
pub(crate) fn never_dump() {
    use rustix::process::{Resource, Rlimit, setrlimit};
    let limit = if cfg!(target_os = "linux") { 1 } else { 0 };
    let limit = Rlimit { current: Some(limit), maximum: Some(limit) };
    if let Err(error) = setrlimit(Resource::Core, limit) {
        tracing::warn!(%error, "a fault of the program may leave a core dump");
    }
}

/// Windows keeps dumps only where its user asks for them.
#[cfg(not(unix))]
pub(crate) fn never_dump() {}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_fault_leaves_no_dump() {
        never_dump();
        let limit = rustix::process::getrlimit(rustix::process::Resource::Core);
        assert!(limit.current.is_some_and(|bytes| bytes <= 1), "{limit:?}");
        assert_eq!(limit.current, limit.maximum, "nobody raises it again");
    }
}

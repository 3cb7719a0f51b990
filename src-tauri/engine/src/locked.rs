//! Keeps keys out of the swap: the pages they lie in stay in memory as long as the keys do, where the system allows that.
//! Everything else a process has may be written to a disk that nobody wipes.

use region::LockGuard;

/// See the module. `None`: the system does not allow it, and the wallet works as before.
pub(crate) struct Locked {
    _guard: Option<LockGuard>,
}

impl Locked {
    /// The pages under this value. It must not move: what is behind a pointer stays where it is.
    pub(crate) fn under<T>(value: &T) -> Self {
        let locked = region::lock(std::ptr::from_ref(value), size_of::<T>());
        if let Err(error) = &locked {
            tracing::info!(%error, "keys may be written to the swap");
        }
        Self { _guard: locked.ok() }
    }

    /// The system keeps them there.
    #[cfg(test)]
    fn is_held(&self) -> bool {
        self._guard.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In kB, as Linux counts them.
    #[cfg(target_os = "linux")]
    fn locked_by_this_process() -> u64 {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find(|line| line.starts_with("VmLck:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn the_pages_of_a_key_stay_in_memory_as_long_as_it_does() {
        // So large that it shares no page with what other tests lock.
        let key = Box::new([7_u8; 256 << 10]);
        let locked = Locked::under(&*key);
        assert!(locked.is_held());
        assert!(locked_by_this_process() >= 256);
    }
}

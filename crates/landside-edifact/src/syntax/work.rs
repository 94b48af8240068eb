//! Counts the bytes looked at, so that a test can hold the reader to linear work without a clock.

#[cfg(test)]
thread_local! {
    static VISITED: core::cell::Cell<usize> = const { core::cell::Cell::new(0) };
}

/// Notes that `bytes` bytes were looked at. Nothing outside of tests.
#[cfg(test)]
pub(crate) fn visit(bytes: usize) {
    VISITED.with(|visited| visited.set(visited.get() + bytes));
}

/// Notes that `bytes` bytes were looked at. Nothing outside of tests.
#[cfg(not(test))]
pub(crate) fn visit(_bytes: usize) {}

/// The bytes looked at while `act` ran.
#[cfg(test)]
pub(crate) fn visited_by(act: impl FnOnce()) -> usize {
    VISITED.with(|visited| visited.set(0));
    act();
    VISITED.with(core::cell::Cell::get)
}

//! A small file of a home that is read once and replaced whole: what it says is there or not, whenever
//! the machine stops. For what must be able to go again, as long values of the store cannot.

use std::fmt::Display;
use std::io;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::home::{Home, HomeError, read_bounded, write_durably};

/// What such a file holds, `version` among it.
pub(crate) trait Kept: Clone + PartialEq + Serialize + DeserializeOwned {
    /// Name of the file in the home.
    const FILE: &'static str;
    /// Longest file, in bytes.
    const BYTES: usize;
    /// Form of the file; another one is not read.
    const VERSION: u32;

    /// What is kept where there is no file.
    fn nothing() -> Self;

    /// The form that a file says it has.
    fn version(&self) -> u32;
}

/// The file. Changes are on disk when they return; they block for that long.
pub(crate) struct KeptFile<K> {
    path: PathBuf,
    kept: Mutex<K>,
}

impl<K: Kept> KeptFile<K> {
    /// Reads the file of a home.
    ///
    /// # Errors
    /// Which file, and what is wrong with it.
    pub(crate) fn of(home: &Home) -> Result<Self, String> {
        let path = home.path().join(K::FILE);
        let wrong = |what: &dyn Display| format!("{}: {what}", path.display());
        let kept = match read_bounded(&path, K::BYTES) {
            Ok(bytes) => serde_json::from_slice::<K>(&bytes).map_err(|e| wrong(&e))?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => K::nothing(),
            Err(error) => return Err(wrong(&error)),
        };
        if kept.version() != K::VERSION {
            return Err(wrong(&format!("version {} is not read here", kept.version())));
        }
        Ok(Self { path, kept: Mutex::new(kept) })
    }

    /// What is kept now.
    pub(crate) fn look(&self) -> MutexGuard<'_, K> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes a change durable, or none. What changes nothing writes nothing.
    ///
    /// # Errors
    /// Those of the change; the file cannot be written.
    pub(crate) fn change<T, E: From<HomeError>>(
        &self,
        change: impl FnOnce(&mut K) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut kept = self.look();
        let mut changed = kept.clone();
        let outcome = change(&mut changed)?;
        if changed != *kept {
            let path = || self.path.display().to_string();
            let bytes = serde_json::to_vec_pretty(&changed)
                .map_err(|error| HomeError::Io { path: path(), error: error.into() })?;
            write_durably(&self.path, &bytes)?;
            *kept = changed;
        }
        Ok(outcome)
    }
}

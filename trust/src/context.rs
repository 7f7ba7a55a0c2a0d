//! What every check is given: how much to do, the seed, where to work.

use std::path::{Path, PathBuf};

/// How much a check does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Amount {
    /// Enough to find a planted defect.
    Proof,
    /// What CI does: all checks in a few minutes.
    Short,
    /// The counts of docs/reliability.md.
    Full,
}

/// What every check is given.
pub struct Context {
    pub amount: Amount,
    /// Each trial's own random numbers follow from this and its number, so that one can be done again alone.
    pub seed: u64,
    /// How many trials run at once.
    pub jobs: usize,
    work: tempfile::TempDir,
}

impl Context {
    /// # Errors
    /// When there is no place to work in.
    pub fn new(amount: Amount, seed: Option<u64>, jobs: Option<usize>) -> Result<Self, String> {
        let seed = seed.unwrap_or(20_260_101);
        let jobs = jobs.unwrap_or_else(|| std::thread::available_parallelism().map_or(2, usize::from));
        // Memory where there is some: nothing here asks whether the medium keeps what it was given.
        let shared = Path::new("/dev/shm");
        let place = if shared.is_dir() { shared.to_owned() } else { std::env::temp_dir() };
        let work = tempfile::Builder::new().prefix("trust-").tempdir_in(place);
        Ok(Self { amount, seed, jobs, work: work.map_err(|e| format!("no place to work in: {e}"))? })
    }

    /// The number of trials.
    pub fn trials(&self, proof: u64, short: u64, full: u64) -> u64 {
        match self.amount {
            Amount::Proof => proof,
            Amount::Short => short,
            Amount::Full => full,
        }
    }

    /// The random numbers of one trial of one subject.
    pub fn random(&self, subject: &str, trial: u64) -> fastrand::Rng {
        Self::random_of(self.seed, subject, trial)
    }

    /// As [`Context::random`], for a child that was given the seed.
    pub fn random_of(seed: u64, subject: &str, trial: u64) -> fastrand::Rng {
        // FNV-1a, so that two subjects do not share their numbers.
        let name = subject
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        fastrand::Rng::with_seed(seed ^ name ^ trial.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    /// A new empty directory, gone with what is returned.
    pub fn directory(&self) -> tempfile::TempDir {
        tempfile::tempdir_in(self.work.path()).expect("the place to work in was there a moment ago")
    }

    /// Does all trials on [`Context::jobs`] threads: what each found, in the order of the trials.
    pub fn parallel(&self, trials: u64, trial: impl Fn(u64) -> Result<(), String> + std::marker::Sync) -> Vec<String> {
        let next = std::sync::atomic::AtomicU64::new(0);
        let found = std::sync::Mutex::new(Vec::new());
        std::thread::scope(|scope| {
            for _ in 0..self.jobs {
                scope.spawn(|| {
                    loop {
                        let number = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                        if number >= trials {
                            return;
                        }
                        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| trial(number)));
                        let outcome = outcome.unwrap_or_else(|_| Err("panicked".to_owned()));
                        if let Err(finding) = outcome {
                            found.lock().unwrap().push((number, format!("trial {number}: {finding}")));
                        }
                    }
                });
            }
        });
        let mut found = found.into_inner().unwrap();
        found.sort();
        found.into_iter().map(|(_, text)| text).collect()
    }

    /// This program, to be started again.
    pub fn program() -> PathBuf {
        std::env::current_exe().expect("a running program has a path")
    }
}

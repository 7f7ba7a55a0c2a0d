//! The table, printed as it grows, and `report.json`.

use std::path::PathBuf;

use serde_json::{Value as Json, json};

use crate::check::Row;
use crate::context::{Amount, Context};
use crate::proof::Proof;

/// Findings that the report keeps of a line.
const KEPT: usize = 50;

/// What was found.
pub struct Report {
    path: PathBuf,
    amount: Amount,
    jobs: usize,
    rows: Vec<Row>,
    proofs: Vec<Proof>,
}

impl Report {
    pub fn new(context: &Context, path: PathBuf) -> Self {
        println!(
            "{:<12} {:<28} {:>10} {:<14} {:>8} {:>8}  seed; counts",
            "check", "subject", "trials", "of", "findings", "seconds"
        );
        Self { path, amount: context.amount, jobs: context.jobs, rows: Vec::new(), proofs: Vec::new() }
    }

    pub fn add(&mut self, row: Row) {
        let seed = row.seed.map_or_else(String::new, |seed| format!("seed {seed}; "));
        let counts: Vec<String> = row.counts.iter().map(|(name, number)| format!("{name} {number}")).collect();
        println!(
            "{:<12} {:<28} {:>10} {:<14} {:>8} {:>8.1}  {seed}{}",
            row.check,
            row.subject,
            row.trials,
            row.of,
            row.findings.len(),
            row.seconds,
            counts.join(", ")
        );
        row.findings.iter().take(3).for_each(|finding| println!("    {finding}"));
        self.rows.push(row);
    }

    pub fn prove(&mut self, proof: Proof) {
        match proof.findings {
            0 => println!("{:<12} {:<28} NOT CAUGHT: {}", proof.check, proof.defect, proof.first),
            n => println!(
                "{:<12} {:<28} planted in the library: caught, {n} findings in {:.1} s",
                proof.check, proof.defect, proof.seconds
            ),
        }
        self.proofs.push(proof);
    }

    /// Writes the report; whether nothing was found and every planted defect was.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn finish(self) -> Result<bool, String> {
        let bad = self.rows.iter().filter(|row| !row.findings.is_empty()).count();
        let missed = self.proofs.iter().filter(|proof| proof.findings == 0).count();
        let trials: u64 = self.rows.iter().map(|row| row.trials).sum();
        println!(
            "trust: {trials} trials in {} checks, {bad} with findings; {} planted defects, {missed} not caught",
            self.rows.len(),
            self.proofs.len()
        );
        let write = |text: String| {
            std::fs::create_dir_all(self.path.parent().unwrap_or(&self.path))?;
            std::fs::write(&self.path, text)
        };
        write(format!("{:#}\n", self.json())).map_err(|e| format!("{}: {e}", self.path.display()))?;
        Ok(bad == 0 && missed == 0)
    }

    fn json(&self) -> Json {
        let rows = self.rows.iter().map(|row| {
            let counts: serde_json::Map<String, Json> = row.counts.iter().map(|(name, n)| ((*name).to_owned(), json!(n))).collect();
            let found: Vec<&String> = row.findings.iter().take(KEPT).collect();
            json!({"check": row.check, "subject": row.subject, "trials": row.trials, "of": row.of, "findings": row.findings.len(), "found": found,
                "seconds": row.seconds, "seed": row.seed, "counts": counts})
        });
        let proofs = self.proofs.iter().map(|proof| json!({"check": proof.check, "defect": proof.defect, "findings": proof.findings, "first": proof.first, "seconds": proof.seconds}));
        let amount = match self.amount {
            Amount::Proof => "proof",
            Amount::Short => "short",
            Amount::Full => "full",
        };
        json!({"version": env!("CARGO_PKG_VERSION"), "amount": amount, "jobs": self.jobs, "system": std::env::consts::OS, "machine": std::env::consts::ARCH,
            "rows": rows.collect::<Vec<_>>(), "proofs": proofs.collect::<Vec<_>>()})
    }
}

//! Predicates over the rows of a group, block by block on the worker pool.
//!
//! Before a block is read, statistics and the answers of files tell what its rows may answer: blocks that cannot hold are
//! passed over, those that must hold are taken unread. Blocks are chunks of the arrays, or several.

use std::ops::Range;
use std::sync::Arc;

use rayon::prelude::*;

use super::Dataset;
use super::axes::Offsets;
use super::bind::{Bound, Node};
use super::truth::{self, Possible};
use crate::config;
use crate::error::{Result, err};
use crate::op::Op;
use crate::value::Array;

/// Blocks between two looks at the progress callback, for each thread.
const BATCH: usize = 16;

/// A predicate that is run over rows.
pub struct Run<'d> {
    dataset: &'d Dataset,
    bound: Bound,
    offsets: Arc<Offsets>,
    block: u64,
}

/// The rows of a block for which the predicate holds.
pub enum Chosen {
    /// None.
    None,
    /// Every one.
    All,
    /// Those that answer yes.
    Some(Vec<u8>),
}

impl<'d> Run<'d> {
    /// A predicate over the rows of the axis of its arrays, of which there is at least one.
    ///
    /// # Errors
    /// `Corrupt`.
    pub fn new(dataset: &'d Dataset, bound: Bound) -> Result<Self> {
        let first = bound.sources.first().ok_or_else(|| err!(Internal, "a predicate on rows without an array"))?;
        let offsets = first.offsets.clone();
        let mut block = 1;
        for source in &bound.sources {
            block = source.block(dataset)?.max(block);
        }
        Ok(Self { dataset, bound, offsets, block })
    }

    /// Does `work` with each block and what is chosen of it; the results come in the order of the blocks.
    ///
    /// # Errors
    /// As [`Storage::load_region`](crate::Storage::load_region); `Cancelled`.
    pub fn blocks<T: Send>(&self, op: &Op, work: impl Fn(Range<u64>, &Chosen, &Offsets) -> T + Sync) -> Result<Vec<T>> {
        each_block(op, self.offsets.rows(), self.block, |rows| {
            let chosen = self.choose(rows.clone())?;
            Ok(work(rows, &chosen, &self.offsets))
        })
    }

    fn choose(&self, rows: Range<u64>) -> Result<Chosen> {
        let possible = self.possible(&self.bound.node, &rows);
        if !possible.yes() {
            return Ok(Chosen::None);
        }
        if possible.only_yes() {
            return Ok(Chosen::All);
        }
        let mut loaded = self.bound.sources.iter().map(|_| None).collect::<Vec<_>>();
        self.answers(&self.bound.node, &rows, &mut loaded).map(Chosen::Some)
    }

    /// What the rows of a block may answer.
    fn possible(&self, node: &Node, rows: &Range<u64>) -> Possible {
        match node {
            Node::Files(answers) => {
                let files = self.offsets.pieces(rows.clone()).map(|(file, _)| answers.get(file).copied());
                Possible::of(&files.map(|answer| answer.unwrap_or(truth::UNKNOWN)).collect::<Vec<_>>())
            }
            Node::Rows(source, test) => match self.bound.sources[*source].statistics() {
                Some((statistics, per)) => {
                    let blocks = rows.start / per..rows.end.div_ceil(per);
                    test.possible(statistics, blocks.start as usize..blocks.end as usize)
                }
                None => Possible::either(true, true),
            },
            Node::And(parts) => {
                let parts = parts.iter().map(|part| self.possible(part, rows));
                parts.reduce(Possible::and).unwrap_or(Possible::NOTHING)
            }
            Node::Or(parts) => {
                let parts = parts.iter().map(|part| self.possible(part, rows));
                parts.reduce(Possible::or).unwrap_or(Possible::NOTHING)
            }
            Node::Not(part) => self.possible(part, rows).not(),
        }
    }

    /// The answers of the rows of a block; arrays are read when they are first needed.
    fn answers(&self, node: &Node, rows: &Range<u64>, loaded: &mut [Option<Array>]) -> Result<Vec<u8>> {
        match node {
            Node::Files(answers) => {
                let mut all = vec![truth::UNKNOWN; (rows.end - rows.start) as usize];
                for (file, of) in self.offsets.pieces(rows.clone()) {
                    let answer = answers.get(file).copied().unwrap_or(truth::UNKNOWN);
                    all[(of.start - rows.start) as usize..(of.end - rows.start) as usize].fill(answer);
                }
                Ok(all)
            }
            Node::Rows(source, test) => {
                let place = &mut loaded[*source];
                let array = match place {
                    Some(array) => array,
                    None => place.insert(self.bound.sources[*source].load(self.dataset, rows.clone())?),
                };
                test.answers(array)
            }
            Node::And(parts) => self.several(parts, rows, loaded, truth::NO, truth::and),
            Node::Or(parts) => self.several(parts, rows, loaded, truth::YES, truth::or),
            Node::Not(part) => {
                let mut answers = self.answers(part, rows, loaded)?;
                truth::not(&mut answers);
                Ok(answers)
            }
        }
    }

    /// Puts parts together until every row has the answer that no other changes.
    fn several(
        &self,
        parts: &[Node],
        rows: &Range<u64>,
        loaded: &mut [Option<Array>],
        last: u8,
        with: fn(&mut [u8], &[u8]),
    ) -> Result<Vec<u8>> {
        let mut answers: Option<Vec<u8>> = None;
        for part in parts {
            match &mut answers {
                None => answers = Some(self.answers(part, rows, loaded)?),
                Some(answers) if answers.iter().all(|&answer| answer == last) => break,
                Some(answers) => with(answers, &self.answers(part, rows, loaded)?),
            }
        }
        Ok(answers.unwrap_or_default())
    }
}

/// Does work for every block of rows, on the pool where there are several; results in the order of the blocks. Progress
/// is told, and cancelling asked, between batches on the calling thread, and asked before every block.
///
/// # Errors
/// The first of the work; `Cancelled`.
pub fn each_block<T: Send>(
    op: &Op,
    rows: u64,
    block: u64,
    work: impl Fn(Range<u64>) -> Result<T> + Sync,
) -> Result<Vec<T>> {
    let count = rows.div_ceil(block);
    let pool = if count > 1 { config::pool() } else { None };
    let batch = BATCH * pool.map_or(1, rayon::ThreadPool::current_num_threads);
    let mut results = Vec::new();
    let mut done = 0;
    while done < count {
        let end = count.min(done + batch as u64);
        op.progress("query", done, count)?;
        let cancel = op.cancel();
        let one = |index: u64| {
            cancel.check()?;
            work(index * block..rows.min((index + 1) * block))
        };
        match pool {
            Some(pool) => {
                let part: Result<Vec<T>> = pool.install(|| (done..end).into_par_iter().map(one).collect());
                results.extend(part?);
            }
            None => {
                for index in done..end {
                    results.push(one(index)?);
                }
            }
        }
        done = end;
    }
    op.progress("query", count, count)?;
    Ok(results)
}

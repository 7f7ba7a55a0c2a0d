//! Files and rows for which a predicate holds.

use std::sync::Arc;

use super::Dataset;
use super::axes::Offsets;
use super::bind::{Asked, Bound, Node, bind};
use super::predicate::parse;
use super::run::{Chosen, Run};
use super::truth::YES;
use crate::error::Result;
use crate::op::Op;

impl Dataset {
    /// The codes of the files with at least one row in the group for which a predicate holds, rising; without a group, the
    /// files whose metadata it holds for. The empty predicate holds for every row, so that it asks which files have rows in
    /// the group.
    ///
    /// ```text
    /// face_types == 'Cylinder' and face_areas > 10.5 and not file.closed
    /// face_types in [1, 2] or face_centroids[2] <= -0.5
    /// file.name like 'part\_1%' and file.`file_sizes_KB/face_areas` is not null
    /// ```
    ///
    /// - Comparisons `== != < <= > >=` of a name with a value, `in [...]`, `not in [...]`, `like` (`%` is any text, `_` any
    ///   character), `is null`, `is not null`; a bool stands alone. Together with `and`, `or`, `not` (or `& | ~`) and
    ///   parentheses; `not` binds closest.
    /// - Values are numbers, texts in `'` or `"`, `true` and `false`. A text compared with integers is the name that the
    ///   attribset has for one.
    /// - A name is an array of the group, else a column of the infoset; `file.name` is a column in any case, and a name that
    ///   is no identifier stands in backticks. Arrays of several dimensions are asked for one component: `name[1, 0]`.
    /// - Columns, and arrays that run along `file`, hold for every row of their file. Other arrays in one predicate run
    ///   along one axis.
    /// - Integers are compared exactly, also with `2.5`; a number compared with floats is first rounded to their type. NaN
    ///   equals nothing and has no order. What is missing answers neither yes nor no, so that `not x > 3` does not find it.
    ///
    /// # Errors
    /// `InvalidArgument` saying what is wrong with the predicate and where, or which types or axes do not go together;
    /// `NotFound` for an unknown group or name, and for metadata without an infoset; `Corrupt`, `Cancelled`.
    pub fn files(&self, op: &Op, group: Option<&str>, predicate: &str) -> Result<Vec<i64>> {
        let asked = group.map(|group| self.group(group)).transpose()?;
        let (run, has_rows) = self.run(asked, predicate)?;
        let run = match run {
            Answered::Files(answers) => {
                let files = 0..self.file_count();
                let holds = |file: &u64| {
                    let yes = answers.as_ref().is_none_or(|answers| answers.get(*file as usize) == Some(&YES));
                    yes && has_rows.as_ref().is_none_or(|offsets| !offsets.of(*file).is_empty())
                };
                return Ok(files.filter(holds).map(|file| file as i64).collect());
            }
            Answered::Rows(run) => run,
        };
        let blocks = run.blocks(op, |rows, chosen, offsets| {
            let pieces = offsets.pieces(rows.clone());
            let file = |(file, _): (usize, _)| file as i64;
            match chosen {
                Chosen::None => Vec::new(),
                Chosen::All => pieces.map(file).collect(),
                Chosen::Some(answers) => {
                    let at = |row: u64| (row - rows.start) as usize;
                    pieces.filter(|(_, of)| answers[at(of.start)..at(of.end)].contains(&YES)).map(file).collect()
                }
            }
        })?;
        let mut files = blocks.concat();
        files.dedup();
        Ok(files)
    }

    /// The rows of the group for which a predicate holds, rising: along the axis of the arrays in it, or the primary
    /// dimension where it has none.
    ///
    /// # Errors
    /// As [`Dataset::files`].
    pub fn rows(&self, op: &Op, group: &str, predicate: &str) -> Result<Vec<u64>> {
        let asked = self.group(group)?;
        let run = match self.run(Some(asked), predicate)?.0 {
            Answered::Rows(run) => run,
            Answered::Files(None) => return Ok((0..self.primary(asked)?.rows()).collect()),
            Answered::Files(Some(answers)) => {
                let offsets = self.primary(asked)?;
                let yes = answers.iter().enumerate().filter(|(_, answer)| **answer == YES);
                return Ok(yes.flat_map(|(file, _)| offsets.of(file as u64)).collect());
            }
        };
        let blocks = run.blocks(op, |rows, chosen, _| match chosen {
            Chosen::None => Vec::new(),
            Chosen::All => rows.collect(),
            Chosen::Some(answers) => {
                rows.zip(answers).filter(|(_, answer)| **answer == YES).map(|(row, _)| row).collect()
            }
        })?;
        Ok(blocks.concat())
    }

    /// A predicate that is ready to run, and the rows that files must have some of.
    fn run<'d>(&'d self, asked: Asked<'d>, predicate: &str) -> Result<(Answered<'d>, Option<Arc<Offsets>>)> {
        let has_rows = asked.map(|group| self.primary(group)).transpose()?;
        let Some(expr) = parse(predicate)? else { return Ok((Answered::Files(None), has_rows)) };
        let run = match bind(self, asked, &expr)? {
            Bound { node: Node::Files(answers), .. } => Answered::Files(Some(answers)),
            bound => Answered::Rows(Run::new(self, bound)?),
        };
        Ok((run, has_rows))
    }
}

enum Answered<'d> {
    /// By file; `None` where there was nothing to answer.
    Files(Option<Vec<u8>>),
    /// By row.
    Rows(Run<'d>),
}

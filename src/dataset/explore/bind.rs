//! A predicate on a dataset: names become columns and arrays, and what is the same for all rows of a file is answered.
//!
//! Parts that speak only of files are answered at once, with kernels on the columns of the infoset; what is left is a tree
//! of tests of arrays along one axis.

use arrow_arith::boolean;
use arrow_array::BooleanArray;
use arrow_schema::ArrowError;

use super::Dataset;
use super::columns::Columns;
use super::columntest::{self, kernel};
use super::names::Names;
use super::predicate::{Expr, Name, Test};
use super::rowtest::{RowTest, row_test};
use super::source::Source;
use super::truth;
use crate::dataset::catalog::{ArrayEntry, GroupEntry};
use crate::dataset::layout::FILE;
use crate::error::{Result, err};

/// What is left of a predicate.
pub enum Node {
    /// The answer of each file.
    Files(Vec<u8>),
    /// A test of a source.
    Rows(usize, Box<dyn RowTest>),
    /// All hold; the cheap ones first.
    And(Vec<Node>),
    /// One holds.
    Or(Vec<Node>),
    /// It does not hold.
    Not(Box<Node>),
}

/// A predicate on a group.
pub struct Bound {
    pub node: Node,
    /// All along one axis.
    pub sources: Vec<Source>,
}

/// What a name stands for.
pub enum Target<'d> {
    /// A column of the infoset.
    Column(usize),
    /// An array of the group.
    Array(&'d str, &'d ArrayEntry),
}

/// A group that is asked, by name.
pub type Asked<'d> = Option<(&'d str, &'d GroupEntry)>;

type Kernel = fn(&BooleanArray, &BooleanArray) -> Result<BooleanArray, ArrowError>;

enum Part {
    Files(BooleanArray),
    Rows(Node),
}

/// Binds a predicate to a group, or to the files alone.
///
/// # Errors
/// `NotFound` for a name that nothing has, and for metadata without a table; `InvalidArgument` where types or axes do not
/// go together; `Corrupt`.
pub fn bind(dataset: &Dataset, group: Asked<'_>, expr: &Expr) -> Result<Bound> {
    let mut binder = Binder { dataset, group, sources: Vec::new(), names: Vec::new() };
    let node = match binder.expr(expr)? {
        Part::Files(answers) => Node::Files(truth::of(&answers)),
        Part::Rows(node) => node,
    };
    Ok(Bound { node, sources: binder.sources })
}

/// Answers a predicate on the columns of a table.
///
/// # Errors
/// As [`bind`].
pub fn on_table(columns: &Columns, attribset: Option<&Columns>, expr: &Expr) -> Result<BooleanArray> {
    let fold = |parts: &[Expr], with: Kernel| {
        let mut answers: Option<BooleanArray> = None;
        for part in parts {
            let next = on_table(columns, attribset, part)?;
            answers = Some(match answers {
                Some(answers) => with(&answers, &next).map_err(kernel)?,
                None => next,
            });
        }
        answers.ok_or_else(|| err!(Internal, "a predicate without parts"))
    };
    match expr {
        Expr::And(parts) => fold(parts, boolean::and_kleene),
        Expr::Or(parts) => fold(parts, boolean::or_kleene),
        Expr::Not(part) => boolean::not(&on_table(columns, attribset, part)?).map_err(kernel),
        Expr::Test(name, test) => {
            let index = columns.find(&name.name).filter(|_| name.scope.as_deref().is_none_or(|scope| scope == FILE));
            let path = columns.table().path().display();
            let index = index.ok_or_else(|| err!(NotFound, "where: {path} has no column '{name}'"))?;
            column_test(columns, index, attribset, name, test)
        }
    }
}

fn column_test(
    columns: &Columns,
    index: usize,
    attribset: Option<&Columns>,
    name: &Name,
    test: &Test,
) -> Result<BooleanArray> {
    if !name.component.is_empty() {
        return Err(err!(InvalidArgument, "where: {name}: a column has no components"));
    }
    let names = Names::new(attribset, vec![name.name.clone()]);
    columntest::test(name, &columns.column(index)?, test, &names)
}

/// What a name stands for: an array of the group, else a column of the infoset.
///
/// # Errors
/// `NotFound`.
pub fn target<'d>(dataset: &Dataset, group: Asked<'d>, name: &Name) -> Result<Target<'d>> {
    let in_group = match (&name.scope, group) {
        (Some(scope), _) if scope == FILE => None,
        (Some(scope), Some((group, _))) if scope != group => {
            return Err(err!(InvalidArgument, "where: {name} is of another group, asked is '{group}'"));
        }
        (Some(_), None) => return Err(err!(InvalidArgument, "where: {name} is an array, no group is asked")),
        (_, group) => group,
    };
    if let Some((group, entry)) = in_group {
        if let Some((array, entry)) = entry.arrays.get_key_value(&name.name) {
            return Ok(Target::Array(array, entry));
        }
        if name.scope.is_some() {
            return Err(err!(NotFound, "where: group '{group}' has no array '{}'", name.name));
        }
    }
    let missing = |infoset: &str| match in_group {
        Some((group, _)) => err!(NotFound, "where: neither group '{group}' nor {infoset} has '{name}'"),
        None => err!(NotFound, "where: {infoset} has no '{name}'"),
    };
    match dataset.infoset() {
        Ok(infoset) => infoset.find(&name.name).map(Target::Column).ok_or_else(|| missing("the infoset")),
        Err(e) if in_group.is_none() || !dataset.is_open() => Err(e),
        Err(_) => Err(missing("an infoset (there is none)")),
    }
}

struct Binder<'d> {
    dataset: &'d Dataset,
    group: Asked<'d>,
    sources: Vec<Source>,
    /// The names of the sources.
    names: Vec<Name>,
}

impl Binder<'_> {
    fn expr(&mut self, expr: &Expr) -> Result<Part> {
        match expr {
            Expr::And(parts) => self.several(parts, boolean::and_kleene, Node::And),
            Expr::Or(parts) => self.several(parts, boolean::or_kleene, Node::Or),
            Expr::Not(part) => match self.expr(part)? {
                Part::Files(answers) => boolean::not(&answers).map(Part::Files).map_err(kernel),
                Part::Rows(node) => Ok(Part::Rows(Node::Not(Box::new(node)))),
            },
            Expr::Test(name, test) => self.test(name, test),
        }
    }

    fn several(&mut self, parts: &[Expr], kernel_of: Kernel, node: fn(Vec<Node>) -> Node) -> Result<Part> {
        let mut files: Option<BooleanArray> = None;
        let mut rows = Vec::new();
        for part in parts {
            match self.expr(part)? {
                Part::Rows(node) => rows.push(node),
                Part::Files(next) => {
                    files = Some(match files {
                        Some(answers) => kernel_of(&answers, &next).map_err(kernel)?,
                        None => next,
                    });
                }
            }
        }
        match files {
            Some(answers) if rows.is_empty() => Ok(Part::Files(answers)),
            Some(answers) => {
                rows.insert(0, Node::Files(truth::of(&answers)));
                Ok(Part::Rows(node(rows)))
            }
            None => Ok(Part::Rows(node(rows))),
        }
    }

    fn test(&mut self, name: &Name, test: &Test) -> Result<Part> {
        let attribset = self.dataset.attribset().ok();
        let (array, entry) = match target(self.dataset, self.group, name)? {
            Target::Column(index) => {
                let infoset = self.dataset.infoset()?;
                return column_test(&infoset, index, attribset.as_deref(), name, test).map(Part::Files);
            }
            Target::Array(array, entry) => (array, entry),
        };
        let Some((group, group_entry)) = self.group else {
            return Err(err!(Internal, "an array without a group"));
        };
        let names = Names::new(attribset.as_deref(), vec![array.to_owned(), format!("{group}/{array}")]);
        if let Some(index) = self.names.iter().position(|known| known == name) {
            return Ok(Part::Rows(Node::Rows(index, row_test(name, self.sources[index].dtype, test, &names)?)));
        }
        let source = Source::new(self.dataset, (group, group_entry), (array, entry), name, false)?;
        let row_test = row_test(name, source.dtype, test, &names)?;
        if source.axis == FILE {
            let answers = row_test.answers(&source.load(self.dataset, 0..self.dataset.file_count())?)?;
            return Ok(Part::Files(answers.iter().map(|&answer| Some(answer == truth::YES)).collect()));
        }
        if let Some((other, first)) = self.sources.first().zip(self.names.first())
            && other.axis != source.axis
        {
            let (one, two) = (&other.axis, &source.axis);
            return Err(err!(InvalidArgument, "where: {first} runs along '{one}', {name} along '{two}'"));
        }
        self.sources.push(source);
        self.names.push(name.clone());
        Ok(Part::Rows(Node::Rows(self.sources.len() - 1, row_test)))
    }
}

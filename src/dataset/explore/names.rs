//! Names of values: what the attribset calls the integers of an array or a column.

use super::columns::Columns;
use super::literal::Number;
use super::predicate::{Literal, Name, shown};
use crate::error::{Result, err};

/// Names that an error tells.
const TOLD: usize = 8;

/// Where the names of the values of one array or column are.
pub struct Names<'d> {
    attribset: Option<&'d Columns>,
    /// The tables that may hold them, the likeliest first.
    tables: Vec<String>,
}

impl<'d> Names<'d> {
    /// No names at all.
    pub const NONE: Names<'static> = Names { attribset: None, tables: Vec::new() };

    /// The names in the first of these tables that there is.
    pub fn new(attribset: Option<&'d Columns>, tables: Vec<String>) -> Self {
        Self { attribset, tables }
    }

    /// The numbers that literals are, names resolved.
    ///
    /// # Errors
    /// `InvalidArgument` for a bool, and for a name that no value has.
    pub fn numbers(&self, name: &Name, literals: &[Literal]) -> Result<Vec<Number>> {
        let mut numbers = Vec::with_capacity(literals.len());
        for literal in literals {
            match literal {
                Literal::Int(int) => numbers.push(Number::Int(*int)),
                Literal::Real(real) => numbers.push(Number::Real(*real)),
                Literal::Text(text) => numbers.extend(self.ids(name, text)?),
                Literal::Bool(_) => {
                    return Err(err!(InvalidArgument, "where: {name} holds numbers, {literal} is none"));
                }
            }
        }
        Ok(numbers)
    }

    fn ids(&self, name: &Name, text: &str) -> Result<Vec<Number>> {
        let attribset = self.attribset.filter(|_| !self.tables.is_empty());
        for table in &self.tables {
            let Some(attribset) = attribset else { break };
            let labels = attribset.labels(table)?;
            if labels.is_empty() {
                continue;
            }
            let ids: Vec<Number> = labels
                .iter()
                .filter(|(_, _, label)| label == text)
                .map(|(_, id, _)| Number::Int(i128::from(*id)))
                .collect();
            if !ids.is_empty() {
                return Ok(ids);
            }
            let mut known: Vec<String> =
                labels.iter().take(TOLD).map(|(_, _, label)| format!("'{}'", shown(label))).collect();
            if labels.len() > TOLD {
                known.push("...".to_owned());
            }
            let known = known.join(", ");
            return Err(err!(
                InvalidArgument,
                "where: no value of {name} is called '{}', known are {known}",
                shown(text)
            ));
        }
        Err(err!(InvalidArgument, "where: {name} holds numbers, no names of them are known such as '{}'", shown(text)))
    }
}

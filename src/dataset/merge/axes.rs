//! The axes of a dataset: along which dimension each array runs, and how many rows each file has there.
//!
//! Arrays of a group whose first dimension has one name share an axis, where their rows agree; one whose dimension nobody
//! named, and that has other rows, gets an axis of its own.

use indexmap::IndexMap;

use super::agreed::{ABSENT, AgreedArray};
use super::base::BaseDataset;
use super::options::Missing;
use super::plan::PlanAxis;
use crate::dataset::layout::FILE;
use crate::error::{Result, err};

/// Axes and arrays of the dataset.
pub struct Shape {
    /// The axes.
    pub axes: Vec<PlanAxis>,
    /// The arrays, and the place of the axis of each.
    pub arrays: Vec<(AgreedArray, usize)>,
}

/// The axes of the groups, and along which each array runs.
///
/// # Errors
/// `Schema` when parts lack a scalar that every file of the dataset has.
pub fn shape(
    arrays: IndexMap<String, AgreedArray>,
    files: usize,
    missing: Missing,
    base: Option<&BaseDataset>,
) -> Result<Shape> {
    let mut axes: Vec<PlanAxis> = Vec::new();
    let mut placed = Vec::new();
    for (_, array) in arrays {
        let route = &array.route;
        let rows = |file: usize| if array.rows[file] == ABSENT { 0 } else { array.rows[file] };
        let mut dim = route.dims[0].clone();
        let everywhere = array.rows.iter().all(|&rows| rows == 1);
        let mut per_file = dim == FILE && (everywhere || missing == Missing::Fill);
        if dim == FILE && !per_file {
            // Some files have no row: which ones do is what its codes say.
            dim = format!("{}_file", route.group);
        }
        if let Some(per) = base.and_then(|base| base.per_file(&format!("{}/{}", route.group, route.name))) {
            if per && !everywhere && missing != Missing::Fill {
                let key = &array.key;
                return Err(err!(Schema, "{key}: some parts lack it, in the dataset every file has it"));
            }
            per_file = per;
            dim = if per { FILE.to_owned() } else { dim };
        }
        let agrees = |axis: &PlanAxis| {
            let same = |file| array.rows[file] == ABSENT || axis.rows[file] == 0 || axis.rows[file] == rows(file);
            axis.group == route.group && axis.dim == dim && (0..files).all(same)
        };
        let place = axes.iter().position(agrees);
        let place = place.unwrap_or_else(|| {
            let taken = axes.iter().any(|axis| axis.group == route.group && axis.dim == dim);
            if taken {
                // Nobody named its dimension, and it has other rows than those that have the name.
                dim = format!("{}_dim_0", route.name);
            }
            let base = base.map_or(0, |base| base.axis_rows(&route.group, &dim));
            let rows = vec![0; files];
            axes.push(PlanAxis { group: route.group.clone(), dim: dim.clone(), per_file, base, rows });
            axes.len() - 1
        });
        for file in 0..files {
            let have = if per_file { 1 } else { rows(file) };
            axes[place].rows[file] = axes[place].rows[file].max(have);
        }
        placed.push((array, place));
    }
    Ok(Shape { axes, arrays: placed })
}

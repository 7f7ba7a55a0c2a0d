//! Datasets as their users see them: questions against answers that were counted row by row.

mod answers;
mod distributions;
mod fixture;
mod hostile;
mod language;
mod oracle;
mod splits;

use fixture::dataset;

//! Hostile input: bombs, absurd metadata, lies about places and sizes, names that lead out of the store, links. The
//! answer is an error of one line or data; in bounded time and memory; nothing outside is read, written or waited for.

use std::process::ExitCode;
use std::time::Instant;

use datastorage::trust::Defect;

use crate::batch::Batch;
use crate::check::{Check, Row};
use crate::context::Context;
use crate::hostile::bombs::Bombs;
use crate::hostile::json_store::JsonStores;
use crate::hostile::schemas::Schemas;
use crate::hostile::shapes::Shapes;
use crate::hostile::tables::Tables;
use crate::hostile::{archives, documents, exercise, keys, links, shards};
use crate::trial::{Trial, Trials};

pub const CHECK: Check =
    Check { name: "hostile", run, defects: &[("skip-limit", Defect::SkipLimit), ("skip-names", Defect::SkipNames)] };

/// The themes: trials of the proof, the short and the full form.
const THEMES: &[(&str, [u64; 3])] = &[
    ("bombs in codecs", [96, 600, 4000]),
    ("shapes, types, grids", [0, 900, 5000]),
    ("shards", [0, 400, 3000]),
    ("documents", [0, 400, 2000]),
    ("names in stores", [0, 250, 2000]),
    ("archives", [0, 500, 4000]),
    ("json stores", [0, 300, 2000]),
    ("keys of callers", [120, 700, 3000]),
    ("links and pipes", [0, 450, 2000]),
    ("schemas", [0, 80, 400]),
    ("datasets", [0, 200, 1000]),
];

fn run(context: &Context) -> Vec<Row> {
    let one = |&(theme, [proof, short, full]): &(&'static str, [u64; 3])| {
        let started = Instant::now();
        let trials = context.trials(proof, short, full);
        let batch = Batch {
            context,
            check: CHECK.name,
            arguments: vec![theme.to_owned()],
            trials,
            size: (trials / (2 * context.jobs as u64)).clamp(20, 500),
            counts: &["read", "refused"],
        };
        batch.run().row(theme, "stores", context.seed, started)
    };
    THEMES.iter().filter(|(_, [proof, short, full])| context.trials(*proof, *short, *full) > 0).map(one).collect()
}

/// A child: the trials of one theme.
pub fn child(arguments: &[String]) -> ExitCode {
    let Some(trials) = Trials::parse(arguments) else { return ExitCode::from(2) };
    let Some(theme) = trials.arguments().first().cloned() else { return ExitCode::from(2) };
    let place = trials.directory().to_owned();
    let store = |trial: &mut Trial<'_>, case| exercise::case(trial, &place, case);
    match theme.as_str() {
        "bombs in codecs" => {
            let bombs = Bombs::new();
            trials.run(|trial| store(trial, bombs.case(&mut trial.random("bombs"), trial.number)))
        }
        "shapes, types, grids" => {
            let shapes = Shapes::new();
            trials.run(|trial| store(trial, shapes.case(&mut trial.random("shapes"), trial.number)))
        }
        "shards" => trials.run(|trial| store(trial, shards::case(&mut trial.random("shards"), trial.number))),
        "documents" => trials.run(|trial| store(trial, documents::case(&mut trial.random("documents"), trial.number))),
        "names in stores" => {
            trials.run(|trial| store(trial, documents::names(&mut trial.random("names"), trial.number)))
        }
        "archives" => trials.run(|trial| {
            let (what, bytes, form) = archives::case(&mut trial.random("archives"), trial.number);
            exercise::archive_case(trial, &place, &what, bytes, form)
        }),
        "json stores" => {
            let stores = JsonStores::new();
            trials.run(|trial| stores.trial(trial, &place))
        }
        "keys of callers" => trials.run(|trial| keys::trial(trial, &place)),
        "links and pipes" => trials.run(|trial| links::trial(trial, &place)),
        "schemas" => {
            let schemas = Schemas::new();
            trials.run(|trial| schemas.trial(trial, &place))
        }
        "datasets" => {
            let tables = Tables::new(&place);
            trials.run(|trial| tables.trial(trial, &place))
        }
        _ => ExitCode::from(2),
    }
}

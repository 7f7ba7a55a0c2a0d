//! What is in a store, elsewhere: as an archive in memory, or copied into a new store.

use datastorage::{Array, CopyOptions, ErrorKind, Kind, Storage};
use serde_json::Value as Json;

use super::case::{Backend, Spec};
use super::compare::{self, Outcome, equal, settle};
use super::copied;
use super::opened::Opened;
use super::run::{Run, failed};
use super::state::{Policy, State};
use super::step::Object;

impl Run {
    pub(super) fn validate(&self, key: &str, array: &Array) -> Outcome {
        let want = super::state::valid(key, false).map_err(|e| vec![e]);
        let want = want.and_then(|()| match (&self.state.schema, datastorage::Key::parse(key)) {
            (Some(schema), Ok(key)) => {
                schema.check(&key, &array.view(), self.open.policy.dtype).map(drop).map_err(|e| vec![e.kind()])
            }
            _ => Ok(()),
        });
        settle(self.open.store.validate(key, &array.view()), want, |()| Ok(()))
    }

    pub(super) fn bytes_of(&mut self, options: &Object) -> Outcome {
        let spec = Spec { backend: Backend::Zarr, options: options.clone() };
        let Ok(parsed) = spec.parsed("a") else { return Outcome::Differs(format!("options {options:?}")) };
        let own = self.open.backend() == Backend::Zarr;
        let want = if own {
            let nan = !self.open.read_only && self.open.policy.refuses_nan() && self.state.has_nan();
            if nan { Err(vec![ErrorKind::Nan]) } else { Ok(self.state.clone()) }
        } else {
            copied::copied(&self.state, Policy::of(Backend::Zarr, &parsed), None, |_| false)
        };
        settle(self.open.store.to_bytes(&parsed), want.as_ref().map(|_| ()).map_err(Clone::clone), |bytes| {
            // It has its own format.
            let mut reading = options.clone();
            ["zarr_format", "shard_elements", "profile"].iter().for_each(|name| drop(reading.shift_remove(*name)));
            let reading = Spec { options: reading, ..spec.clone() }.parsed("r").map_err(failed("options"))?;
            let archive = Storage::open_bytes(bytes, &reading);
            let archive = archive.map_err(failed("an archive in memory"))?;
            let want = want.expect("it succeeded");
            compare::whole(&archive, &want, self.payloads).map_err(|e| format!("an archive in memory: {e}"))
        })
    }

    /// Goes on in a new store with what is in this one.
    pub(super) fn convert(&mut self, spec: &Spec, options: Option<&Object>) -> Outcome {
        let path = self.place.join(format!("store{}", self.stores));
        self.stores += 1;
        let opened = match Opened::new(spec, &path, "a") {
            Ok(opened) => opened,
            Err(e) => return Outcome::Differs(failed("opening the destination")(e)),
        };
        let given = Json::Object(options.cloned().unwrap_or_default());
        let copy: CopyOptions = match serde_json::from_value(given.clone()) {
            Ok(copy) => copy,
            Err(e) => return Outcome::Differs(format!("options of copying: {e}")),
        };
        let encoded = given.as_object().is_some_and(|given| given.keys().any(|name| name != "keys"));
        let budget = self.budget;
        let both = self.open.backend() == Backend::Zarr && spec.backend == Backend::Zarr;
        // An array that is copied by parts keeps what new elements are.
        let by_parts = |array: &Array| both && array.bytes().is_some_and(|bytes| bytes.len() as u64 > budget);
        let want = match encoded && spec.backend != Backend::Zarr {
            true => Err(vec![ErrorKind::InvalidArgument]),
            false => copied::copied(&self.state, opened.policy, copy.keys.as_deref(), by_parts),
        };
        let got = self.open.store.copy_with(&opened.store, &copy);
        let outcome = settle(got, want.as_ref().map(|_| ()).map_err(Clone::clone), |leaves| {
            let nodes = want.as_ref().map(State::nodes).unwrap_or_default();
            let count = nodes.iter().filter(|(_, node)| node.kind() != Kind::Group).count();
            equal("the number of leaves that were copied", leaves, count as u64)
        });
        let (Outcome::Done, Ok(state)) = (&outcome, want) else {
            opened.store.discard();
            return outcome;
        };
        self.open.store.discard();
        self.payloads &= spec.backend != Backend::Json;
        self.committed = if spec.backend == Backend::Json { Some(State::default()) } else { None };
        self.open = opened;
        self.state = state;
        if self.open.at_once() && !self.state.nodes().is_empty() {
            let root = self.state.root.clone();
            self.committed = Some(State { root, ..State::default() });
        }
        outcome
    }
}

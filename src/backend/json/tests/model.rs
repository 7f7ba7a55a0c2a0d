//! Any sequence of calls leaves what the memory backend says, across commits and openings.

use super::*;
use crate::backend::memory::Memory;

#[derive(Clone, Debug)]
enum Call {
    Put(usize, u8),
    PutGroup(usize, Vec<(usize, u8)>),
    Group(usize),
    Delete(usize),
    Rename(usize, usize),
    Attribute(usize, u8),
    Flush(u8),
    Reopen,
    Discard,
}

const KEYS: [&str; 10] = ["a", "b", "A", "a/b", "a/b/c", "a_b", "b/a", "b/c/d", "a/x", "metadata"];
const NAMES: [&str; 4] = ["a", "b", "c", "x"];

fn calls() -> impl Strategy<Value = Vec<Call>> {
    let at = || 0..KEYS.len();
    let call = prop_oneof![
        4 => (at(), any::<u8>()).prop_map(|(k, v)| Call::Put(k, v)),
        3 => (at(), proptest::collection::vec((0..NAMES.len(), any::<u8>()), 0..4)).prop_map(|(k, v)| Call::PutGroup(k, v)),
        1 => at().prop_map(Call::Group),
        2 => at().prop_map(Call::Delete),
        3 => (at(), at()).prop_map(|(a, b)| Call::Rename(a, b)),
        1 => (at(), any::<u8>()).prop_map(|(k, v)| Call::Attribute(k, v)),
        2 => any::<u8>().prop_map(Call::Flush),
        1 => Just(Call::Reopen),
        1 => Just(Call::Discard),
    ];
    proptest::collection::vec(call, 1..25)
}

fn apply(store: &dyn Backend, call: &Call) -> Result<(), ErrorKind> {
    let op = Op::quiet();
    let result = match call {
        Call::Put(k, v) => {
            let array = Array::vector(&vec![f32::from(*v) / 10.0; usize::from(*v % 3)]);
            store.write(&op, &key(KEYS[*k]), leaf(array.view()))
        }
        Call::PutGroup(k, children) => {
            // Names may repeat, and then the call fails in both.
            let children = children
                .iter()
                .map(|(n, v)| (NAMES[*n], if v % 2 == 0 { text("t") } else { group(vec![(NAMES[*n], text("u"))]) }));
            store.write(&op, &key(KEYS[*k]), group(children.collect()))
        }
        Call::Group(k) => store.create_group(&key(KEYS[*k])),
        Call::Delete(k) => store.delete(&key(KEYS[*k])),
        Call::Rename(a, b) => store.rename(&key(KEYS[*a]), &key(KEYS[*b])),
        Call::Attribute(k, v) => {
            store.set_attributes(&key(KEYS[*k]), [("v".to_owned(), json!(v))].into_iter().collect())
        }
        Call::Flush(v) => store.flush(&op, &[("m".to_owned(), json!(v))].into_iter().collect()),
        Call::Reopen | Call::Discard => Ok(()),
    };
    result.map_err(|e| e.kind())
}

/// What can be read of each node, by key.
type Nodes = BTreeMap<String, (Kind, Option<Array>, Vec<String>, Object)>;

/// Everything that can be read.
fn contents(store: &dyn Backend) -> (Object, Nodes) {
    fn walk(store: &dyn Backend, at: &Key, all: &mut Nodes) {
        for child in store.list(at).unwrap() {
            let at = at.child(&child.name).unwrap();
            let array = (child.kind != Kind::Group).then(|| get(store, at.as_str()));
            let info = store.info(&at).unwrap();
            all.insert(at.to_string(), (info.kind, array, info.dims, store.attributes(&at).unwrap()));
            if child.kind == Kind::Group {
                walk(store, &at, all);
            }
        }
    }
    let mut all = BTreeMap::new();
    walk(store, &Key::root(), &mut all);
    (store.load_metadata().unwrap(), all)
}

/// A copy of what is in a store.
fn copy_of(store: &dyn Backend) -> Memory {
    let (metadata, all) = contents(store);
    let copy = Memory::new();
    for (at, (kind, array, dims, attributes)) in all {
        let at = key(&at);
        match array {
            None => copy.create_group(&at).unwrap(),
            Some(array) => {
                let leaf = Leaf { kind, view: array.view(), dims, attributes: Object::new() };
                copy.write(&Op::quiet(), &at, Tree::Leaf(leaf)).unwrap();
            }
        }
        copy.set_attributes(&at, attributes).unwrap();
    }
    copy.flush(&Op::quiet(), &metadata).unwrap();
    copy
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn agrees_with_memory(calls in calls()) {
        let dir = TempDir::new().unwrap();
        let mut store = create(&dir);
        let mut model = Memory::new();
        let mut committed = Memory::new();
        for call in &calls {
            match call {
                Call::Reopen => {
                    let metadata = model.load_metadata().unwrap();
                    store.close(&Op::quiet(), &metadata, &Object::new()).unwrap();
                    store = create(&dir);
                    committed = copy_of(&model);
                }
                Call::Discard => {
                    store.discard();
                    store = create(&dir);
                    model = copy_of(&committed);
                }
                call => {
                    prop_assert_eq!(apply(&store, call), apply(&model, call), "{:?}", call);
                    if matches!(call, Call::Flush(_)) {
                        committed = copy_of(&model);
                        prop_assert!(store.verify(&Op::quiet(), false).unwrap().is_empty());
                    }
                }
            }
            prop_assert_eq!(contents(&store), contents(&model), "after {:?}", call);
        }
        flush(&store);
        let again = open(&dir, r#"{"mode": "r"}"#);
        prop_assert_eq!(contents(&again), contents(&model));
        let lower: std::collections::BTreeSet<_> = names(&dir).iter().map(|n| n.to_ascii_lowercase()).collect();
        prop_assert_eq!(lower.len(), names(&dir).len());
        prop_assert_eq!(names(&dir).len(), again.read_index().files.len(), "no file is left over");
    }
}

//! Makes a case that fails small: steps are left out, then values made simpler, for as long as it still fails.
//!
//! Greedy, and bounded in time. Any failure will do: a smaller case of another failure is a failure too.

use std::time::{Duration, Instant};

use super::case::{Case, budget};
use super::data::{Data, Fill, Item};
use super::step::{Object, Step};

/// The smallest case found that `fails` says fails.
pub fn shrink(case: &Case, most: Duration, fails: &dyn Fn(&Case) -> bool) -> Case {
    let until = Instant::now() + most;
    let mut case = case.clone();
    loop {
        let before = case.clone();
        drop_steps(&mut case, until, fails);
        simplify(&mut case, until, fails);
        if case == before || Instant::now() > until {
            return case;
        }
    }
}

fn drop_steps(case: &mut Case, until: Instant, fails: &dyn Fn(&Case) -> bool) {
    let mut size = (case.steps.len() / 2).max(1);
    loop {
        let mut at = 0;
        while at < case.steps.len() && Instant::now() < until {
            let mut less = case.clone();
            less.steps.drain(at..(at + size).min(case.steps.len()));
            if fails(&less) {
                *case = less;
            } else {
                at += size;
            }
        }
        if size == 1 {
            return;
        }
        size /= 2;
    }
}

fn simplify(case: &mut Case, until: Instant, fails: &dyn Fn(&Case) -> bool) {
    let mut others: Vec<Case> = Vec::new();
    others.extend((case.budget != budget()).then(|| Case { budget: budget(), ..case.clone() }));
    for name in case.spec.options.keys() {
        let mut other = case.clone();
        other.spec.options.shift_remove(name);
        others.push(other);
    }
    for other in others {
        if fails(&other) {
            *case = other;
        }
    }
    let mut at = 0;
    while at < case.steps.len() {
        let mut better = false;
        for step in simpler(&case.steps[at]) {
            if Instant::now() > until {
                return;
            }
            let mut other = case.clone();
            other.steps[at] = step;
            if fails(&other) {
                *case = other;
                better = true;
                break;
            }
        }
        at += usize::from(!better);
    }
}

/// Steps that are a little simpler.
fn simpler(step: &Step) -> Vec<Step> {
    let mut out = Vec::new();
    match step {
        Step::Save { key, item } => {
            out.extend(items(item).into_iter().map(|item| Step::Save { key: key.clone(), item }))
        }
        Step::SaveView { key, data, transposed } => {
            out.push(Step::Save { key: key.clone(), item: Item::Array(data.clone()) });
            let view = |data| Step::SaveView { key: key.clone(), data, transposed: *transposed };
            out.extend(datas(data, true).into_iter().map(view));
        }
        Step::Create { key, dtype, shape, fill, options } => {
            let create = |shape: Vec<u64>, fill: &Option<Data>, options: Object| Step::Create {
                key: key.clone(),
                dtype: dtype.clone(),
                shape,
                fill: fill.clone(),
                options,
            };
            out.extend(fill.is_some().then(|| create(shape.clone(), &None, options.clone())));
            out.extend(less(options).into_iter().map(|options| create(shape.clone(), fill, options)));
            out.extend(shapes(shape, false).into_iter().map(|shape| create(shape, fill, options.clone())));
        }
        Step::SaveRegion { key, offset, data } => {
            let region = |offset: &[u64], data: &Data| Step::SaveRegion {
                key: key.clone(),
                offset: offset.to_vec(),
                data: data.clone(),
            };
            out.extend(shapes(offset, false).iter().map(|offset| region(offset, data)));
            out.extend(datas(data, false).iter().map(|data| region(offset, data)));
        }
        Step::Resize { key, shape } => {
            out.extend(shapes(shape, false).into_iter().map(|shape| Step::Resize { key: key.clone(), shape }));
        }
        Step::Append { key, axis, data } => {
            let append = |data| Step::Append { key: key.clone(), axis: *axis, data };
            out.extend(datas(data, false).into_iter().map(append));
        }
        Step::SetAttributes { key, attributes } => {
            let set = |attributes| Step::SetAttributes { key: key.clone(), attributes };
            out.extend(less(attributes).into_iter().map(set));
        }
        Step::SaveMetadata { key, value } if !value.is_i64() => {
            out.push(Step::SaveMetadata { key: key.clone(), value: 1.into() });
            if let Some(object) = value.as_object() {
                let save = |object| Step::SaveMetadata { key: key.clone(), value: serde_json::Value::Object(object) };
                out.extend(less(object).into_iter().map(save));
            }
        }
        Step::Copy { spec, options } => {
            out.push(Step::Convert { spec: spec.clone() });
            out.extend(less(options).into_iter().map(|options| Step::Copy { spec: spec.clone(), options }));
        }
        Step::Convert { spec } => {
            for options in less(&spec.options) {
                out.push(Step::Convert { spec: super::case::Spec { options, ..spec.clone() } });
            }
        }
        Step::Reopen { mode, options } => {
            out.extend((mode != "a").then(|| Step::Reopen { mode: "a".to_owned(), options: options.clone() }));
            out.extend(less(options).into_iter().map(|options| Step::Reopen { mode: mode.clone(), options }));
        }
        Step::Discard { options } => out.extend(less(options).into_iter().map(|options| Step::Discard { options })),
        Step::Reader { options } => out.extend(less(options).into_iter().map(|options| Step::Reader { options })),
        Step::ToBytes { options } => out.extend(less(options).into_iter().map(|options| Step::ToBytes { options })),
        Step::Fault { fault, at, lasting, step } => {
            out.push((**step).clone());
            let with = |at, lasting, step| Step::Fault { fault: *fault, at, lasting, step: Box::new(step) };
            out.extend(lasting.then(|| with(*at, false, (**step).clone())));
            out.extend([0, at / 2].into_iter().filter(|less| less < at).map(|at| with(at, *lasting, (**step).clone())));
            out.extend(simpler(step).into_iter().map(|step| with(*at, *lasting, step)));
        }
        Step::Cancel { after, interrupt, step } => {
            out.push((**step).clone());
            let inner = |step| Step::Cancel { after: *after, interrupt: *interrupt, step: Box::new(step) };
            out.extend(simpler(step).into_iter().map(inner));
        }
        _ => {}
    }
    out
}

/// Objects with one member less.
fn less(object: &Object) -> Vec<Object> {
    object
        .keys()
        .map(|name| {
            let mut less = object.clone();
            less.shift_remove(name);
            less
        })
        .collect()
}

/// Shapes with a shorter dimension, or with one less.
fn shapes(shape: &[u64], fewer: bool) -> Vec<Vec<u64>> {
    let mut out = Vec::new();
    if fewer && !shape.is_empty() {
        out.push(shape[1..].to_vec());
    }
    for (d, &length) in shape.iter().enumerate() {
        for shorter in [0, 1, length / 2, length.saturating_sub(1)] {
            if shorter < length {
                let mut shape = shape.to_vec();
                shape[d] = shorter;
                out.push(shape);
            }
        }
    }
    out.dedup();
    out
}

fn datas(data: &Data, fewer: bool) -> Vec<Data> {
    let shapes = shapes(&data.shape, fewer).into_iter().map(|shape| Data { shape, ..data.clone() });
    let mut out: Vec<Data> = shapes.collect();
    if let Fill::Cycle(texts) = &data.fill {
        if data.dtype != "string" {
            out.push(Data { fill: Fill::Count(1), ..data.clone() });
        }
        if texts.len() > 1 {
            out.extend(texts.iter().map(|text| Data { fill: Fill::Cycle(vec![text.clone()]), ..data.clone() }));
        }
    }
    out
}

fn items(item: &Item) -> Vec<Item> {
    match item {
        Item::Array(data) => {
            let mut out: Vec<Item> = datas(data, true).into_iter().map(Item::Array).collect();
            if data.dtype != "uint8" {
                let fill = Fill::Count(1);
                out.push(Item::Array(Data { dtype: "uint8".to_owned(), shape: data.shape.clone(), fill }));
            }
            out
        }
        Item::Bytes(text) if !text.is_empty() => vec![Item::Bytes(String::new())],
        Item::Json(json) if !json.is_null() => vec![Item::Json(serde_json::Value::Null)],
        Item::Bytes(_) | Item::Json(_) => Vec::new(),
        Item::Group(children) => {
            let mut out: Vec<Item> = children.iter().map(|(_, child)| child.clone()).collect();
            for at in 0..children.len() {
                let mut less = children.clone();
                less.remove(at);
                out.push(Item::Group(less));
                for child in items(&children[at].1) {
                    let mut other = children.clone();
                    other[at].1 = child;
                    out.push(Item::Group(other));
                }
            }
            out
        }
    }
}

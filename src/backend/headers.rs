//! What a store says of its arrays without their elements, found by walking its groups.

use super::{Backend, Kind};
use crate::error::{Result, err};
use crate::key::Key;
use crate::op::Op;
use crate::value::DType;

/// Every array, group after group; neither bytes nor JSON nodes.
pub fn headers<B: Backend + ?Sized>(store: &B, op: &Op) -> Result<Vec<(Key, DType, Vec<u64>)>> {
    let mut found = Vec::new();
    let mut groups = vec![Key::root()];
    while let Some(group) = groups.pop() {
        op.check()?;
        if group.as_str().matches('/').count() > 128 {
            return Err(err!(Corrupt, "{group}: groups are nested deeper than 128"));
        }
        for child in store.list(&group)? {
            let key = group.child(&child.name)?;
            match child.kind {
                Kind::Group => groups.push(key),
                _ => {
                    if let (Kind::Array, Some(dtype), shape) = store.layout(&key)? {
                        found.push((key, dtype, shape));
                    }
                }
            }
        }
    }
    Ok(found)
}

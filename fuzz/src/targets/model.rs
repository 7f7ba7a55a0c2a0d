//! A box of an array as anybody would cut it: element by element, by its index.

use datastorage::{Array, Region};

/// The places of a box's elements in an array of a shape, both row-major.
pub fn places(shape: &[u64], region: &Region) -> Vec<usize> {
    let count: u64 = region.shape.iter().product();
    let mut out = Vec::with_capacity(count as usize);
    for number in 0..count {
        let (mut rest, mut place, mut stride) = (number, 0, 1);
        for d in (0..shape.len()).rev() {
            place += (region.offset[d] + rest % region.shape[d]) * stride;
            rest /= region.shape[d];
            stride *= shape[d];
        }
        out.push(place as usize);
    }
    out
}

/// The elements of a box of an array.
pub fn cut(array: &Array, region: &Region) -> Array {
    let places = places(array.shape(), region);
    if let Some(all) = array.strings() {
        let chosen = places.iter().map(|&place| all[place].clone()).collect();
        return Array::from_strings(region.shape.clone(), chosen).expect("as many as the box has");
    }
    let (all, size) = (array.bytes().expect("no strings"), array.dtype().size());
    let chosen = places.iter().flat_map(|&place| &all[place * size..(place + 1) * size]).copied().collect();
    Array::from_bytes(array.dtype(), region.shape.clone(), chosen).expect("as many as the box has")
}

//! Row-major and column-major: the elements of one chunk in the other order.

/// A column-major chunk in row-major order.
pub fn row_major(chunk: &[u8], shape: &[u64], size: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(chunk.len());
    for at in column_major_order(shape) {
        out.extend_from_slice(&chunk[at * size..(at + 1) * size]);
    }
    out
}

pub fn transposed(chunk: Vec<String>, shape: &[u64]) -> Vec<String> {
    let mut chunk: Vec<Option<String>> = chunk.into_iter().map(Some).collect();
    column_major_order(shape).filter_map(|at| chunk.get_mut(at).and_then(Option::take)).collect()
}

/// The column-major position of each element, in row-major order.
fn column_major_order(shape: &[u64]) -> impl Iterator<Item = usize> + '_ {
    let count: u64 = shape.iter().product();
    (0..count).map(move |linear| {
        let (mut rest, mut at) = (linear, 0);
        let mut stride: u64 = count;
        for &length in shape.iter().rev() {
            stride /= length.max(1);
            at += (rest % length) * stride;
            rest /= length;
        }
        at as usize
    })
}

/// The row-major position of each element, in column-major order.
pub fn column_major(shape: &[u64]) -> impl Iterator<Item = usize> {
    let count: u64 = shape.iter().product();
    (0..count).map(move |linear| {
        let (mut rest, mut at, mut stride) = (linear, 0, count);
        // The first dimension varies fastest; its row-major stride is the largest.
        for &length in shape {
            stride /= length.max(1);
            at += (rest % length) * stride;
            rest /= length;
        }
        at as usize
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn column_major_chunks_come_back_row_major() {
        // 2 x 3, stored by columns: 0 3 1 4 2 5.
        assert_eq!(row_major(&[0, 3, 1, 4, 2, 5], &[2, 3], 1), [0, 1, 2, 3, 4, 5]);
        let words: Vec<String> = ["a", "d", "b", "e", "c", "f"].iter().map(|s| s.to_string()).collect();
        assert_eq!(transposed(words, &[2, 3]).concat(), "abcdef");
    }

    #[test]
    fn column_major_order_has_the_first_dimension_fastest() {
        assert_eq!(column_major(&[2, 3]).collect::<Vec<_>>(), [0, 3, 1, 4, 2, 5]);
    }
}

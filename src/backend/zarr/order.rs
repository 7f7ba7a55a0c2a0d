//! Row-major and column-major: the elements of one chunk in the other order.

/// A column-major chunk in row-major order.
pub fn row_major(chunk: &[u8], shape: &[u64], size: usize) -> Vec<u8> {
    match shape {
        // Stored by columns, it is a matrix with the two lengths exchanged.
        [rows, columns] => flipped(chunk, *columns as usize, *rows as usize, size),
        _ => gathered(chunk, column_major_order(shape), size),
    }
}

/// A row-major chunk in column-major order.
pub fn turned(chunk: &[u8], shape: &[u64], size: usize) -> Vec<u8> {
    match shape {
        [rows, columns] => flipped(chunk, *rows as usize, *columns as usize, size),
        _ => gathered(chunk, column_major(shape), size),
    }
}

fn gathered(chunk: &[u8], order: impl Iterator<Item = usize>, size: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(chunk.len());
    for at in order {
        out.extend_from_slice(&chunk[at * size..(at + 1) * size]);
    }
    out
}

/// The transpose of a matrix.
fn flipped(matrix: &[u8], rows: usize, columns: usize, size: usize) -> Vec<u8> {
    fn each<const N: usize>(matrix: &[u8], rows: usize, columns: usize) -> Vec<u8> {
        let (matrix, _) = matrix.as_chunks::<N>();
        let mut out = Vec::with_capacity(rows * columns * N);
        for column in 0..columns {
            for row in 0..rows {
                out.extend_from_slice(&matrix[row * columns + column]);
            }
        }
        out
    }
    match size {
        1 => each::<1>(matrix, rows, columns),
        2 => each::<2>(matrix, rows, columns),
        4 => each::<4>(matrix, rows, columns),
        8 => each::<8>(matrix, rows, columns),
        16 => each::<16>(matrix, rows, columns),
        _ => {
            let order = (0..columns).flat_map(|column| (0..rows).map(move |row| row * columns + column));
            gathered(matrix, order, size)
        }
    }
}

/// The strings of a column-major chunk in row-major order.
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
        for shape in [&[4u64, 3][..], &[2, 3, 5], &[7], &[]] {
            for size in [1, 2, 3, 4, 8, 16] {
                let chunk: Vec<u8> = (0..shape.iter().product::<u64>() as usize * size).map(|i| i as u8).collect();
                assert_eq!(row_major(&turned(&chunk, shape, size), shape, size), chunk, "{shape:?} {size}");
            }
        }
    }
}

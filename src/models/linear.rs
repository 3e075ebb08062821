/*!
Dense systems of linear equations.
*/

/// A square matrix taken apart into triangles, so that each right-hand side costs O(n²).
///
/// Gaussian elimination with partial pivoting (G. H. Golub and C. F. Van Loan, "Matrix
/// Computations", algorithm 3.4.1): O(n³) time, n² numbers of memory.
#[derive(Debug, Clone)]
pub struct Factors {
    size: usize,
    /// Both triangles, row by row; the unit diagonal of the lower one is left out.
    triangles: Vec<f64>,
    /// Which row came to each place.
    rows: Vec<usize>,
}

impl Factors {
    /// Takes a matrix of `size * size` numbers apart, given row by row; none if it is singular to
    /// working precision.
    pub fn of(mut matrix: Vec<f64>, size: usize) -> Option<Self> {
        let scale = matrix.iter().fold(0.0f64, |most, value| most.max(value.abs()));
        let mut rows: Vec<usize> = (0..size).collect();
        for column in 0..size {
            let magnitude = |row: &usize| matrix[row * size + column].abs();
            let pivot = (column..size).max_by(|left, right| {
                magnitude(left).total_cmp(&magnitude(right)).then(right.cmp(left))
            })?;
            let least = scale * size as f64 * f64::EPSILON;
            if magnitude(&pivot).is_nan() || magnitude(&pivot) <= least || least.is_nan() {
                return None;
            }
            if pivot != column {
                let (upper, lower) = matrix.split_at_mut(pivot * size);
                upper[column * size..][..size].swap_with_slice(&mut lower[..size]);
                rows.swap(column, pivot);
            }
            let (above, below) = matrix.split_at_mut((column + 1) * size);
            let above = &above[column * size..];
            for row in below.chunks_exact_mut(size) {
                let factor = row[column] / above[column];
                row[column] = factor;
                if factor != 0.0 {
                    for (value, pivot) in row[column + 1..].iter_mut().zip(&above[column + 1..]) {
                        *value -= factor * pivot;
                    }
                }
            }
        }
        Some(Self { size, triangles: matrix, rows })
    }

    /// The `x` with `matrix x = right`.
    pub fn solve(&self, right: &[f64]) -> Vec<f64> {
        let size = self.size;
        let mut x: Vec<f64> = self.rows.iter().map(|row| right[*row]).collect();
        for row in 0..size {
            let known = dot(&self.triangles[row * size..][..row], &x[..row]);
            x[row] -= known;
        }
        for row in (0..size).rev() {
            let from = row * size;
            let known = dot(&self.triangles[from + row + 1..from + size], &x[row + 1..]);
            x[row] = (x[row] - known) / self.triangles[from + row];
        }
        x
    }
}

/// The sum of products, in their order.
pub(super) fn dot(left: &[f64], right: &[f64]) -> f64 {
    left.iter().zip(right).map(|(left, right)| left * right).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// x = (1, -2, 3) put into three equations; the first pivot is zero, so rows must move.
    #[test]
    fn solves_what_was_put_in() {
        let matrix = vec![0.0, 2.0, 1.0, 1.0, 1.0, 1.0, 4.0, -1.0, 2.0];
        let factors = Factors::of(matrix, 3).unwrap();
        let x = factors.solve(&[-1.0, 2.0, 12.0]);
        for (actual, expected) in x.iter().zip([1.0, -2.0, 3.0]) {
            assert!((actual - expected).abs() < 1e-14, "{x:?}");
        }
    }

    /// H. Wilkinson's check: residuals stay small for the ill-conditioned Hilbert matrix.
    #[test]
    fn residuals_are_small() {
        let size = 6;
        let cell = |row: usize, column: usize| 1.0 / (row + column + 1) as f64;
        let matrix: Vec<f64> =
            (0..size * size).map(|place| cell(place / size, place % size)).collect();
        let right: Vec<f64> = (0..size).map(|row| row as f64).collect();
        let x = Factors::of(matrix.clone(), size).unwrap().solve(&right);
        for row in 0..size {
            let sum = dot(&matrix[row * size..][..size], &x);
            assert!((sum - right[row]).abs() < 1e-9, "{sum}");
        }
    }

    #[test]
    fn singular_matrices_have_no_factors() {
        assert!(Factors::of(vec![1.0, 2.0, 2.0, 4.0], 2).is_none());
        assert!(Factors::of(vec![0.0], 1).is_none());
        assert!(Factors::of(vec![f64::NAN], 1).is_none());
        assert!(Factors::of(Vec::new(), 0).unwrap().solve(&[]).is_empty());
    }
}

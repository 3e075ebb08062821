/*!
The maximum of a log-likelihood, and how sure it is.

Quasi-Newton steps (BFGS) bring a start near the maximum; Newton steps with a Hessian from differences
of the analytic gradient settle it to the last digits and give the standard errors. J. Nocedal and
S. J. Wright, "Numerical Optimization", 2nd ed. (2006): algorithms 3.5, 3.6 and 6.1.

Parameters that must be positive are searched by their logarithms, where the likelihoods of this crate
are close to quadratic and no bound is ever met. A likelihood may have its supremum at infinity: when
customers do not differ, for instance, or nothing tells two parameters apart. That is an answer too,
and [`Failure`] says which.
*/

use std::fmt;

/// Where a log-likelihood is greatest.
#[derive(Debug, Clone, PartialEq)]
pub struct Maximum {
    pub point: Vec<f64>,
    pub value: f64,
    /// From the inverse of the negative Hessian, or why there are none: the point is then just
    /// where the search ended.
    pub covariance: Result<Vec<Vec<f64>>, Failure>,
}

/// Why a search found no maximum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// The function rises for as long as this parameter grows.
    Unbounded(usize),
    /// The function rises for as long as this parameter falls.
    Vanishing(usize),
    /// The function is flat in some direction.
    Flat,
    /// The limit of steps was met.
    Unfinished,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unbounded(_) => "grows without end",
            Self::Vanishing(_) => "falls without end",
            Self::Flat => "the likelihood is flat: the data do not tell the parameters apart",
            Self::Unfinished => "no maximum within the limit of steps",
        })
    }
}

const QUASI_NEWTON_STEPS: usize = 200;
const NEWTON_STEPS: usize = 50;
/// The gradient, per observation, at which Newton's method takes over.
const NEAR: f64 = 1e-6;
/// The Newton step that needs no search: that close to a maximum the function is a parabola, and its
/// values differ by rounding alone.
const SHORT: f64 = 1e-3;
/// What a last Newton step may still gain: parameters are then within a millionth of their errors,
/// and the Hessian is that of the maximum.
const SETTLED: f64 = 1e-12;
/// Distance from the start, for logarithms of parameters a factor of 160,000, beyond which a maximum is
/// taken to lie at infinity.
const FAR: f64 = 12.0;
/// The longest step of a coordinate: a likelihood far from its maximum says little about it.
const LONGEST: f64 = 3.0;

/// Maximises a sum over `observations`, of which `function` returns the value and writes the gradient.
///
/// Where the function has no value it returns NaN or minus infinity, and the search turns back.
pub fn maximise(
    start: &[f64],
    observations: f64,
    function: impl Fn(&[f64], &mut [f64]) -> f64,
) -> Maximum {
    let descent = Descent { function, observations, start };
    let near = descent.quasi_newton();
    descent.newton(near)
}

/// As [`maximise`], for parameters that must be positive: `function` gets them as they are and writes
/// the gradient by them; point and covariance are of their logarithms.
pub fn maximise_positive(
    start: &[f64],
    observations: f64,
    function: impl Fn(&[f64], &mut [f64]) -> f64,
) -> Maximum {
    let logarithms: Vec<f64> = start.iter().copied().map(libm::log).collect();
    maximise(&logarithms, observations, |logarithms, gradient| {
        let parameters: Vec<f64> = logarithms.iter().copied().map(libm::exp).collect();
        let value = function(&parameters, gradient);
        for (slope, parameter) in gradient.iter_mut().zip(&parameters) {
            *slope *= parameter;
        }
        value
    })
}

/// A point with the loss there: minus the function, per observation.
#[derive(Clone)]
struct Place {
    at: Vec<f64>,
    loss: f64,
    slope: Vec<f64>,
}

struct Descent<'a, F> {
    function: F,
    observations: f64,
    start: &'a [f64],
}

impl<F: Fn(&[f64], &mut [f64]) -> f64> Descent<'_, F> {
    fn place(&self, at: Vec<f64>) -> Place {
        let mut slope = vec![0.0; at.len()];
        let value = (self.function)(&at, &mut slope);
        slope.iter_mut().for_each(|slope| *slope /= -self.observations);
        let is_known = value.is_finite() && slope.iter().all(|slope| slope.is_finite());
        let loss = if is_known { -value / self.observations } else { f64::INFINITY };
        Place { at, loss, slope }
    }

    fn quasi_newton(&self) -> Place {
        let size = self.start.len();
        let mut here = self.place(self.start.to_vec());
        let mut inverse = scaled_identity(size, 1.0);
        let mut is_first = true;
        for _ in 0..QUASI_NEWTON_STEPS {
            if here.slope.iter().all(|slope| slope.abs() <= NEAR) || self.is_far(&here) {
                break;
            }
            let mut step = times(&inverse, &here.slope);
            step.iter_mut().for_each(|step| *step = -*step);
            if dot(&step, &here.slope) >= 0.0 {
                inverse = scaled_identity(size, 1.0);
                step = here.slope.iter().map(|slope| -slope).collect();
            }
            let Some(next) = self.search(&here, &step) else { break };
            let moved: Vec<f64> = difference(&next.at, &here.at);
            let bent: Vec<f64> = difference(&next.slope, &here.slope);
            let curvature = dot(&moved, &bent);
            if curvature > 0.0 {
                if is_first {
                    inverse = scaled_identity(size, curvature / dot(&bent, &bent));
                    is_first = false;
                }
                update(&mut inverse, &moved, &bent, curvature);
            }
            here = next;
        }
        here
    }

    /// A step along a direction that falls enough and comes out less steep (Wolfe's conditions), by
    /// doubling and halving; at least one that falls.
    fn search(&self, here: &Place, direction: &[f64]) -> Option<Place> {
        let fall = dot(direction, &here.slope);
        let longest = direction.iter().fold(0.0f64, |longest, step| longest.max(step.abs()));
        let limit = LONGEST / longest;
        let (mut low, mut high) = (0.0, f64::INFINITY);
        let mut length = limit.min(1.0);
        let mut best: Option<Place> = None;
        for _ in 0..40 {
            let next = self.place(along(&here.at, direction, length));
            if next.loss > here.loss + 1e-4 * length * fall {
                high = length;
            } else if dot(direction, &next.slope) < 0.9 * fall && length < limit {
                low = length;
                best = Some(next);
            } else {
                return Some(next);
            }
            length = if high.is_finite() { 0.5 * (low + high) } else { (2.0 * length).min(limit) };
        }
        best
    }

    fn newton(&self, near: Place) -> Maximum {
        let mut here = near;
        for _ in 0..NEWTON_STEPS {
            if let Some(beyond) = self.beyond(&here) {
                return self.maximum(here, Err(beyond));
            }
            let Some(inverse) = inverted(&self.hessian(&here)) else {
                return self.maximum(here, Err(Failure::Flat));
            };
            let step: Vec<f64> = times(&inverse, &here.slope).iter().map(|step| -step).collect();
            let longest = step.iter().fold(0.0f64, |longest, step| longest.max(step.abs()));
            if -self.observations * dot(&step, &here.slope) <= SETTLED {
                return self.settled(self.place(along(&here.at, &step, 1.0)), inverse);
            }
            let next = match longest <= SHORT {
                true => Some(self.place(along(&here.at, &step, 1.0))),
                false => self.search(&here, &step),
            };
            let Some(next) = next else { return self.maximum(here, Err(Failure::Flat)) };
            here = next;
        }
        self.maximum(here, Err(Failure::Unfinished))
    }

    /// A maximum, unless it is so blunt that it says nothing.
    fn settled(&self, here: Place, mut inverse: Vec<Vec<f64>>) -> Maximum {
        inverse.iter_mut().flatten().for_each(|entry| *entry /= self.observations);
        let is_blunt = (0..inverse.len()).any(|k| inverse[k][k] > FAR * FAR);
        self.maximum(here, if is_blunt { Err(Failure::Flat) } else { Ok(inverse) })
    }

    fn maximum(&self, here: Place, covariance: Result<Vec<Vec<f64>>, Failure>) -> Maximum {
        Maximum { point: here.at, value: -here.loss * self.observations, covariance }
    }

    /// The Hessian of the loss, from central differences of its gradient.
    fn hessian(&self, here: &Place) -> Vec<Vec<f64>> {
        const WIDTH: f64 = 1e-5;
        let size = here.at.len();
        let mut hessian = vec![vec![0.0; size]; size];
        for row in 0..size {
            let [above, below] = [WIDTH, -WIDTH].map(|width| {
                let mut at = here.at.clone();
                at[row] += width;
                self.place(at).slope
            });
            for column in 0..size {
                let bend = 0.5 * (above[column] - below[column]) / (2.0 * WIDTH);
                hessian[row][column] += bend;
                hessian[column][row] += bend;
            }
        }
        hessian
    }

    fn is_far(&self, here: &Place) -> bool {
        self.beyond(here).is_some()
    }

    fn beyond(&self, here: &Place) -> Option<Failure> {
        let way = difference(&here.at, self.start);
        let farthest = (0..way.len()).max_by(|a, b| way[*a].abs().total_cmp(&way[*b].abs()))?;
        match way[farthest] {
            distance if distance > FAR => Some(Failure::Unbounded(farthest)),
            distance if distance < -FAR => Some(Failure::Vanishing(farthest)),
            _ => None,
        }
    }
}

/// The update of Broyden, Fletcher, Goldfarb and Shanno for the inverse Hessian.
fn update(inverse: &mut [Vec<f64>], moved: &[f64], bent: &[f64], curvature: f64) {
    let image = times(inverse, bent);
    let factor = (1.0 + dot(bent, &image) / curvature) / curvature;
    for (row, entries) in inverse.iter_mut().enumerate() {
        for (column, entry) in entries.iter_mut().enumerate() {
            *entry += factor * moved[row] * moved[column]
                - (image[row] * moved[column] + moved[row] * image[column]) / curvature;
        }
    }
}

/// The inverse of a symmetric matrix by Cholesky's decomposition, none unless it is clearly
/// positive definite.
fn inverted(matrix: &[Vec<f64>]) -> Option<Vec<Vec<f64>>> {
    let size = matrix.len();
    let mut lower = vec![vec![0.0; size]; size];
    for row in 0..size {
        for column in 0..=row {
            let known: f64 = (0..column).map(|k| lower[row][k] * lower[column][k]).sum();
            let rest = matrix[row][column] - known;
            if row > column {
                lower[row][column] = rest / lower[column][column];
            } else if rest > 1e-10 * matrix[row][row] {
                lower[row][row] = rest.sqrt();
            } else {
                return None;
            }
        }
    }
    let mut inverse = scaled_identity(size, 1.0);
    for column in inverse.iter_mut() {
        for row in 0..size {
            let known: f64 = (0..row).map(|k| lower[row][k] * column[k]).sum();
            column[row] = (column[row] - known) / lower[row][row];
        }
        for row in (0..size).rev() {
            let known: f64 = (row + 1..size).map(|k| lower[k][row] * column[k]).sum();
            column[row] = (column[row] - known) / lower[row][row];
        }
    }
    Some(inverse)
}

fn scaled_identity(size: usize, scale: f64) -> Vec<Vec<f64>> {
    let row = |row| (0..size).map(|column| if row == column { scale } else { 0.0 }).collect();
    (0..size).map(row).collect()
}

fn times(matrix: &[Vec<f64>], vector: &[f64]) -> Vec<f64> {
    matrix.iter().map(|row| dot(row, vector)).collect()
}

fn dot(left: &[f64], right: &[f64]) -> f64 {
    left.iter().zip(right).map(|(left, right)| left * right).sum()
}

fn difference(left: &[f64], right: &[f64]) -> Vec<f64> {
    left.iter().zip(right).map(|(left, right)| left - right).collect()
}

fn along(from: &[f64], direction: &[f64], length: f64) -> Vec<f64> {
    from.iter().zip(direction).map(|(from, step)| from + length * step).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// −(x − 1)² − 10 (y − x²)²: a bent valley with its end at (1, 1). The Hessian there is
    /// [[-82, 40], [40, -20]]; minus its inverse [[20, 40], [40, 82]] / (82·20 − 40²).
    #[test]
    fn finds_the_end_of_a_bent_valley() {
        let found = maximise(&[-1.2, 1.0], 1.0, |at, slope| {
            let (x, y) = (at[0], at[1]);
            slope[0] = -2.0 * (x - 1.0) + 40.0 * x * (y - x * x);
            slope[1] = -20.0 * (y - x * x);
            -(x - 1.0).powi(2) - 10.0 * (y - x * x).powi(2)
        });
        assert!(found.point.iter().all(|x| (x - 1.0).abs() < 1e-9), "{found:?}");
        let expected = [[0.5, 1.0], [1.0, 2.05]];
        for (row, expected) in found.covariance.unwrap().iter().zip(expected) {
            for (entry, expected) in row.iter().zip(expected) {
                assert!((entry - expected).abs() < 1e-6, "{entry} {expected}");
            }
        }
    }

    /// A Poisson mean: n observations with sum s have their maximum at s / n, with variance s / n².
    #[test]
    fn positive_parameters_are_searched_by_their_logarithms() {
        let (n, sum) = (50.0, 120.0);
        let found = maximise_positive(&[100.0], n, |mean, slope| {
            slope[0] = sum / mean[0] - n;
            sum * mean[0].ln() - n * mean[0]
        });
        assert!((found.point[0].exp() - 2.4).abs() < 1e-8, "{found:?}");
        assert!((found.covariance.unwrap()[0][0] - 1.0 / sum).abs() < 1e-7);
    }

    #[test]
    fn says_why_there_is_no_maximum() {
        let rising = maximise(&[0.0, 0.0], 1.0, |at, slope| {
            slope[0] = (-at[0]).exp();
            slope[1] = -at[1];
            -(-at[0]).exp() - 0.5 * at[1] * at[1]
        });
        assert_eq!(rising.covariance, Err(Failure::Unbounded(0)));
        let falling = maximise(&[0.0], 1.0, |at, slope| {
            slope[0] = -at[0].exp();
            -at[0].exp()
        });
        assert_eq!(falling.covariance, Err(Failure::Vanishing(0)));
        let flat = maximise(&[1.0, 2.0], 1.0, |at, slope| {
            let sum = at[0] + at[1];
            slope.fill(-sum);
            -0.5 * sum * sum
        });
        assert_eq!(flat.covariance, Err(Failure::Flat));
    }

    /// −ln(x) has no value left of zero, where the first step of this search would land.
    #[test]
    fn turns_back_where_there_is_no_value() {
        let found = maximise(&[0.1], 1.0, |x, slope| {
            slope[0] = 1.0 / x[0] - 1.0;
            x[0].ln() - x[0]
        });
        assert!((found.point[0] - 1.0).abs() < 1e-9, "{found:?}");
    }
}

/*!
Which customers of a period are new, stay, come back or fall silent.

The states of PostHog's lifecycle insight, with the first activity in place of a creation date.
*/

/// What a period is in the life of a customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Active for the first time.
    New,
    /// Active, and in the period before too.
    Returning,
    /// Active, not in the period before, but earlier.
    Resurrecting,
    /// The first period of a silence.
    Dormant,
}

impl Status {
    pub fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Returning => "returning",
            Self::Resurrecting => "resurrecting",
            Self::Dormant => "dormant",
        }
    }
}

/// The status of each period that has one, in order. `active` are the periods with activity, sorted
/// and distinct; `following` names the period after one.
///
/// # Errors
/// Those of `following`.
pub fn lifecycle<P: Copy + PartialEq, E>(
    active: &[P],
    mut following: impl FnMut(P) -> Result<P, E>,
) -> Result<Vec<(P, Status)>, E> {
    let mut periods: Vec<(P, Status)> = Vec::with_capacity(active.len() + 1);
    let mut expected = None;
    for period in active {
        let status = match expected {
            None => Status::New,
            Some(expected) if expected == *period => Status::Returning,
            Some(expected) => {
                periods.push((expected, Status::Dormant));
                Status::Resurrecting
            }
        };
        periods.push((*period, status));
        expected = Some(following(*period)?);
    }
    periods.extend(expected.map(|expected| (expected, Status::Dormant)));
    Ok(periods)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_silence_has_one_dormant_period() {
        let status = |active: &[i32]| -> Vec<(i32, &str)> {
            let periods = lifecycle(active, |period| Ok::<_, ()>(period + 1)).unwrap();
            periods.into_iter().map(|(period, status)| (period, status.name())).collect()
        };
        assert_eq!(
            status(&[3, 4, 8]),
            [(3, "new"), (4, "returning"), (5, "dormant"), (8, "resurrecting"), (9, "dormant")]
        );
        assert!(status(&[]).is_empty());
    }
}

/*!
Where everything lies below a marts location. Names only; nothing is read here.
*/

use uuid::Uuid;

use crate::storage::Location;

#[derive(Debug, Clone)]
pub(super) struct Layout {
    root: Location,
    records: Location,
}

impl Layout {
    pub(super) fn new(root: Location) -> Self {
        let records = root.join("_journeymart");
        Self { root, records }
    }

    pub(super) fn root(&self) -> &Location {
        &self.root
    }

    /// The folder of everything that is not a stable file.
    pub(super) fn records(&self) -> &Location {
        &self.records
    }

    pub(super) fn owner(&self) -> Location {
        self.records.join(OWNER)
    }

    pub(super) fn commits(&self) -> Location {
        self.records.join("commits")
    }

    pub(super) fn commit(&self, number: u64) -> Location {
        self.commits().join(&format!("{number:020}.json"))
    }

    pub(super) fn versions(&self) -> Location {
        self.records.join("versions")
    }

    /// A file of a commit, by the path that the commit names.
    pub(super) fn file(&self, path: &str) -> Location {
        self.records.join(path)
    }

    pub(super) fn inputs(&self, digest: &str) -> Location {
        self.records.join(&format!("inputs/{digest}.ndjson.zst"))
    }

    pub(super) fn currents(&self) -> Location {
        self.records.join("current")
    }

    pub(super) fn current(&self, mart: &str) -> Location {
        self.currents().join(&format!("{mart}.json"))
    }

    pub(super) fn stable(&self, mart: &str) -> Location {
        self.root.join(&stable_name(mart))
    }
}

pub(super) const OWNER: &str = "location.json";

pub(super) fn stable_name(mart: &str) -> String {
    format!("{mart}.parquet")
}

/// The path that a commit names for the only file of a mart.
pub(super) fn part(run_id: Uuid, mart: &str) -> String {
    format!("versions/{run_id}/{mart}/part-00000.parquet")
}

/// The run that wrote a file, from the path that a commit names.
pub(super) fn run_of(path: &str) -> Option<&str> {
    path.strip_prefix("versions/")?.split('/').next()
}

/// The number of a commit, from the name of its file.
pub(super) fn commit_number(name: &str) -> Option<u64> {
    let digits = name.strip_suffix(".json")?;
    (digits.len() == 20).then(|| digits.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        let run_id = Uuid::now_v7();
        assert_eq!(run_of(&part(run_id, "churn")), Some(run_id.to_string().as_str()));
        assert_eq!(commit_number("00000000000000000042.json"), Some(42));
        for odd in ["42.json", "00000000000000000042.json#1", "notes.txt"] {
            assert_eq!(commit_number(odd), None, "{odd}");
        }
    }
}

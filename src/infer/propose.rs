/*!
One group of files becomes one proposal.
*/

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{
    Proposal, Workshop,
    choose::{Choice, Context, Written, choose, grouped, style_of},
    files::Group,
    keys::{Keys, Search},
    layout::Layout,
    names::column_name,
    preset::{self, Recognised},
    raw::{Raw, raw},
    read::{Table, read},
    reading, remarks, render,
    trial::{self, Trial},
};
use crate::{
    config::source::Source,
    error::{Result, codes},
    sources::InputFile,
};

/// Rounds of falling back to text before the proposal stands as it is.
const ROUNDS: usize = 4;
/// Shares of bad rows that a source may be given.
const RATIOS: [f64; 7] = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0];

/// Looks at the files of a group and proposes how to load them.
pub(crate) fn propose(workshop: &Workshop, group: &Group, limit: u64) -> Result<Proposal> {
    let mut raw = raw(workshop, group)?;
    let mut notes = group.notes.clone();
    let read = match read_all(workshop, &raw, &group.files, limit) {
        // The first bytes looked like UTF-8; a later one does not.
        Err(error) if error.diagnostics[0].code == codes::ENCODING => {
            notes.push(error.diagnostics[0].message.clone());
            "windows-1252".clone_into(&mut raw.source.csv.encoding);
            read_all(workshop, &raw, &group.files, limit)
        }
        other => other,
    };
    // A preset may know how to read what does not tell itself.
    let table = read.or_else(|error| {
        let table = Table::unread(group.files.len());
        match preset::recognise(workshop, group, &raw, &table) {
            Some(_) => Ok(table),
            None => Err(error),
        }
    })?;
    let recognised = preset::recognise(workshop, group, &raw, &table);
    let mut draft = Draft::new(workshop, group, &raw, &table, recognised);
    draft.settle()?;
    draft.finish(notes)
}

fn read_all(workshop: &Workshop, raw: &Raw, files: &[InputFile], limit: u64) -> Result<Table> {
    read(&raw.source, files, raw.columns.clone(), limit, &workshop.options)
}

/// A proposal in the making.
struct Draft<'a> {
    workshop: &'a Workshop,
    group: &'a Group,
    raw: &'a Raw,
    table: &'a Table,
    paths: Vec<String>,
    style: usize,
    choices: Vec<Choice>,
    recognised: Option<Recognised>,
    keys: Keys,
    /// Bad rows that are allowed, where it is more than the default.
    max_bad_ratio: Option<f64>,
    trial: Trial,
}

impl<'a> Draft<'a> {
    fn new(
        workshop: &'a Workshop,
        group: &'a Group,
        raw: &'a Raw,
        table: &'a Table,
        recognised: Option<Recognised>,
    ) -> Self {
        let paths: Vec<String> = group.files.iter().map(|file| file.path.clone()).collect();
        let written = (raw.layout == Layout::Delimited).then(|| written(table));
        // A preset declares no signs: columns beside it spell theirs out.
        let style = written.filter(|_| recognised.is_none()).map_or(0, |written| written.style);
        let rows = table.rows;
        let mut context = Context { rows, style, written, month_first: None, files: &paths };
        let mut choices = choose_all(table, &context);
        context.month_first = choices.iter().find_map(|choice| choice.month_first);
        if context.month_first.is_some() {
            choices = choose_all(table, &context);
        }
        remarks::second_look(&mut choices);
        Self {
            workshop,
            group,
            raw,
            table,
            style,
            choices,
            recognised,
            keys: Keys::default(),
            max_bad_ratio: None,
            trial: Trial::default(),
            paths,
        }
    }

    /// Loads the draft until it stands: columns that cannot be read fall back to text, keys are
    /// found, the share of bad rows is allowed.
    fn settle(&mut self) -> Result<()> {
        if self.recognised.is_none() {
            for _ in 0..ROUNDS {
                let source = self.source()?;
                let mut search = Search::new(&self.choices, &self.table.columns, self.table.rows);
                self.trial = self.load(&source, |rows| search.take(rows))?;
                if !self.demote() {
                    self.keys = search.finish(&self.group.name);
                    break;
                }
            }
        }
        let source = self.source()?;
        self.trial = self.load(&source, |_| {})?;
        let ratio = self.trial.books.bad_ratio();
        if ratio > source.max_bad_ratio {
            self.max_bad_ratio = RATIOS.into_iter().find(|allowed| ratio <= *allowed);
        }
        Ok(())
    }

    fn load(
        &self,
        source: &Source,
        each: impl FnMut(&datafusion::arrow::array::RecordBatch),
    ) -> Result<Trial> {
        let files = self.workshop.with_names(source, &self.group.files)?;
        trial::load(source, &files, &self.table.records, &self.workshop.options, each)
    }

    /// Columns that lose more than a few cells become text; whether there were any.
    fn demote(&mut self) -> bool {
        let mut any = false;
        for (choice, found) in self.choices.iter_mut().zip(&self.table.columns) {
            let Some(cells) = self.trial.cells.get(&choice.name) else { continue };
            // What was named as bad is known, and so are identifiers that are destroyed.
            let known = choice.bad.max(found.profile.values / 50);
            if cells.total() <= known || choice.column_type() == "string" {
                continue;
            }
            let example = cells.words().next().map_or("", |(word, ..)| word);
            let of = grouped(found.profile.values);
            choice.demote(format!(
                "{} of {of} values are no {}, such as `{example}`: stays text",
                grouped(cells.total()),
                choice.column_type()
            ));
            any = true;
        }
        any
    }

    /// The draft as the loader would have it, from the very text that is proposed.
    fn source(&self) -> Result<Source> {
        let text = render::block(std::slice::from_ref(&self.proposal(Vec::new())));
        let pipeline = format!("version: 1\npipeline: infer\n{text}");
        self.workshop.resolve_text(&self.group.name, pipeline)
    }

    fn finish(self, mut notes: Vec<String>) -> Result<Proposal> {
        let said = remarks::of_source(&remarks::Subject {
            raw: self.raw,
            table: self.table,
            choices: &self.choices,
            recognised: self.recognised.as_ref(),
            keys: &self.keys,
            trial: &self.trial,
            paths: &self.paths,
            sizes: self.group.files.iter().map(|file| file.size).sum(),
        });
        notes.splice(0..0, said);
        Ok(self.proposal(notes))
    }

    fn proposal(&self, notes: Vec<String>) -> Proposal {
        let mut config = Map::new();
        let mut reasons: BTreeMap<String, Vec<String>> = BTreeMap::new();
        match &self.recognised {
            Some(recognised) => {
                config.insert("preset".to_owned(), json!(recognised.name));
                reasons.insert("preset".to_owned(), recognised.reasons());
                config.extend(self.group.keys());
                if recognised.beside.contains_key("survey") {
                    let ask = "a guess: which question is scored, and how?";
                    reasons.insert("survey".to_owned(), vec![ask.to_owned()]);
                }
                config.extend(recognised.beside.clone());
            }
            None => {
                config.extend(self.group.keys());
                self.reading(&mut config, &mut reasons);
            }
        }
        let nulls = self.shared_nulls();
        if !nulls.is_empty() && self.recognised.is_none() {
            config.insert("nulls".to_owned(), json!(nulls));
        }
        if !self.keys.key.is_empty() {
            config.insert("key".to_owned(), json!(self.keys.key));
            if self.keys.superseded > 0 {
                let rows = grouped(self.keys.superseded);
                let verb = if self.keys.superseded == 1 {
                    "row is an older version or a repetition"
                } else {
                    "rows are older versions or repetitions"
                };
                reasons.insert("key".to_owned(), vec![format!("{rows} {verb}")]);
            }
        }
        if let Some(order) = &self.keys.order_by {
            config.insert("order_by".to_owned(), json!(order));
        }
        if let Some(ratio) = self.max_bad_ratio {
            config.insert("max_bad_ratio".to_owned(), json!(ratio));
            let bad = self.trial.books.bad_ratio() * 100.0;
            reasons.insert(
                "max_bad_ratio".to_owned(),
                vec![format!("{bad:.1} % of the rows are bad")],
            );
        }
        let mut columns = Vec::new();
        for (choice, found) in self.choices.iter().zip(&self.table.columns) {
            // What a preset does not read is offered, if there is anything in it.
            if let Some(preset) = &self.recognised
                && (!preset.named || preset.reads(&choice.from) || found.profile.values == 0)
            {
                continue;
            }
            columns.push((
                choice.name.clone(),
                self.declaration(choice, &nulls),
                choice.notes.clone(),
            ));
        }
        Proposal {
            name: self.group.name.clone(),
            config,
            columns,
            notes,
            reasons,
            key_candidates: self.keys.others.clone(),
            books: self.trial.books,
            files: self.group.files.len(),
            complete: self.table.complete,
        }
    }

    /// How the files are read, where no preset says it.
    fn reading(
        &self,
        config: &mut Map<String, Value>,
        reasons: &mut BTreeMap<String, Vec<String>>,
    ) {
        config.extend(reading::keys(self.raw, self.style));
        if !self.raw.partial.is_empty() {
            config.insert("drift".to_owned(), json!({"missing": "accept"}));
            let parts = self.raw.parts;
            let said = |(name, count): &(String, usize)| {
                format!("`{name}` is in {count} of {parts} files")
            };
            reasons.insert("drift".to_owned(), self.raw.partial.iter().map(said).collect());
        }
    }

    fn declaration(&self, choice: &Choice, shared: &[String]) -> Map<String, Value> {
        let mut settings = choice.settings.clone();
        if let Some(nulls) = settings.get_mut("nulls").and_then(Value::as_array_mut)
            && self.recognised.is_none()
        {
            nulls.retain(|null| !shared.iter().any(|known| null == known));
            if nulls.is_empty() {
                settings.remove("nulls");
            }
        }
        if choice.from != choice.name {
            // Behind the type, before its options.
            let mut options = settings.split_off_first();
            settings.insert("from".to_owned(), json!(choice.from));
            settings.append(&mut options);
        }
        if self.keys.key.contains(&choice.name) {
            settings.insert("required".to_owned(), json!(true));
        }
        settings
    }

    /// Null markers that several columns share belong to the source.
    fn shared_nulls(&self) -> Vec<String> {
        const SEVERAL: usize = 3;
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for choice in &self.choices {
            let nulls = choice.settings.get("nulls").and_then(Value::as_array);
            for null in nulls.into_iter().flatten().filter_map(Value::as_str) {
                *counts.entry(null).or_default() += 1;
            }
        }
        let several = counts.into_iter().filter(|(_, count)| *count >= SEVERAL);
        several.map(|(null, _)| null.to_owned()).collect()
    }
}

/// Splits a declaration behind its first key, the type.
trait SplitOffFirst {
    fn split_off_first(&mut self) -> Self;
}

impl SplitOffFirst for Map<String, Value> {
    fn split_off_first(&mut self) -> Self {
        let mut keys = std::mem::take(self).into_iter();
        self.extend(keys.next());
        keys.collect()
    }
}

/// The signs that numbers are written with, by what the columns hold and are called.
fn written(table: &Table) -> Written {
    let names: Vec<String> = (table.columns.iter().enumerate())
        .map(|(number, found)| column_name(&found.from, number + 1, |_| false))
        .collect();
    let profiles = table.columns.iter().map(|found| &found.profile);
    let columns: Vec<_> = names.iter().map(String::as_str).zip(profiles).collect();
    style_of(&columns)
}

fn choose_all(table: &Table, context: &Context<'_>) -> Vec<Choice> {
    let mut choices: Vec<Choice> = Vec::new();
    for (number, found) in table.columns.iter().enumerate() {
        let taken = |name: &str| choices.iter().any(|choice| choice.name == name);
        let name = column_name(&found.from, number + 1, taken);
        choices.push(choose(found, &name, context));
    }
    choices
}

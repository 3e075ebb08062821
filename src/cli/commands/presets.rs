/*!
`journeymart presets [show NAME]`: which vendors' exports are known, and what they come to.
*/

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{
    catalog::Library,
    cli::Context,
    config::{preset::Preset, source::ColumnConfig},
    error::{Diagnostic, Error, Kind, Result, codes},
};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Print a preset's columns, what it feeds, how to make the export, and a block to start from
    Show {
        /// The preset
        name: String,
    },
}

/// A preset in the list.
#[derive(Serialize)]
struct Listed {
    name: String,
    tier: Option<u8>,
    status: Status,
    feeds: Vec<String>,
    description: Option<String>,
}

/// Whether a preset is tested against what its vendor says or writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Status {
    Verified,
    Unverified,
}

impl Status {
    fn of(preset: &Preset) -> Self {
        if preset.about.verified.is_empty() { Self::Unverified } else { Self::Verified }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Verified => "verified",
            Self::Unverified => "unverified",
        }
    }
}

/// Everything about a preset.
#[derive(Serialize)]
struct Shown {
    name: String,
    tier: Option<u8>,
    status: Status,
    description: Option<String>,
    documentation: Option<String>,
    export: Option<String>,
    verified: Vec<String>,
    feeds: Vec<String>,
    key: Vec<String>,
    columns: Vec<Column>,
    example: String,
}

#[derive(Serialize)]
struct Column {
    name: String,
    #[serde(rename = "type")]
    column_type: String,
    from: Vec<String>,
    required: bool,
    pii: Option<String>,
    description: Option<String>,
}

pub(crate) fn run(context: &Context, arguments: Arguments) -> Result<()> {
    let presets = all(context)?;
    match arguments.command {
        None => list(context, &presets),
        Some(Command::Show { name }) => match presets.get(&name) {
            Some(preset) => show(context, &name, preset),
            None => {
                let unknown =
                    Diagnostic::error(codes::UNKNOWN_NAME, format!("there is no preset `{name}`"))
                        .did_you_mean(&name, presets.keys().map(String::as_str));
                Err(Error::new(Kind::Usage, unknown))
            }
        },
    }
}

/// The presets of the project and of the standard library.
fn all(context: &Context) -> Result<BTreeMap<String, Preset>> {
    let dir = context.global.project_dir.clone().unwrap_or_else(|| ".".into());
    let library = Library::standard()?;
    let mut presets = BTreeMap::new();
    for name in library.preset_names(&dir)? {
        if let Some((file, text)) = library.preset(&dir, &name)? {
            presets.insert(name, Preset::read(&file, &text)?);
        }
    }
    Ok(presets)
}

fn feeds(preset: &Preset) -> Vec<String> {
    preset.source.feeds.as_ref().map_or_else(Vec::new, |feeds| feeds.0.clone())
}

fn list(context: &Context, presets: &BTreeMap<String, Preset>) -> Result<()> {
    let listed: Vec<Listed> = presets
        .iter()
        .map(|(name, preset)| Listed {
            name: name.clone(),
            tier: preset.about.tier,
            status: Status::of(preset),
            feeds: feeds(preset),
            description: preset.source.description.clone(),
        })
        .collect();
    context.printer.result(&listed, |listed| {
        let name = listed.iter().map(|preset| preset.name.len()).max().unwrap_or(0);
        let mut text = format!("{:name$}  tier  {:10}  feeds\n", "preset", "status");
        for preset in listed {
            let tier = preset.tier.map_or_else(|| "-".to_owned(), |tier| tier.to_string());
            let feeds = match preset.feeds.as_slice() {
                [] => "-".to_owned(),
                feeds => feeds.join(", "),
            };
            text += &format!(
                "{:name$}  {tier:4}  {:10}  {feeds}\n",
                preset.name,
                preset.status.as_str()
            );
        }
        text
    })
}

fn show(context: &Context, name: &str, preset: &Preset) -> Result<()> {
    let shown = Shown {
        name: name.to_owned(),
        tier: preset.about.tier,
        status: Status::of(preset),
        description: preset.source.description.clone(),
        documentation: preset.about.documentation.clone(),
        export: preset.about.export.as_ref().map(|text| text.trim().to_owned()),
        verified: preset.about.verified.clone(),
        feeds: feeds(preset),
        key: preset.source.key.clone(),
        columns: preset.source.columns.iter().map(|(name, config)| column(name, config)).collect(),
        example: example(name, preset),
    };
    context.printer.result(&shown, text)
}

fn column(name: &str, config: &ColumnConfig) -> Column {
    Column {
        name: name.to_owned(),
        column_type: config
            .column_type
            .as_ref()
            .map_or_else(|| "string".to_owned(), ToString::to_string),
        from: config.from.clone().map_or_else(|| vec![name.to_owned()], |from| from.0),
        required: config.required.unwrap_or(false),
        pii: config.pii.clone(),
        description: config.description.clone(),
    }
}

/// A block to start from: what the preset cannot know.
fn example(name: &str, preset: &Preset) -> String {
    let source = name.split('_').next().unwrap_or(name);
    let own = preset.about.example.clone().unwrap_or_else(|| plain_path(name, preset));
    let mut lines =
        vec!["sources:".to_owned(), format!("  {source}:"), format!("    preset: {name}")];
    lines.extend(own.lines().map(|line| format!("    {line}")));
    if preset.source.survey.is_some() {
        lines.push("    survey: {kind: nps, scale: [0, 10], score: Q1}  # its header".to_owned());
    }
    if preset.source.timezone.is_none() && has_local_times(preset) {
        lines.push("    timezone: Europe/Amsterdam  # of the times in the export".to_owned());
    }
    lines.join("\n") + "\n"
}

/// Files in a folder of the preset's name, with the ending of their format.
fn plain_path(name: &str, preset: &Preset) -> String {
    let ending = match preset.source.format.and_then(|format| serde_json::to_value(format).ok()) {
        Some(serde_json::Value::String(format)) => format,
        _ => "*".to_owned(),
    };
    format!("path: \"{{exports}}/{name}/*.{ending}\"")
}

/// Whether times are read that may carry no zone.
fn has_local_times(preset: &Preset) -> bool {
    preset.source.columns.values().any(|column| {
        let kind = column.column_type.as_ref().map(ToString::to_string);
        kind.as_deref() == Some("timestamp") && column.epoch.is_none() && column.timezone.is_none()
    })
}

fn text(shown: &Shown) -> String {
    let mut text = format!("{} ({}", shown.name, shown.status.as_str());
    if let Some(tier) = shown.tier {
        text += &format!(", tier {tier}");
    }
    text += ")\n";
    for part in [&shown.description, &shown.export].into_iter().flatten() {
        text += &format!("\n{part}\n");
    }
    if let Some(page) = &shown.documentation {
        text += &format!("\nDocumentation: {page}\n");
    }
    if !shown.verified.is_empty() {
        text += &format!("Verified against:\n  {}\n", shown.verified.join("\n  "));
    }
    let feeds = if shown.feeds.is_empty() { "nothing".to_owned() } else { shown.feeds.join(", ") };
    text += &format!("\nFeeds: {feeds}\n\nColumns:\n");
    let width = |of: fn(&Column) -> usize| shown.columns.iter().map(of).max().unwrap_or(0);
    let name = width(|column| column.name.len());
    // A nested type says more than a table has room for.
    let kind = width(|column| column.column_type.len()).min(13);
    for column in &shown.columns {
        let description = column.description.as_deref().unwrap_or_default();
        let mut marks = String::new();
        if column.required {
            marks += " Required.";
        }
        if let Some(class) = &column.pii {
            marks += &format!(" Personal data: {class}.");
        }
        text += &format!(
            "  {:name$}  {:kind$}  {description}{marks}\n",
            column.name, column.column_type
        );
    }
    text += &format!("\nTo start from:\n{}", shown.example);
    text
}

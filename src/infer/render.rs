/*!
Proposals as the YAML of a `sources:` block, with the reasons as comments.
*/

use serde_json::{Map, Value};

use super::Proposal;

/// Comments that are longer stand above their line.
const WIDTH: usize = 110;

/// The whole block.
pub(crate) fn block(proposals: &[Proposal]) -> String {
    let mut out = "sources:\n".to_owned();
    for proposal in proposals {
        out += &source(proposal);
    }
    out
}

fn source(proposal: &Proposal) -> String {
    let mut out = format!("  {}:\n", proposal.name);
    for note in &proposal.notes {
        out += &format!("    # {note}\n");
    }
    for (key, value) in &proposal.config {
        if key == "columns" {
            continue;
        }
        line(&mut out, "    ", &format!("{key}: {}", flow(value)), proposal.reasons.get(key));
    }
    if proposal.columns.is_empty() {
        return out;
    }
    // Columns that a preset does not need are offered, not declared.
    let offered = proposal.config.contains_key("preset");
    let (open, indent) = match offered {
        true => ("    # columns:  # also in the files; take what you need\n", "    #   "),
        false => ("    columns:\n", "      "),
    };
    out += open;
    for (name, settings, notes) in &proposal.columns {
        line(&mut out, indent, &format!("{name}: {}", flow(&settings.clone().into())), Some(notes));
    }
    out
}

/// A line with its comments: behind it where they fit, else above.
fn line(out: &mut String, indent: &str, text: &str, notes: Option<&Vec<String>>) {
    let comment = notes.map(|notes| notes.join("; ")).unwrap_or_default();
    if comment.is_empty() {
        *out += &format!("{indent}{text}\n");
    } else if indent.len() + text.len() + comment.len() + 4 <= WIDTH {
        *out += &format!("{indent}{text}  # {comment}\n");
    } else {
        let within = if indent.contains('#') { "" } else { "# " };
        for note in notes.into_iter().flatten() {
            *out += &format!("{indent}{within}{note}\n");
        }
        *out += &format!("{indent}{text}\n");
    }
}

/// A value on one line.
fn flow(value: &Value) -> String {
    match value {
        Value::Object(members) => mapping(members),
        Value::Array(items) => {
            format!("[{}]", items.iter().map(flow).collect::<Vec<_>>().join(", "))
        }
        Value::String(text) => scalar(text),
        other => other.to_string(),
    }
}

fn mapping(members: &Map<String, Value>) -> String {
    let members: Vec<String> =
        members.iter().map(|(key, value)| format!("{key}: {}", flow(value))).collect();
    format!("{{{}}}", members.join(", "))
}

/// Plain where no reader can take it for anything but text, else quoted as in JSON.
fn scalar(text: &str) -> String {
    let letter = |sign: char| sign.is_ascii_alphanumeric() || "_-./<> ".contains(sign);
    let plain = text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && text.chars().all(letter)
        && !text.ends_with(' ');
    const WORDS: [&str; 12] =
        ["true", "false", "null", "yes", "no", "on", "off", "y", "n", "t", "f", "nan"];
    if plain && !WORDS.contains(&text.to_lowercase().as_str()) {
        return text.to_owned();
    }
    // JSON's escapes are YAML's.
    Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalars_are_read_back_as_the_text_they_were() {
        for text in [
            "order_id",
            "decimal(18,2)",
            "list<string>",
            "no",
            "NULL",
            "-99",
            "#N/A",
            "a: b",
            "\\N",
            "{exports}/x",
            "Duration (in seconds)",
            "%d-%m-%Y",
            ";",
            "",
            "ö",
            "0123",
            "a # b",
            "~",
            "\t",
            "trailing ",
            "12:30",
            "a'b",
            "a\"b",
        ] {
            let yaml = format!("{{text: {}, list: [{}]}}", scalar(text), scalar(text));
            let read: Value = serde_saphyr::from_str(&yaml).unwrap();
            assert_eq!(read["text"], text, "{yaml}");
            assert_eq!(read["list"][0], text, "{yaml}");
        }
    }
}

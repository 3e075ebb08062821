/*!
`is_bot(user_agent)`: whether a user agent names itself a crawler.
*/

use std::{collections::HashMap, sync::Arc, sync::LazyLock};

use datafusion::{
    arrow::{
        array::{ArrayRef, BooleanArray},
        datatypes::DataType,
    },
    error::Result,
    logical_expr::ScalarUDF,
};
use regex::{Regex, RegexBuilder};

use super::{
    Build, Function, FunctionDoc,
    argument::{Argument, Arguments, Parameters},
    scalar::Scalar,
};

pub(super) const FUNCTION: Function = Function {
    doc: FunctionDoc {
        name: "is_bot",
        syntax: "is_bot(user_agent)",
        summary: "Whether a user agent matches a list of crawlers, monitors and HTTP libraries.",
        semantics: "True where any of the 1,500 patterns is found, upper and lower case as listed. \
                    Null and empty user agents are false: rows without one are kept. Bots that pose \
                    as browsers are found by their hit rate, not here.",
        complexity: "One automaton over the text, once for each different user agent of a batch.",
        example: "select is_bot(user_agent) as is_bot from raw.web",
        source: "crawler-user-agents 1.67.0 by Martin Monperrus and contributors (MIT).",
    },
    build: Build::Scalar(build),
};

fn build() -> ScalarUDF {
    Scalar {
        name: FUNCTION.doc.name,
        parameters: Parameters::new(FUNCTION.doc.syntax, &[Argument::Text]),
        returns: DataType::Boolean,
        kernel,
    }
    .into()
}

static CRAWLERS: LazyLock<Regex> = LazyLock::new(|| {
    let patterns: Vec<&str> = include_str!("is_bot/crawler_user_agents.txt")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .collect();
    RegexBuilder::new(&patterns.join("|"))
        .size_limit(64 << 20)
        .build()
        .expect("the list in the repository compiles, as its test shows")
});

fn kernel(arguments: &Arguments) -> Result<ArrayRef> {
    let agents = arguments.text(0)?;
    let mut known: HashMap<&str, bool> = HashMap::new();
    let bots: BooleanArray = (0..arguments.rows)
        .map(|row| {
            let agent = agents.at(row).unwrap_or_default();
            Some(*known.entry(agent).or_insert_with(|| CRAWLERS.is_match(agent)))
        })
        .collect();
    Ok(Arc::new(bots))
}

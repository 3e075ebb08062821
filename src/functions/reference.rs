/*!
The reference of all functions as one Markdown page.
*/

use std::fmt::Write;

use super::ALL;

/// The page that `docs/functions.md` holds: a table of all functions, then one section each.
pub fn markdown() -> String {
    let mut page = String::from(
        "# SQL functions\n\n\
         Generated from the functions' own documentation; `journeymart functions NAME` prints one.\n\
         They are there beside those of Apache DataFusion. Every aggregate gives the same result for \
         any order of rows and split of the work.\n\n\
         | function | kind | |\n|---|---|---|\n",
    );
    for function in ALL {
        let (name, summary) = (function.doc.name, function.doc.summary.replace('|', "\\|"));
        writeln!(page, "| [{name}](#{name}) | {} | {summary} |", function.kind())
            .expect("a text takes all");
    }
    for function in ALL {
        let doc = function.doc;
        write!(
            page,
            "\n## {}\n\n`{}` ({})\n\n{}\n\n{}\n\nCost: {}\n\n```sql\n{}\n```\n\nSource: {}\n",
            doc.name,
            doc.syntax,
            function.kind(),
            doc.summary,
            doc.semantics,
            doc.complexity,
            doc.example,
            doc.source,
        )
        .expect("a text takes all");
    }
    page
}

/*!
`identity_merges((select …))`: when people turned out to be one.

The graph, its guards and its founders are those of `identity_components`.
*/

use super::{
    Build, Function, FunctionDoc, Relation,
    identity_components::{Output, relation},
};

pub(super) const FUNCTION: Function = Function {
    doc: FunctionDoc {
        name: "identity_merges",
        syntax: "identity_merges((select left_type, left_value, right_type, right_value, seen_at …) [, max_edges])",
        summary: "One row per time that the component of an identifier got the name of another's, \
                  as the pairs were seen.",
        semantics: "In `from`; the input and max_edges are those of `identity_components`. Columns \
                    out: from_component_id, the label that ceased; to_component_id, the label of what \
                    it became part of at that moment, which may itself cease later; first_seen_at of \
                    the identifier that founded what ceased; merged_at, when the pair that joined the \
                    two was first seen, null if undated, which is before everything. An identifier \
                    that was first seen beside an older one ceases at the moment it appears; leave \
                    those out with `first_seen_at < merged_at`. All pairs of one moment are one event. \
                    An identifier that is guarded in the end links nothing at any time, so that the \
                    last label of each row's chain is the component_id of `identity_components`. \
                    Rows come in no particular order; their content does not depend on that of the \
                    input.",
        complexity: "As identity_components, and O(edges log edges) to sort them by time.",
        example: "select * from identity_merges((select left_type, left_value, right_type, \
                  right_value, seen_at from core.identity_edges), 50) where first_seen_at < merged_at",
        source: "Union-find: Tarjan and van Leeuwen 1984.",
    },
    build: Build::Relation(build),
};

fn build() -> Relation {
    relation(FUNCTION.doc, Output::Merges)
}

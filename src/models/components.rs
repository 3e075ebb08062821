/*!
Connected components of a graph whose busiest nodes do not connect, and how they came together.
*/

use std::cmp::Ordering;

/// Two nodes seen together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edge {
    pub left: u32,
    pub right: u32,
    /// When first; [`UNDATED`] where nobody knows, which is before everything.
    pub seen: i64,
}

/// The time of edges that have none.
pub const UNDATED: i64 = i64::MIN;

/// A component that got the name of another's founder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Merge {
    /// The founder whose component it was.
    pub from: u32,
    /// The founder whose component it became.
    pub into: u32,
    /// When the edge was first seen that joined them.
    pub at: i64,
}

/// Which component each node belongs to.
#[derive(Debug, PartialEq, Eq)]
pub struct Components {
    /// The founder of each node's component: its least node.
    pub founders: Vec<u32>,
    /// Nodes with more neighbours than allowed: each is a component of its own.
    pub guarded: Vec<bool>,
}

/// Components of the nodes `0..nodes` under distinct undirected edges.
///
/// A node with more than `max_neighbours` edges links nothing: a shared cookie or a placeholder
/// address would join strangers. `order` is total; the least node of a component founds it, so the
/// result depends on the graph alone, not on the order of nodes or edges.
///
/// Union-find with path halving, R. E. Tarjan and J. van Leeuwen, JACM 31 (1984), linked by `order`
/// in place of rank: O((nodes + edges) log nodes), 5 bytes a node.
pub fn components(
    nodes: usize,
    edges: &[Edge],
    max_neighbours: u64,
    order: impl Fn(u32, u32) -> Ordering,
) -> Components {
    let guarded = guarded(nodes, edges, max_neighbours);
    let mut parents: Vec<u32> = (0..nodes as u32).collect();
    for edge in edges {
        if !guarded[edge.left as usize] && !guarded[edge.right as usize] {
            unite(&mut parents, edge, &order);
        }
    }
    let founders = (0..nodes as u32).map(|node| root(&mut parents, node)).collect();
    Components { founders, guarded }
}

/// How the components of [`components`] came together as time went on: a founder for each time that
/// it stopped being one, with the founder of what it belonged to after that moment. All edges of one
/// time are one event, so the result depends on the graph alone. Sorts the edges by time.
///
/// What guards a node is its edges of all time: who links nothing today never did.
pub fn merges(
    nodes: usize,
    edges: &mut [Edge],
    max_neighbours: u64,
    order: impl Fn(u32, u32) -> Ordering,
) -> Vec<Merge> {
    let guarded = guarded(nodes, edges, max_neighbours);
    edges.sort_unstable_by_key(|edge| edge.seen);
    let mut parents: Vec<u32> = (0..nodes as u32).collect();
    let mut merges: Vec<Merge> = Vec::new();
    for at_once in edges.chunk_by(|left, right| left.seen == right.seen) {
        let start = merges.len();
        for edge in at_once {
            if guarded[edge.left as usize] || guarded[edge.right as usize] {
                continue;
            }
            if let Some(from) = unite(&mut parents, edge, &order) {
                merges.push(Merge { from, into: from, at: edge.seen });
            }
        }
        for merge in &mut merges[start..] {
            merge.into = root(&mut parents, merge.from);
        }
    }
    merges
}

/// Nodes with too many edges.
fn guarded(nodes: usize, edges: &[Edge], max_neighbours: u64) -> Vec<bool> {
    let mut degrees = vec![0u64; nodes];
    for edge in edges {
        degrees[edge.left as usize] += 1;
        degrees[edge.right as usize] += 1;
    }
    degrees.iter().map(|degree| *degree > max_neighbours).collect()
}

/// Makes one component of two; the founder that stops being one, if they were two.
fn unite(parents: &mut [u32], edge: &Edge, order: &impl Fn(u32, u32) -> Ordering) -> Option<u32> {
    let (left, right) = (root(parents, edge.left), root(parents, edge.right));
    let (founder, loser) = match order(left, right) {
        Ordering::Less => (left, right),
        Ordering::Greater => (right, left),
        Ordering::Equal => return None,
    };
    parents[loser as usize] = founder;
    Some(loser)
}

fn root(parents: &mut [u32], mut node: u32) -> u32 {
    while parents[node as usize] != node {
        let grandparent = parents[parents[node as usize] as usize];
        parents[node as usize] = grandparent;
        node = grandparent;
    }
    node
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edges(pairs: &[(u32, u32)]) -> Vec<Edge> {
        pairs.iter().map(|&(left, right)| Edge { left, right, seen: UNDATED }).collect()
    }

    #[test]
    fn chains_join_and_the_least_node_founds() {
        let found = components(6, &edges(&[(1, 2), (2, 3), (4, 5)]), 9, |a, b| b.cmp(&a));
        assert_eq!(found.founders, [0, 3, 3, 3, 5, 5]);
        assert_eq!(found.guarded, [false; 6]);
    }

    #[test]
    fn busy_nodes_link_nothing() {
        let star = edges(&[(0, 1), (0, 2), (0, 3), (2, 3)]);
        let found = components(4, &star, 2, |a, b| a.cmp(&b));
        assert_eq!(found.founders, [0, 1, 2, 2]);
        assert_eq!(found.guarded, [true, false, false, false]);
        let found = components(4, &star, 3, |a, b| a.cmp(&b));
        assert_eq!(found.founders, [0; 4]);
    }

    #[test]
    fn founders_give_way_as_time_goes_on() {
        let edge = |left, right, seen| Edge { left, right, seen };
        // 3-4 at 1; then 1-2 and 2-3 at once, which makes 1 the founder of all; 0 joins last.
        let mut seen = [edge(2, 3, 5), edge(3, 4, 1), edge(1, 2, 5), edge(0, 4, 9), edge(0, 1, 10)];
        let mut found = merges(5, &mut seen, 9, |a, b| a.cmp(&b));
        found.sort_by_key(|merge| (merge.at, merge.from));
        let merge = |from, into, at| Merge { from, into, at };
        assert_eq!(found, [merge(4, 3, 1), merge(2, 1, 5), merge(3, 1, 5), merge(1, 0, 9)]);
        // A node that is too busy in the end never linked anything.
        assert_eq!(merges(5, &mut seen, 2, |a, b| a.cmp(&b)).len(), 4);
        assert_eq!(merges(5, &mut seen, 1, |a, b| a.cmp(&b)), []);
    }

    fn random_graph(random: &mut impl FnMut(u64) -> u64) -> (u32, Vec<Edge>) {
        let nodes = 1 + random(30) as u32;
        let mut edges: Vec<Edge> = (0..random(40))
            .map(|_| Edge {
                left: random(nodes.into()) as u32,
                right: random(nodes.into()) as u32,
                seen: random(6) as i64,
            })
            .filter(|edge| edge.left < edge.right)
            .collect();
        edges.sort_unstable();
        edges.dedup_by_key(|edge| (edge.left, edge.right));
        (nodes, edges)
    }

    /// Labels spread along the edges until nothing changes.
    fn propagated(nodes: u32, edges: &[Edge], until: i64) -> Vec<u32> {
        let degree = |n: u32| edges.iter().filter(|edge| edge.left == n || edge.right == n).count();
        let mut labels: Vec<u32> = (0..nodes).collect();
        loop {
            let before = labels.clone();
            let linking = |edge: &&Edge| {
                edge.seen <= until && degree(edge.left) <= 4 && degree(edge.right) <= 4
            };
            for edge in edges.iter().filter(linking) {
                let least = labels[edge.left as usize].min(labels[edge.right as usize]);
                labels[edge.left as usize] = least;
                labels[edge.right as usize] = least;
            }
            if labels == before {
                return labels;
            }
        }
    }

    #[test]
    fn agrees_with_label_propagation_on_random_graphs() {
        let mut state = 7u64;
        let mut random = |below: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 33) % below
        };
        for _ in 0..200 {
            let (nodes, mut edges) = random_graph(&mut random);
            let found = components(nodes as usize, &edges, 4, |a, b| a.cmp(&b));
            assert_eq!(found.founders, propagated(nodes, &edges, i64::MAX));
            // Each merge leads from the label just before its time to the one just after.
            let history = merges(nodes as usize, &mut edges, 4, |a, b| a.cmp(&b));
            for merge in &history {
                let before = propagated(nodes, &edges, merge.at - 1);
                let after = propagated(nodes, &edges, merge.at);
                assert_eq!(before[merge.from as usize], merge.from);
                assert_eq!(after[merge.from as usize], merge.into);
                assert_ne!(merge.from, merge.into);
            }
            let founders = found.founders.iter().enumerate().filter(|(n, f)| *n as u32 == **f);
            assert_eq!(history.len() + founders.count(), nodes as usize);
        }
    }
}

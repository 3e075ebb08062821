/*!
Connected components of a graph whose busiest nodes do not connect.
*/

use std::cmp::Ordering;

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
    edges: &[(u32, u32)],
    max_neighbours: u64,
    order: impl Fn(u32, u32) -> Ordering,
) -> Components {
    let mut degrees = vec![0u64; nodes];
    for (left, right) in edges {
        degrees[*left as usize] += 1;
        degrees[*right as usize] += 1;
    }
    let guarded: Vec<bool> = degrees.iter().map(|degree| *degree > max_neighbours).collect();
    let mut parents: Vec<u32> = (0..nodes as u32).collect();
    for (left, right) in edges {
        if guarded[*left as usize] || guarded[*right as usize] {
            continue;
        }
        let (left, right) = (root(&mut parents, *left), root(&mut parents, *right));
        match order(left, right) {
            Ordering::Less => parents[right as usize] = left,
            Ordering::Greater => parents[left as usize] = right,
            Ordering::Equal => {}
        }
    }
    let founders = (0..nodes as u32).map(|node| root(&mut parents, node)).collect();
    Components { founders, guarded }
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

    #[test]
    fn chains_join_and_the_least_node_founds() {
        let found = components(6, &[(1, 2), (2, 3), (4, 5)], 9, |a, b| b.cmp(&a));
        assert_eq!(found.founders, [0, 3, 3, 3, 5, 5]);
        assert_eq!(found.guarded, [false; 6]);
    }

    #[test]
    fn busy_nodes_link_nothing() {
        let star = [(0, 1), (0, 2), (0, 3), (2, 3)];
        let found = components(4, &star, 2, |a, b| a.cmp(&b));
        assert_eq!(found.founders, [0, 1, 2, 2]);
        assert_eq!(found.guarded, [true, false, false, false]);
        let found = components(4, &star, 3, |a, b| a.cmp(&b));
        assert_eq!(found.founders, [0; 4]);
    }

    /// Against labels spread along edges until nothing changes.
    #[test]
    fn agrees_with_label_propagation_on_random_graphs() {
        let mut state = 7u64;
        let mut random = |below: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 33) % below
        };
        for _ in 0..200 {
            let nodes = 1 + random(30) as u32;
            let mut edges: Vec<(u32, u32)> = (0..random(40))
                .map(|_| (random(nodes.into()) as u32, random(nodes.into()) as u32))
                .filter(|(a, b)| a < b)
                .collect();
            edges.sort_unstable();
            edges.dedup();
            let degree = |n: u32| edges.iter().filter(|(a, b)| *a == n || *b == n).count();
            let mut labels: Vec<u32> = (0..nodes).collect();
            loop {
                let before = labels.clone();
                for (a, b) in edges.iter().filter(|(a, b)| degree(*a) <= 4 && degree(*b) <= 4) {
                    let least = labels[*a as usize].min(labels[*b as usize]);
                    labels[*a as usize] = least;
                    labels[*b as usize] = least;
                }
                if labels == before {
                    break;
                }
            }
            assert_eq!(components(nodes as usize, &edges, 4, |a, b| a.cmp(&b)).founders, labels);
        }
    }
}

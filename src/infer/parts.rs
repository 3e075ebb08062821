/*!
Files that hold several tables: the members of archives and the sheets of workbooks each become a
group of their own.
*/

use std::ops::ControlFlow;

use indexmap::IndexMap;

use super::{
    Workshop,
    files::{Group, dated, name, starred},
};
use crate::{
    error::{Error, Result},
    sources::{each_part, member_names, sheet_names},
};

/// Archives whose members are listed, of those that one path finds.
const ARCHIVES: usize = 20;

/// The groups with one for each table; what could not be looked into is left out with the reason.
pub(crate) fn split(workshop: &Workshop, groups: Vec<Group>) -> (Vec<Group>, Vec<Error>) {
    let (mut split, mut faults) = (Vec::new(), Vec::new());
    for group in groups {
        let tables = members(workshop, &group).and_then(|groups| {
            let tables: Result<Vec<Vec<Group>>> =
                groups.into_iter().map(|group| sheets(workshop, group)).collect();
            tables.map(|tables| tables.concat())
        });
        match tables {
            Ok(tables) => split.extend(tables),
            Err(error) => faults.push(error),
        }
    }
    for at in 1..split.len() {
        let taken = |name: &str| split[..at].iter().any(|group: &Group| group.name == name);
        let plain = split[at].name.clone();
        let next = (2..).map(|number| format!("{plain}_{number}"));
        let free = std::iter::once(plain.clone()).chain(next).find(|name| !taken(name));
        split[at].name = free.unwrap_or(plain);
    }
    (split, faults)
}

/// A group for all members that are named alike.
fn members(workshop: &Workshop, group: &Group) -> Result<Vec<Group>> {
    let scratch = &workshop.options.scratch;
    let mut by_shape: IndexMap<String, Vec<String>> = IndexMap::new();
    let mut most = 0;
    for file in group.files.iter().take(ARCHIVES) {
        let Some(names) = member_names(file, scratch)? else { return Ok(vec![group.clone()]) };
        most = most.max(names.len());
        for name in names {
            by_shape.entry(shape(&name)).or_default().push(name);
        }
    }
    if by_shape.len() == 1 && most == 1 {
        // What is found without being asked for needs no pattern.
        return Ok(vec![group.clone()]);
    }
    let only = by_shape.len() == 1;
    let of = |(shape, names): (String, Vec<String>)| {
        let pattern = match names.iter().all(|name| *name == names[0]) {
            true => names[0].clone(),
            false => shape,
        };
        let called = name(pattern.rsplit('/').next().unwrap_or_default());
        let name = if only { group.name.clone() } else { called };
        Group { members: Some(pattern), name, ..group.clone() }
    };
    Ok(by_shape.into_iter().map(of).collect())
}

/// The pattern of a member's name: dates and numbers that count are `*`.
fn shape(member: &str) -> String {
    let dated = dated(member);
    let name = match (dated.find("{date:"), dated.find('}')) {
        (Some(start), Some(end)) => format!("{}*{}", &dated[..start], &dated[end + 1..]),
        _ => dated,
    };
    starred(&name)
}

/// A group for each sheet that a workbook shows.
fn sheets(workshop: &Workshop, group: Group) -> Result<Vec<Group>> {
    let mut names = None;
    each_part(&group.files[0], group.patterns(), &workshop.options.scratch, |part, unpacked| {
        if unpacked.may_be_a_workbook() {
            names = Some(sheet_names(part, unpacked, &workshop.options)?);
        }
        Ok(ControlFlow::Break(()))
    })?;
    let Some(names) = names.filter(|names| names.len() > 1) else { return Ok(vec![group]) };
    let of = |sheet: String| Group { name: name(&sheet), sheet: Some(sheet), ..group.clone() };
    Ok(names.into_iter().map(of).collect())
}

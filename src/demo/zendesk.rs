/*!
Zendesk incremental exports: tickets with their metrics, and users. A time-based export repeats
tickets that changed between two of its pages.
*/

use std::path::Path;

use serde_json::{Value, json};

use crate::error::Result;

use super::{
    World,
    answers::Ticket,
    calendar::iso,
    dirt::{Export, blemish},
    person::Person,
    records::JsonExport,
    truth::Books,
};

pub(crate) struct Zendesk<'a> {
    tickets: JsonExport<'a>,
    users: JsonExport<'a>,
}

impl<'a> Zendesk<'a> {
    pub(crate) fn create(root: &'a Path) -> Self {
        let list = |source, name, member: &str| {
            JsonExport::new(root, source, name, format!("{{\"{member}\":["), |has_more| {
                if has_more { "],\"end_of_stream\":false}" } else { "],\"end_of_stream\":true}" }
            })
        };
        Self {
            tickets: list("support_tickets", "support/tickets", "tickets"),
            users: list("support_users", "support/users", "users"),
        }
    }

    pub(crate) fn add(
        &mut self,
        world: &World,
        person: &Person,
        tickets: &[Ticket],
        books: &mut Books,
    ) -> Result<()> {
        let Some(first) = tickets.iter().map(|ticket| ticket.opened_at).min() else {
            return Ok(());
        };
        let entity = u64::from(person.index);
        let user = json!({
            "id": user_id(person),
            "name": format!("{} {}", person.given, person.family),
            "email": person.email,
            "phone": person.phone,
            "external_id": person.login,
            "role": "end-user",
            "created_at": iso(first),
            "updated_at": iso(first),
        });
        self.users.add(&user, None, blemish(world.seed, Export::Users, entity, 0), books)?;
        for (number, ticket) in tickets.iter().enumerate() {
            let drawn = blemish(world.seed, Export::Tickets, entity, number as u64);
            let (now, before) =
                (ticket_json(person, ticket, false), ticket_json(person, ticket, true));
            self.tickets.add(&now, Some(&before), drawn, books)?;
        }
        Ok(())
    }

    pub(crate) fn finish(self) -> Result<()> {
        self.tickets.finish()?;
        self.users.finish()
    }
}

fn user_id(person: &Person) -> u64 {
    360_000_000_000 + u64::from(person.index)
}

/// A ticket as it is now, or as it was just after it came in.
fn ticket_json(person: &Person, ticket: &Ticket, is_new: bool) -> Value {
    let (replied_at, solved_at) =
        if is_new { (None, None) } else { (ticket.replied_at, ticket.solved_at) };
    let status = match (is_new, ticket.is_deleted, solved_at, replied_at) {
        (false, true, _, _) => "deleted",
        (_, _, Some(_), _) => "solved",
        (_, _, _, Some(_)) => "pending",
        _ => "new",
    };
    let updated_at = solved_at.or(replied_at).unwrap_or(ticket.opened_at + i64::from(!is_new));
    json!({
        "id": ticket.id,
        "requester_id": user_id(person),
        "assignee_id": ticket.agent,
        "group_id": 70 + ticket.agent % 3,
        "subject": format!("Vraag over {}", ticket.topic),
        "type": "question",
        "status": status,
        "tags": [ticket.topic],
        "via": {"channel": ticket.channel},
        "satisfaction_rating": {"score": if is_new { "unoffered" } else { ticket.satisfaction }},
        "created_at": iso(ticket.opened_at),
        "updated_at": iso(updated_at),
        "metric_set": {
            "reopens": if is_new { 0 } else { ticket.reopens },
            "reply_time_in_minutes": {
                "calendar": replied_at.map(|at| (at - ticket.opened_at) / 60)
            },
            "solved_at": solved_at.map(iso),
        },
    })
}

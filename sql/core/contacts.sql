/*
description: Contacts of the CRM and the person each one is.
grain: [namespace, contact_id]
columns:
  namespace: {type: string, description: Namespace in which contact_id is unique.}
  contact_id: {type: string, description: CRM id of the contact.}
  customer_id: {type: string, description: The person.}
  customer_key: {type: int64, description: Join key of customer_id.}
  account_id: {type: string, description: Account the contact works for.}
  birth_year: {type: int64, pii: demographic, description: Year of birth.}
  postal_code: {type: string, pii: location, description: 'Postal code, in capitals without spaces.'}
  country_code: {type: string, description: ISO 3166-1 alpha-2 country.}
  language: {type: string, description: ISO 639-1 language.}
  lifecycle_stage: {type: string, description: Stage in the CRM.}
  is_deleted: {type: bool, description: Whether the CRM marks it deleted.}
  created_at: {type: timestamp, description: When the contact was created.}
  updated_at: {type: timestamp, description: When it last changed.}
*/
with

contacts as (

    select
        namespace,
        contact_id,
        account_id,
        birth_year,
        replace(upper(postal_code), ' ', '') as postal_code,
        country_code,
        language,
        lifecycle_stage,
        coalesce(is_deleted, false) as is_deleted,
        created_at,
        updated_at,
        short_key(entity_key(namespace || '.contact', contact_id)) as identifier_key
    from inbound.contacts

),

contacts_of_people as (

    select
        contacts.namespace,
        contacts.contact_id,
        identities.customer_id,
        identities.customer_key,
        contacts.account_id,
        contacts.birth_year,
        contacts.postal_code,
        contacts.country_code,
        contacts.language,
        contacts.lifecycle_stage,
        contacts.is_deleted,
        contacts.created_at,
        contacts.updated_at
    from contacts
    inner join core.identities
        on contacts.identifier_key = identities.identifier_key

)

select * from contacts_of_people

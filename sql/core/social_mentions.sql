/*
description: >
  Public mentions and reviews. The sentiment is the one that the export states; none is inferred.
grain: [namespace, mention_id]
columns:
  namespace: {type: string, description: Namespace in which mention_id is unique.}
  mention_id: {type: string, description: Id of the mention.}
  customer_id: {type: string, description: The author; null without a handle.}
  customer_key: {type: int64, description: Join key of customer_id.}
  network: {type: string, description: Network or review site; Unassigned if not told.}
  is_controlled: {type: bool, description: Whether the company published it itself.}
  sentiment_score: {type: float64, description: 'From -1 to 1 as exported; null if not told.'}
  rating: {type: int64, description: 'Stars of a review; null if none.'}
  mention_text: {type: string, pii: free_text, description: What was written.}
  published_date: {type: date, description: Local day of publication.}
  published_at: {type: timestamp, description: When it was published.}
checks:
  - sentiment_score between -1 and 1 or sentiment_score is null
*/
with

mentions as (

    select
        *,
        short_key(entity_key(namespace || '.handle', author_handle)) as identifier_key
    from inbound.social_mentions

),

social_mentions as (

    select
        mentions.namespace,
        mentions.mention_id,
        identities.customer_id,
        identities.customer_key,
        coalesce(mentions.network, 'Unassigned') as network,
        coalesce(mentions.is_controlled, false) as is_controlled,
        mentions.sentiment_score,
        mentions.rating,
        mentions.text as mention_text,
        local_date(mentions.published_at, $timezone) as published_date,
        mentions.published_at
    from mentions
    left join core.identities
        on mentions.identifier_key = identities.identifier_key

)

select * from social_mentions

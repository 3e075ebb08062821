/*
description: Contacts that were merged in HubSpot, with the moment of the merge.
*/
select
    $namespace || '.contact' as id_type,
    vid_to_merge as from_value,
    canonical_vid as to_value,
    merged_at
from source
where vid_to_merge != canonical_vid

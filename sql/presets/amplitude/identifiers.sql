/*
description: Devices that Amplitude found to be one person, with the first time it saw each.
*/
select
    $namespace || '.cookie' as left_type,
    device_id as left_value,
    $namespace || '.amplitude' as right_type,
    amplitude_id as right_value,
    min(event_time) as seen_at
from source
where device_id is not null
    and amplitude_id is not null
group by device_id, amplitude_id

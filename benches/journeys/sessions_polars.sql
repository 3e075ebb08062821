WITH marked AS (
    SELECT
        visitor_id,
        occurred_at,
        CASE
            WHEN occurred_at - LAG(occurred_at) OVER (PARTITION BY visitor_id ORDER BY occurred_at) <= INTERVAL '30 minutes'
            THEN 0 ELSE 1
        END AS is_first
    FROM events
),
numbered AS (
    SELECT
        visitor_id,
        occurred_at,
        SUM(is_first) OVER (PARTITION BY visitor_id ORDER BY occurred_at) AS session_number
    FROM marked
)
SELECT
    visitor_id,
    session_number,
    MIN(occurred_at) AS started_at,
    MAX(occurred_at) AS ended_at,
    COUNT(*) AS event_count
FROM numbered
GROUP BY visitor_id, session_number

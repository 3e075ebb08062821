WITH steps AS (
    SELECT
        visitor_id,
        occurred_at,
        CASE event_name WHEN 'view_item' THEN 1 WHEN 'add_to_cart' THEN 2 ELSE 3 END AS step
    FROM events
    WHERE event_name IN ('view_item', 'add_to_cart', 'purchase')
),
first_steps AS (
    SELECT
        *,
        MAX(CASE WHEN step = 1 THEN occurred_at END) OVER (PARTITION BY visitor_id ORDER BY occurred_at, step) AS start_1
    FROM steps
),
second_steps AS (
    SELECT
        *,
        MAX(CASE WHEN step = 2 AND occurred_at <= start_1 + INTERVAL '7 days' THEN start_1 END)
            OVER (PARTITION BY visitor_id ORDER BY occurred_at, step) AS start_2
    FROM first_steps
)
SELECT
    visitor_id,
    MAX(CASE
        WHEN step = 3 AND occurred_at <= start_2 + INTERVAL '7 days' THEN 3
        WHEN step = 2 AND occurred_at <= start_1 + INTERVAL '7 days' THEN 2
        WHEN step = 1 THEN 1
        ELSE 0
    END) AS depth
FROM second_steps
GROUP BY visitor_id

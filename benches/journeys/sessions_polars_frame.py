# Sorted once; a session begins where the visitor changes or the silence is too long.
is_first = (pl.col("visitor_id") != pl.col("visitor_id").shift()).fill_null(True) | (
    pl.col("occurred_at").diff() > pl.duration(minutes=30)
)
result = (
    events.select("visitor_id", "occurred_at")
    .sort("visitor_id", "occurred_at")
    .with_columns(session=is_first.cum_sum())
    .group_by("visitor_id", "session")
    .agg(
        started_at=pl.col("occurred_at").min(),
        ended_at=pl.col("occurred_at").max(),
        event_count=pl.len(),
    )
    .with_columns(session_number=pl.col("session").rank("ordinal").over("visitor_id"))
    .drop("session")
)

# The newest start at each step, carried forward over the events of a visitor.
steps = {"view_item": 1, "add_to_cart": 2, "purchase": 3}
window = pl.duration(days=7)
at, step = pl.col("occurred_at"), pl.col("step")
start_1, start_2 = pl.col("start_1"), pl.col("start_2")
result = (
    events.filter(pl.col("event_name").is_in(list(steps)))
    .select(
        "visitor_id",
        "occurred_at",
        step=pl.when(pl.col("event_name") == "view_item").then(1)
        .when(pl.col("event_name") == "add_to_cart").then(2).otherwise(3),
    )
    .sort("visitor_id", "occurred_at", "step")
    .with_columns(start_1=pl.when(step == 1).then(at).forward_fill().over("visitor_id"))
    .with_columns(
        start_2=pl.when((step == 2) & (at <= start_1 + window)).then(start_1).forward_fill().over("visitor_id")
    )
    .group_by("visitor_id")
    .agg(
        depth=pl.when((step == 3) & (at <= start_2 + window)).then(3)
        .when((step == 2) & (at <= start_1 + window)).then(2)
        .when(step == 1).then(1).otherwise(0).max()
    )
)

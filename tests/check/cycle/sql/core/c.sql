select x from
    core.b

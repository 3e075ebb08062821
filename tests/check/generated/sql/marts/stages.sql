select journey, stage, missing from journeys.stage_events

"""The live feed: what changed, as topic, id and version (实时推送)."""

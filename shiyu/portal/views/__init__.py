"""The resident's pages, by what somebody is doing: arriving, writing, following."""

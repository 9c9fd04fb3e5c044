"""Pages and answers about places: the public's questions, the tree, maps, addresses."""

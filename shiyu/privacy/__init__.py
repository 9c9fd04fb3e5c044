"""What is known of people: declared, read on record, handed out, erased in time (隐私)."""

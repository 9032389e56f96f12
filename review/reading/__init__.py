"""bytes → Document. Knows no rule, no database, no user and no network."""

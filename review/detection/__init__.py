"""Document → findings. Pure: knows no file, no database, no user."""

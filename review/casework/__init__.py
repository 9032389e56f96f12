"""Check → Case → Decision. The only room with a database."""

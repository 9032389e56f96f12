"""What leaves the house: reports, forms, registers, redacted copies."""

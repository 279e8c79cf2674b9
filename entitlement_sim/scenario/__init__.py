"""What a person writes: scenarios."""

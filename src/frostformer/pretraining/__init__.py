"""What a backbone learns in pretraining."""

"""What makes a score look better than it is, found in a user's data before anything is trained."""

"""What training each network consists of: its data, batches, losses, and when it is better."""

"""The training recipe of each network: data, batches, losses, and validation score."""

"""The networks, their losses and targets."""

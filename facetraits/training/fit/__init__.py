"""A training run: configuration, batches, augmentation, loop, checkpoints."""

"""From a finished run to `models/NAME/`: export, cards, plots."""

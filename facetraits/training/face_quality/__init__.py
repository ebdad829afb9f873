"""The network that tells usable faces from covered and blurred ones, and from what is no face."""

"""`python -m facetraits`."""

from facetraits.cli import run

# Training's feeders import this module again, and must not run it.
if __name__ == "__main__":
    run()

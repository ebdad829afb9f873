"""`python -m facetraits`."""

from facetraits.cli import main

raise SystemExit(main())

"""`python app.py`, but its pages also speak the pseudo-language.

`python -m tests.browser.app_with_pseudo_language FOLDER`: its static files are put in the folder.
"""

from __future__ import annotations

import sys
from pathlib import Path

from facetraits.web import create_app, one_line_errors, run
from tests.pseudo_language import paths_with_pseudo_language

if __name__ == "__main__":
    with one_line_errors():
        run(create_app(paths=paths_with_pseudo_language(Path(sys.argv[1]))))

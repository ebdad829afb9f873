"""The server alone: `python app.py`, settings in the environment (docs/configuration.md).

Another WSGI server finds the app as `app:app`.
"""

from facetraits.web import create_app, one_line_errors, run

with one_line_errors():
    app = create_app()
    if __name__ == "__main__":
        run(app)

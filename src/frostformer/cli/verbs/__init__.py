"""One file for each verb; `cli/app.py` lists them."""

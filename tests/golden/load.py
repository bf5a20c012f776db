"""Read the tables that make_golden.py wrote."""

import json
from pathlib import Path


def golden(name):
    return json.loads((Path(__file__).parent / f"{name}.json").read_text(encoding="utf-8"))

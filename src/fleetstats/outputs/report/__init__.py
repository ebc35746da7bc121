"""The quarter's page: a folder that opens from disk, in Chinese and English, with no outside request."""
# Nothing heavy is imported before a page is built, so the command line and a DAG may import this freely.

from __future__ import annotations

from fleetstats.outputs.report.page import Outcome, build

__all__ = ["Outcome", "build"]

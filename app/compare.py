"""`yomi compare`: another name of `yomi match`, for one agent of each kind of learning."""

from app.match import match as compare

__all__ = ["compare"]

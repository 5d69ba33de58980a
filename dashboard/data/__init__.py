"""The one place that reads stores."""

from dashboard.data.machines import MachinePast
from dashboard.data.reader import Reader
from dashboard.data.snapshots import decode_views, read_snapshot

__all__ = ["MachinePast", "Reader", "decode_views", "read_snapshot"]

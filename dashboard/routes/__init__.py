"""What a browser fetches besides pages: live streams, data of charts, downloads."""

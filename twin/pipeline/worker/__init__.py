"""Twins at work: batches in, beliefs forward, one commit out, history sealed."""

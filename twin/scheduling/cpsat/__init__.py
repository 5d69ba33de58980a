"""CP-SAT models of a plant and its job shops: exact where small, a polish and bounds elsewhere."""

"""Physics of the simulated plant: weather, demand, wear, what sensors see of it."""

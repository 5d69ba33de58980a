"""The shop floor of the simulated plant: who orders what, and who runs it when."""

"""How robust a controller is: physical parameters, grids of them, and the worst adversary that can be trained."""

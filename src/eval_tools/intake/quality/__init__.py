"""How forms were answered: signs that somebody did not read, did not finish, or answered for somebody else."""

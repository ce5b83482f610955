"""Files by signed link: who holds the link may put or get one object, and nothing else."""

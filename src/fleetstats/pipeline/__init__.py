"""What runs, in which order, and who is told; may import every room but `cli`."""

"""The command line: options in, one call, words out; may import every room."""

"""What starts the rows, lets them take turns, and writes what came out."""

"""Files in and out: rosters, employees, targets."""

"""What lies in an inbox: its files, also in zips, and whose each of them is. Nothing is executed."""

"""A student's code in a process of its own: bubblewrap, worker, remote objects, the doctor."""

"""Run a student's code in a sandboxed process: bubblewrap, worker, remote objects, the doctor."""

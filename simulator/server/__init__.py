"""The simulator as a server, for what is not in this process: moto's server with Personalize in it, and its control.

`serving.serve` runs one, `endpoint.serving` starts one as a process of its own and is the way to its clock and journal.
"""

"""The wire contract between a store box and headquarters; standard library only.

Both sides import it, neither may go round it: what a record is, what its identity is,
how a batch is framed, what a receipt says and how topics are spelled.
"""

"""What a store box and headquarters share: the wire contract, and what both do the same way.

The contract says what a record is, what its identity is, how a batch is framed, what a receipt
says and how topics are spelled; neither side goes round it. Only `mqtt_client` (paho) and
`workbook` (openpyxl) need more than the standard library.
"""

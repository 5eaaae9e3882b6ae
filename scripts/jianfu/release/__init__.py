"""What may leave the restricted area: declared outputs, the gate, publishable tables, accounts of rows."""

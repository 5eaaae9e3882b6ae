"""What the results depend on: specification curve, uncertainty of the indices, joint tests."""

"""What the documents take from the code (make docs); no part of the product."""

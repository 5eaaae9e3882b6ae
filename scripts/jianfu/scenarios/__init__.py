"""What would have been: edited rows, the burden made of them anew, and what the models project from it."""

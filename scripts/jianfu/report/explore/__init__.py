"""The page to explore: released rows in one offline web page with filters and charts."""

"""A venue in process that takes and answers short lines, and scenarios written in them."""

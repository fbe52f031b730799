"""carbonx: an exchange for carbon allowances."""

"""carbonx engine: a venue for carbon allowances as a deterministic state machine."""

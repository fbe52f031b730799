"""Pictures of sessions and studies, and pages that hold them."""

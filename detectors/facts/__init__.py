"""What several detectors ask of a snapshot: payees, documents, exclusions, followed money."""

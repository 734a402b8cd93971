"""What turns images into bodies; see ``base.py`` for the contract and ``estimators/registry.py`` for the names."""

"""What turns images into bodies; see ``base.py`` for the contract and ``registry.py`` for the names."""
